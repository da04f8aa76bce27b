"""Work that would hold up the GUI, such as reading a result: cropping masks takes long on a loaded computer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Outcome = TypeVar("Outcome")


class Background(Generic[Outcome]):
    """One piece of work in a thread of its own.

    Args:
        work: called in the thread; touches no MRML node and no widget.
        name: of the thread, for whoever looks into a stuck program.
        owner: whatever must stay alive as long as the work goes on, such as the vtkImageData of voxels that it reads.
    """

    def __init__(self, work: Callable[[], Outcome], name: str, owner: object = None) -> None:
        self._outcome: list[Outcome] = []
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._do, args=(work, owner), name=name, daemon=True)
        self._thread.start()

    @property
    def isDone(self) -> bool:
        """Whether :meth:`outcome` is there."""
        return not self._thread.is_alive()

    def outcome(self) -> Outcome:
        """What the work gave; waits for it. Raises what the work raised."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._outcome[0]

    def _do(self, work: Callable[[], Outcome], owner: object) -> None:
        try:
            self._outcome.append(work())
        except Exception as error:  # raised again in the GUI thread
            self._error = error
