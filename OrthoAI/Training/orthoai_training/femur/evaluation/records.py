"""Scores on disk, one file per subject, so that a stopped evaluation goes on and another model can be added."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orthoai_training.evaluate.claim import claim_evaluation
from orthoai_training.femur.evaluation.scores import SubjectScores
from orthoai_training.text_files import read_json, write_text


@dataclass(frozen=True)
class Record:
    """Everything measured on one subject.

    Attributes:
        kind: of data, see ``subjects``.
        grid: one line on the scan's size.
        meta: what is known of a simulated case.
        scores: by model. weights: SHA-256 by role, by model; scores made with other weights count no more.
        files: SHA-256 by name, of a case read from files; a record of other files counts no more.
    """

    subject: str
    kind: str
    grid: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)
    scores: dict[str, SubjectScores] = field(default_factory=dict)
    weights: dict[str, dict[str, str]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {**vars(self), "meta": dict(self.meta), "scores": {m: s.to_json() for m, s in self.scores.items()}}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Record:
        """Undo :meth:`to_json`. Raises KeyError or TypeError for anything else."""
        scores = {model: SubjectScores.from_json(entry) for model, entry in content["scores"].items()}
        return cls(**{**content, "scores": scores})


@dataclass(frozen=True)
class Records:
    """The records in ``folder``, OUT/cases."""

    folder: Path

    @classmethod
    def claimed(cls, out: Path, identity: Mapping[str, Any]) -> Records:
        """Those of the evaluation in ``out``. Raises InputError as :func:`claim_evaluation`."""
        return cls(claim_evaluation(out, identity))

    def load(self, subject: str) -> Record | None:
        """The record of a subject; None when there is none that can be read."""
        content = read_json(self._file(subject))
        if not isinstance(content, dict):
            return None
        try:
            return Record.from_json(content)
        except (KeyError, TypeError, AttributeError):
            return None  # Of another version: measured again.

    def save(self, record: Record) -> None:
        """Write a record, whole or not at all. Raises InputError when the disk refuses."""
        write_text(self._file(record.subject), json.dumps(record.to_json(), indent=1, allow_nan=False))

    def _file(self, subject: str) -> Path:
        return self.folder / f"{subject}.json"
