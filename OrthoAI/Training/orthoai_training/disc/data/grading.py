"""What a radiologist says of a disc: of the SPIDER set all of it, of a reviewed case its class and a confirmed
grade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

IVD_LEVELS = ("S1/S2", "L5/S1", "L4/L5", "L3/L4", "L2/L3", "L1/L2", "T12/L1", "T11/T12", "T10/T11", "T9/T10")
"""Level names by SPIDER's IVD label: 1 is L5/S1, then upward; 0 only where S1/S2 is a disc."""


@dataclass(frozen=True)
class Grading:
    """Of one disc.

    Attributes:
        herniated, bulging: present or not; None where that is not told.
        pfirrmann: 1 (bright, full height) to 5 (black, collapsed); None where it is not told.
    """

    herniated: bool
    bulging: bool | None
    pfirrmann: int | None

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Grading:
        """An entry of cases.json; SPIDER spells "Pfirrman"."""
        return cls(bool(entry["Disc herniation"]), bool(entry["Disc bulging"]), int(entry["Pfirrman grade"]))


def level_name(ivd_label: int) -> str:
    """The level of a SPIDER IVD label."""
    return IVD_LEVELS[ivd_label]
