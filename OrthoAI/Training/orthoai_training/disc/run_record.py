"""What a folder of trained networks holds, and of which patients they may be measured."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from orthoai.errors import InputError

from orthoai_training.disc.data.split import PatientSplit, split_of
from orthoai_training.earlier_run import claim_run, is_filled
from orthoai_training.text_files import write_json

Kind = Literal["segmenter", "classifier"]

RUN_FILE = "run.json"


@dataclass(frozen=True)
class RunRecord:
    """Of one training command.

    Attributes:
        kind: of all its networks.
        networks: their names, which are those of their folders.
        fold: round of the cross-validation; None is the fixed split.
        roi: False for classifiers that saw whole pictures.
    """

    kind: Kind
    networks: tuple[str, ...]
    fold: int | None = None
    roi: bool = True

    @property
    def split(self) -> PatientSplit:
        """Which patients trained it."""
        return split_of(self.fold)

    def write(self, folder: Path) -> None:
        """To ``folder``."""
        write_json(folder / RUN_FILE, asdict(self))

    @classmethod
    def read(cls, folder: Path) -> RunRecord:
        """From ``folder``. Raises InputError where no training has ended."""
        try:
            content = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise InputError(f"{folder} holds no {RUN_FILE}: give the folder of a training that has ended.") from None
        return cls(content["kind"], tuple(content["networks"]), content["fold"], content["roi"])


def holds_run(folder: Path, networks: Iterable[str]) -> bool:
    """Whether ``folder`` holds a training that has ended, or one of ``networks`` that was stopped."""
    return (folder / RUN_FILE).exists() or any(is_filled(folder / name) for name in networks)


def claim_patients(folder: Path, kind: Kind, fold: int | None, patients: Iterable[int]) -> None:
    """Note what a training in ``folder`` is begun with: a network that is gone on with never met other patients.

    Raises:
        InputError: it was begun with another kind of networks, or to train on other patients.
    """
    asked = {"kind": kind, "fold": fold, "train": sorted(patients)}
    claim_run(folder, asked, "--only or --fold", RUN_FILE)
