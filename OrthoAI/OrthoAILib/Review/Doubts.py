"""How doubtful the cases of a worklist are that were run beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from orthoai.io.image_folder import READY_FOLDER, ImageEntry
from orthoai.ready import ready_doubt

from OrthoAILib.Run.Background import Background


class Doubts:
    """Reads in a thread how doubtful the cases of a folder are; a share may take its time."""

    def __init__(self) -> None:
        self._known: Mapping[str, float] = {}
        self._reading: Background[dict[str, float]] | None = None

    @property
    def known(self) -> Mapping[str, float]:
        """By case name, 0 (sure) to 1, as far as they were read by now."""
        if self._reading is not None and self._reading.isDone:
            self._known, self._reading = self._reading.outcome(), None
        return self._known

    def read(self, folder: Path, cases: Sequence[ImageEntry]) -> None:
        """Read anew what lies in ``folder``; what is known stays known until then, unless it is of another folder."""
        names = tuple(case.name for case in cases)
        self._known = {name: doubt for name, doubt in self.known.items() if name in names}
        self._reading = Background(partial(_read, folder / READY_FOLDER, names), "OrthoAI reading of doubts")


def _read(results: Path, names: Sequence[str]) -> dict[str, float]:
    doubts = ((name, ready_doubt(results, name)) for name in names)
    return {name: doubt for name, doubt in doubts if doubt is not None}
