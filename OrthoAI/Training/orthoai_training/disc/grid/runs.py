"""Folders of training runs as they are measured."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orthoai.errors import InputError

from orthoai_training.disc.run_record import RunRecord

ENSEMBLE = "ensemble"
"""Name of a run's weighted average in the tables."""

FOLDS = "cross-validation"
"""Name of the pooled folds in the tables."""


@dataclass(frozen=True)
class TrainedRun:
    """A folder and what its run.json says."""

    folder: Path
    record: RunRecord

    @property
    def label(self) -> str:
        """In the tables: runs of a fold share one."""
        return self.folder.resolve().name if self.record.fold is None else FOLDS

    @property
    def has_ensemble(self) -> bool:
        """Whether weights of several networks were searched."""
        return (self.folder / "ensemble.json").is_file()

    def metrics(self, network: str) -> dict[str, Any]:
        """What the training of ``network`` wrote."""
        content: dict[str, Any] = json.loads((self.folder / network / "metrics.json").read_text(encoding="utf-8"))
        return content

    def megabytes(self, network: str) -> float:
        """Of its weights in float32."""
        return (self.folder / network / "weights.safetensors").stat().st_size / 1e6


def read_runs(folders: Sequence[Path]) -> list[TrainedRun]:
    """The runs in ``folders``. Raises InputError for a folder that is none, or a fold that comes twice."""
    runs = [TrainedRun(folder, RunRecord.read(folder)) for folder in folders]
    folds = [
        (run.record.kind, run.record.fold, name)
        for run in runs
        if run.record.fold is not None
        for name in run.record.networks
    ]
    if len(set(folds)) < len(folds):
        raise InputError("Two runs trained the same network for the same fold: give each fold once.")
    return runs
