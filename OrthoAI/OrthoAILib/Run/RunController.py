"""From a click to result nodes: export, worker, import. Nothing here blocks, and nothing here is a widget."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from orthoai.errors import InputError
from orthoai.tasks import RunOptions, Task, get_task
from orthoai.worker.events import Crashed, Failed, Finished, Progressed

from OrthoAILib.Run.Collaborators import Collaborators
from OrthoAILib.Run.ExportCache import ExportCache
from OrthoAILib.Run.RunJob import RunJob
from OrthoAILib.Run.RunState import RunState
from OrthoAILib.Run.SceneGuard import SceneGuard
from OrthoAILib.Signal import Signal

if TYPE_CHECKING:
    from orthoai.box import Box

    from OrthoAILib.Bridge.ResultNodes import ResultNodes

TICK_MS = 50
"""Milliseconds between two looks at the worker."""

CANCEL_LIMIT_S = 1.8
"""Seconds after which a worker that has not answered a cancel is given up and replaced."""

EXPORT_STAGE = "export"
"""Stage name while the volume is written for the worker; the other stages are the worker's."""

CANCELED = "Canceled: the scene is as it was."


class RunController:
    """Runs one task at a time.

    Args:
        collaborators: the bridges, the worker's client, files, timer, dependencies; tests hand in fakes.
        exchangeFolder: folder for the files that go between Slicer and the worker; removed by :meth:`close`.

    Signals:
        stateChanged(RunState), progressed(stage, fraction 0..1, message), finished(ResultNodes, volumeNode, Task),
        failed(sentence), canceled(sentence). Each run ends with exactly one of the last three.
    """

    def __init__(self, collaborators: Collaborators, exchangeFolder: Path) -> None:
        self.stateChanged, self.progressed = Signal(), Signal()
        self.finished, self.failed, self.canceled = Signal(), Signal(), Signal()
        self._with = collaborators
        self._folder = Path(exchangeFolder)
        self._exports = ExportCache(self._folder, collaborators.writeExchange)
        self._client: Any = None
        self._job: RunJob | None = None
        self._state = RunState.IDLE
        self._guard = SceneGuard(self._stop)
        self._timer = collaborators.timerFactory(self._tick, TICK_MS)

    @property
    def state(self) -> RunState:
        return self._state

    @property
    def task(self) -> Task | None:
        """The task that is running."""
        return self._job.task if self._job else None

    def run(
        self,
        task: Task | str,
        volumeNode: Any,
        options: RunOptions | None = None,
        boxes: tuple[Box, ...] | None = None,
    ) -> bool:
        """Start ``task`` on ``volumeNode``; what comes of it is told by the signals.

        Args:
            task: a task or its name.
            volumeNode: vtkMRMLScalarVolumeNode.
            options: device, model, confidence.
            boxes: in the volume's index space; the search for boxes is then skipped.

        Returns:
            Whether it was started. False also when a run is going on (which is left alone).
        """
        raise NotImplementedError

    def runStage2(self, nodes: ResultNodes, options: RunOptions | None = None) -> bool:
        """Run the task of ``nodes`` again with its boxes as they now lie in the scene."""
        raise NotImplementedError

    def cancel(self) -> None:
        """Stop the run. Returns at once; ``canceled`` follows within two seconds. Harmless when idle."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop everything, end the worker, remove the exchange folder. Sends no signals."""
        raise NotImplementedError
