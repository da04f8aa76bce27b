"""Reading a result for the scene without holding up the GUI."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orthoai.result import Result

    from OrthoAILib.Bridge.Extent import Extent
    from OrthoAILib.Bridge.PreparedResult import PreparedResult

ReadResult = Callable[[Path, "Mapping[int, Extent]"], "tuple[Result, PreparedResult]"]
"""Reads the worker's folder and crops its masks, or a stand-in: (folder, extents by label value)."""


class ResultReading:
    """One result on its way from a folder, in a thread of its own: cropping masks takes long on a loaded computer.

    Args:
        read: called in the thread.
        folder: that the worker wrote.
        extents: half-open (i0, i1, j0, j1, k0, k1) of each label's voxels.
    """

    def __init__(self, read: ReadResult, folder: Path, extents: Mapping[int, Extent]) -> None:
        self._outcome: tuple[Result, PreparedResult] | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(
            target=self._work, args=(read, folder, extents), name="OrthoAI result reading", daemon=True
        )
        self._thread.start()

    @property
    def isDone(self) -> bool:
        """Whether :meth:`outcome` is there."""
        return not self._thread.is_alive()

    def outcome(self) -> tuple[Result, PreparedResult]:
        """The result and its cropped masks; waits for them. Raises what the reading raised."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        assert self._outcome is not None
        return self._outcome

    def _work(self, read: ReadResult, folder: Path, extents: Mapping[int, Extent]) -> None:
        try:
            self._outcome = read(folder, extents)
        except Exception as error:  # raised again in the GUI thread
            self._error = error
