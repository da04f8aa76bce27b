"""The small file that remembers how far a worklist is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path

from orthoai.durable import to_disk
from orthoai.file_lock import FileLock
from orthoai.foreign_json import JSON_ERRORS
from orthoai.output import beside

from OrthoAILib.Review.CaseState import CaseState

FILE_NAME = "orthoai-worklist.json"
SCHEMA_VERSION = 1

HIDDEN = "sha256:"
"""What a hidden name starts with."""

HIDDEN_DIGITS = 16

LOCK_SUFFIX = ".lock"
"""Of the empty file, with a hidden name, that is locked while the worklist's own is changed."""

LONGEST_S = 2.0
"""Seconds to wait for others, who need a fraction of one: the panel stands still meanwhile."""

DAMAGED_SUFFIX = ".damaged"
"""Added to the name of a file that cannot be read, so that nobody's work is written over."""


@dataclass(frozen=True)
class WorklistProgress:
    """What is remembered of a worklist.

    Attributes:
        current: name of the case that was open; empty for none.
        cases: state by case name; open cases that nobody has looked at are left out.
    """

    current: str = ""
    cases: dict[str, CaseState] = field(default_factory=dict)

    def toText(self) -> str:
        """As JSON."""
        content = {
            "schema_version": SCHEMA_VERSION,
            "current": self.current,
            "cases": {name: state.toJson() for name, state in sorted(self.cases.items())},
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    def mergedWith(self, other: WorklistProgress) -> WorklistProgress:
        """Both: the open case is this one's where it has any, and of two states of a case the newer counts."""
        cases = dict(other.cases)
        for name, state in self.cases.items():
            if name not in cases or state.updated >= cases[name].updated:
                cases[name] = state
        return WorklistProgress(self.current or other.current, cases)

    def renamed(self, rename: Callable[[str], str]) -> WorklistProgress:
        """The same under other case names; ``rename`` gives the new one."""
        cases = {rename(name): state for name, state in self.cases.items()}
        return WorklistProgress(rename(self.current) if self.current else "", cases)

    @classmethod
    def fromText(cls, text: str) -> WorklistProgress:
        """Undo :meth:`toText`. Raises one of JSON_ERRORS for anything else."""
        content = json.loads(text)
        if content["schema_version"] != SCHEMA_VERSION:
            raise ValueError("another schema version")
        cases = {str(name): CaseState.fromJson(state) for name, state in content["cases"].items()}
        return cls(str(content["current"]), cases)


class WorklistFile:
    """Progress in FILE_NAME beside the images or, where that folder is read-only, in another folder.

    Away from the images no file name is written, which may be a patient's: a digest stands for each.

    Args:
        folder: of the images.
        fallback: folder for the file where ``folder`` cannot be written; usually the training set. None for none.
        write: (path, text), for tests.
    """

    def __init__(
        self, folder: Path, fallback: Path | None = None, write: Callable[[Path, str], None] | None = None
    ) -> None:
        self._folder = Path(folder)
        self.setFallback(fallback)
        self.isKept = True
        """Whether the last :meth:`write` reached a disk."""
        self.wasDamaged = False
        """Whether :meth:`read` found a file that it could not understand and put it aside."""
        self._write = write or writeText

    def setFallback(self, fallback: Path | None) -> None:
        """Use another folder from now on where the images' own cannot be written; None for none."""
        self.places = [self._folder / FILE_NAME]
        if fallback is not None:
            self.places.append(Path(fallback) / fallbackName(self._folder))

    def read(self, names: Iterable[str] = ()) -> WorklistProgress:
        """What all places remember; the open case is that of the newest. Nothing where there is no file.

        Args:
            names: of the cases that there are, to know their digests by.
        """
        known = {hiddenName(name): name for name in names}
        found = [progress for path in self.places if (progress := self._readOne(path)) is not None]
        found.sort(key=_newest, reverse=True)
        plain = (progress.renamed(lambda name: known.get(name, name)) for progress in found)
        return reduce(WorklistProgress.mergedWith, plain, WorklistProgress())

    @contextmanager
    def alone(self) -> Iterator[None]:
        """From a :meth:`read` to the :meth:`write` that goes on from it, while others who do the same wait.

        In the first place that takes a lock. Nobody waits longer than LONGEST_S, nor where there are no locks: then two
        who decide in the same moment may lose one of the two decisions, and nothing else.
        """
        with ExitStack() as stack:
            for path in self.places:
                lock = stack.enter_context(FileLock(path.with_name(f".{path.name}{LOCK_SUFFIX}")))
                with suppress(TimeoutError):
                    if not lock.acquire(LONGEST_S):
                        continue
                break
            yield

    def write(self, progress: WorklistProgress) -> bool:
        """Remember ``progress``. False when no place can be written."""
        for path in self.places:
            isBeside = path == self.places[0]
            try:
                self._write(path, (progress if isBeside else progress.renamed(hiddenName)).toText())
            except OSError:
                continue
            self.isKept = True
            return True
        self.isKept = False
        return False

    def _readOne(self, path: Path) -> WorklistProgress | None:
        try:
            return WorklistProgress.fromText(path.read_text("utf-8"))
        except OSError:
            return None
        except JSON_ERRORS:
            self.wasDamaged = True
            with suppress(OSError):
                path.replace(path.with_name(path.name + DAMAGED_SUFFIX))
            return None


def hiddenName(name: str) -> str:
    """What stands for a case's name away from the images; one that is hidden already stays as it is."""
    if name.startswith(HIDDEN):
        return name
    return HIDDEN + hashlib.sha256(name.encode()).hexdigest()[:HIDDEN_DIGITS]


def fallbackName(folder: Path) -> str:
    """File name away from the images: several worklists may share one training set."""
    digest = hashlib.sha256(str(Path(folder).resolve()).encode()).hexdigest()
    return f"{Path(FILE_NAME).stem}-{digest[:8]}.json"


def writeText(path: Path, text: str) -> None:
    """Write a file that appears whole or not at all, also after a power cut. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = beside(path)
    try:
        aside.write_text(text, "utf-8")
        to_disk(aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _newest(progress: WorklistProgress) -> str:
    return max((state.updated for state in progress.cases.values()), default="")
