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
        self._folder: Path | None = None
        self._reading: Background[dict[str, float]] | None = None

    @property
    def known(self) -> Mapping[str, float]:
        """By case name, 0 (sure) to 1, as far as they were read by now."""
        if self._reading is not None and self._reading.isDone:
            self._known, self._reading = self._reading.outcome(), None
        return self._known

    def read(self, folder: Path, cases: Sequence[ImageEntry]) -> None:
        """Read anew what lies in ``folder``; what is known of it stays known until then. One reading at a time."""
        if folder != self._folder:
            self._known, self._folder, self._reading = {}, folder, None
        elif self._reading is not None and not self._reading.isDone:
            return
        names = tuple(case.name for case in cases)
        self._known = self.known  # Taken over before the next reading begins.
        self._reading = Background(partial(_read, folder / READY_FOLDER, names), "OrthoAI reading of doubts")


def _read(results: Path, names: Sequence[str]) -> dict[str, float]:
    doubts = ((name, ready_doubt(results, name)) for name in names)
    return {name: doubt for name, doubt in doubts if doubt is not None}
