"""Folders of training runs as they are measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orthoai.errors import InputError

from orthoai_training.disc.ensemble import ENSEMBLE_FILE
from orthoai_training.disc.run_record import RunRecord
from orthoai_training.learning.run_folder import METRICS_FILE, WEIGHTS_FILE
from orthoai_training.text_files import read_json

ENSEMBLE = "ensemble"
"""Name of a run's weighted average in the tables."""

FOLDS = "cross-validation"
"""Name of the pooled folds in the tables."""


@dataclass(frozen=True)
class TrainedRun:
    """A folder and what its run.json says.

    Attributes:
        name: of the folder, with as many of its parents as tell it from the others.
    """

    folder: Path
    record: RunRecord
    name: str

    @property
    def label(self) -> str:
        """In the tables: runs of a fold share one, and no others do."""
        return self.name if self.record.fold is None else FOLDS

    @property
    def has_ensemble(self) -> bool:
        """Whether weights of several networks were searched."""
        # Beside a lone network the file is an earlier run's.
        return len(self.record.networks) > 1 and (self.folder / ENSEMBLE_FILE).is_file()

    def metrics(self, network: str) -> dict[str, Any]:
        """What the training of ``network`` wrote. Raises InputError where that is missing or damaged."""
        content = read_json(self.folder / network / METRICS_FILE)
        if not isinstance(content, dict):
            raise InputError(f"{self.folder / network} holds no readable metrics.json: train it again.")
        return content

    def megabytes(self, network: str) -> float:
        """Of its weights in float32."""
        return (self.folder / network / WEIGHTS_FILE).stat().st_size / 1e6


def read_runs(folders: Sequence[Path]) -> list[TrainedRun]:
    """The runs in ``folders``. Raises InputError for a folder that is none, or a folder or fold that comes twice."""
    runs = [
        TrainedRun(folder, RunRecord.read(folder), name)
        for folder, name in zip(folders, told_apart(folders), strict=True)
    ]
    folds = [
        (run.record.kind, run.record.fold, name)
        for run in runs
        if run.record.fold is not None
        for name in run.record.networks
    ]
    if len(set(folds)) < len(folds):
        raise InputError("Two runs trained the same network for the same fold: give each fold once.")
    return runs


def told_apart(folders: Sequence[Path]) -> list[str]:
    """Each folder by the fewest last names that no other has; the name of the pooled folds is taken.

    Raises:
        InputError: a folder comes twice.

    Example:
        >>> told_apart([Path("/a/run"), Path("/b/run"), Path("/b/other")])
        ['a/run', 'b/run', 'other']
    """
    paths = [folder.resolve() for folder in folders]
    if len(set(paths)) < len(paths):
        raise InputError("Two of the runs are the same folder: give each run once.")
    taken = Counter([FOLDS, *(tail for path in paths for tail in _tails(path))])
    return [next(tail for tail in _tails(path) if taken[tail] == 1) for path in paths]


def _tails(path: Path) -> list[str]:
    """Its last name, its last two, and so on up to the whole path."""
    return ["/".join(path.parts[-count:]) for count in range(1, len(path.parts) + 1)]
