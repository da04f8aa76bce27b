"""Which model a task's networks are of, and where they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from orthoai.provenance import provenance
from orthoai.result import Provenance


@dataclass(frozen=True, kw_only=True)
class UsedModel:
    """What the engines of every task tell of themselves.

    Attributes:
        device, precision: where and how the networks run.
        model_name, model_sha256: as in :class:`orthoai.result.Provenance`.
    """

    device: str = "cpu"
    precision: str = "float32"
    model_name: str = ""
    model_sha256: Mapping[str, str] = field(default_factory=dict)

    def provenance(self) -> Provenance:
        """That of a result made now."""
        return provenance(self.model_name, self.model_sha256, self.device, self.precision)
