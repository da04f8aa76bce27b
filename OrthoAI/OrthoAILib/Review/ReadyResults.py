"""Results that were made beforehand, into the scene when their case opens. No widget."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orthoai.errors import InputError
from orthoai.io.image_folder import READY_FOLDER, ImageEntry
from orthoai.ready import ready_tasks

from OrthoAILib.Bridge.ImageStamp import ImageStamp, imageStamp
from OrthoAILib.ErrorLog import logError
from OrthoAILib.Review.ReadyResult import ReadReady, ReadyResult, readReady
from OrthoAILib.Run.Background import Background
from OrthoAILib.Signal import Signal

if TYPE_CHECKING:
    from OrthoAILib.Bridge.ResultBridge import ResultBridge
    from OrthoAILib.Bridge.VolumeBridge import VolumeBridge

TICK_MS = 50
"""Milliseconds between two looks at what is being read."""


class ReadyResults:
    """Shows what ``orthoai run --each`` made of a case of the worklist; the GUI stays free.

    Args:
        results, volumes: the MRML bridge.
        timerFactory: (callback, milliseconds) to a timer that is not started yet.
        read: called in a thread.

    Signals:
        shown(ResultNodes), noticed(sentence): a result is there and cannot be shown.
    """

    def __init__(
        self,
        results: ResultBridge,
        volumes: VolumeBridge,
        timerFactory: Callable[[Callable[[], None], int], Any],
        read: ReadReady = readReady,
    ) -> None:
        self.shown, self.noticed = Signal(), Signal()
        self._results, self._volumes, self._read = results, volumes, read
        self._timer = timerFactory(self._tick, TICK_MS)
        self._waiting: list[str] = []
        self._readNext: Callable[[str], Background[ReadyResult]] | None = None
        self._reading: Background[ReadyResult] | None = None
        self._volumeNode: Any = None
        self._stamp: ImageStamp = ()

    @property
    def isBusy(self) -> bool:
        """Whether something is on its way into the scene."""
        return self._reading is not None

    def open(self, folder: Path, entry: ImageEntry, volumeNode: Any, last: str = "") -> None:
        """Show the results of a case that was just opened, one after the other; those of a former case are dropped.

        Args:
            folder: the worklist's.
            volumeNode: the image of ``entry``.
            last: the task that comes last, and so stays on screen.
        """
        self.cancel()
        results = folder / READY_FOLDER
        self._waiting = sorted(ready_tasks(results, entry.name), key=lambda task: task == last)
        if not self._waiting:
            return
        self._volumeNode, self._stamp = volumeNode, imageStamp(volumeNode)
        voxels, geometry = self._volumes.voxels(volumeNode), self._volumes.geometry(volumeNode)
        owner = volumeNode.GetImageData()

        def read(task: str) -> Background[ReadyResult]:
            work = partial(self._read, results, entry, task, voxels, geometry)
            return Background(work, "OrthoAI reading of a result made beforehand", owner)

        self._readNext = read
        self._goOn()
        self._timer.start()

    def cancel(self) -> None:
        """Show nothing of what is on its way. Harmless when nothing is."""
        self._timer.stop()
        self._waiting, self._reading, self._readNext, self._volumeNode = [], None, None, None

    def close(self) -> None:
        """End. Sends no signals."""
        self.cancel()
        self.shown.disconnect()
        self.noticed.disconnect()

    # Inside

    def _goOn(self) -> None:
        if self._waiting and self._readNext is not None:
            self._reading = self._readNext(self._waiting.pop(0))
        else:
            self.cancel()

    def _tick(self) -> None:
        reading, volumeNode = self._reading, self._volumeNode
        if reading is None or not reading.isDone:
            return
        if volumeNode.GetScene() is None or imageStamp(volumeNode) != self._stamp:
            self.cancel()  # The case was left, or its image was changed meanwhile.
            return
        self._goOn()
        try:
            ready = reading.outcome()
            nodes = self._results.show(ready.result, volumeNode, prepared=ready.prepared, imageDigest=ready.imageDigest)
        except InputError as error:
            self.noticed.emit(str(error))
        except Exception as error:
            logError("OrthoAI could not show a result that was made beforehand", error)
            self.noticed.emit(f"The result that was made beforehand could not be shown ({type(error).__name__}).")
        else:
            self.shown.emit(nodes)
