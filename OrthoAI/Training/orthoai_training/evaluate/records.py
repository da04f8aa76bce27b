"""Scores on disk, one file per subject, so that a stopped evaluation goes on and another model can be added."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orthoai.errors import InputError
from orthoai.output import beside, write_error

from orthoai_training.evaluate.scores import SubjectScores

CASES_FOLDER = "cases"
REQUEST_FILE = "request.json"
"""What the records in a folder were made from; it also marks the folder as an evaluation's."""


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
    """The records in OUT/cases."""

    out: Path

    def claim(self, identity: Mapping[str, Any]) -> None:
        """Make OUT, or check that it holds an evaluation on the same cases.

        Raises:
            InputError: it holds something else, or cannot be written.
        """
        file = self.out / REQUEST_FILE
        plain = json.loads(json.dumps(identity))
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            if file.exists():
                if _content(file) != plain:
                    raise InputError(f"{self.out} holds an evaluation on other cases: choose another --out.")
            elif any(self.out.iterdir()):
                raise InputError(f"{self.out} holds other files: choose a new or empty folder for --out.")
            else:
                write_text(file, json.dumps(plain, indent=1))
            (self.out / CASES_FOLDER).mkdir(exist_ok=True)
        except OSError as error:
            raise write_error(error, self.out) from error

    def load(self, subject: str) -> Record | None:
        """The record of a subject; None when there is none that can be read."""
        content = _content(self._file(subject))
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
        return self.out / CASES_FOLDER / f"{subject}.json"


def write_text(path: Path, text: str) -> None:
    """Write a file, whole or not at all. Raises InputError when the disk refuses."""
    aside = beside(path)
    try:
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
    except OSError as error:
        raise write_error(error, path) from error
    finally:
        aside.unlink(missing_ok=True)


def _content(file: Path) -> object:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
