"""What a folder of trained networks holds, and of which patients they may be measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from orthoai.errors import InputError
from orthoai.foreign_json import JSON_ERRORS, take

from orthoai_training.disc.data.split import FOLDS, PatientSplit, split_of
from orthoai_training.earlier_run import claim_run, is_filled
from orthoai_training.text_files import read_json, write_json

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
        """From ``folder``. Raises InputError where no training has ended, or its file is damaged."""
        content = read_json(folder / RUN_FILE)
        try:
            return cls._from_json(content)
        except JSON_ERRORS:
            raise InputError(
                f"{folder} holds no {RUN_FILE}, or a damaged one: give the folder of a training that has ended."
            ) from None

    @classmethod
    def _from_json(cls, content: Any) -> RunRecord:
        """Raises one of JSON_ERRORS for what no training writes."""
        kind, networks, fold = content["kind"], take(content, "networks", list), content["fold"]
        if kind not in get_args(Kind) or not networks or not all(isinstance(name, str) for name in networks):
            raise ValueError("no trained networks")
        if fold is not None and take(content, "fold", int) not in range(FOLDS):
            raise ValueError("no round of the cross-validation")
        return cls(kind, tuple(networks), fold, bool(content["roi"]))


def holds_run(folder: Path, networks: Iterable[str]) -> bool:
    """Whether ``folder`` holds a training that has ended, or one of ``networks`` that was stopped."""
    return (folder / RUN_FILE).exists() or any(is_filled(folder / name) for name in networks)


def claim_patients(
    folder: Path, kind: Kind, fold: int | None, patients: Iterable[int], reviewed: Sequence[str] = ()
) -> None:
    """Note what a training in ``folder`` is begun with: a network that is gone on with never met other patients.

    Args:
        patients: of SPIDER, that train; reviewed: names of further cases.

    Raises:
        InputError: it was begun with another kind of networks, or to train on other patients.
    """
    asked = {"kind": kind, "fold": fold, "train": sorted(patients), "reviewed": list(reviewed)}
    claim_run(folder, asked, "--only, --fold or --data", RUN_FILE)
