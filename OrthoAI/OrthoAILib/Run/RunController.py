"""From a click to result nodes: export, worker, import. Nothing here blocks, and nothing here is a widget."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from orthoai.errors import InputError
from orthoai.tasks import RunOptions, Task, get_task
from orthoai.worker.events import Crashed, Event, Failed, FailureKind, Finished, Progressed
from orthoai.worker.requests import WorkerRun

from OrthoAILib.Bridge.ImageStamp import imageStamp
from OrthoAILib.ErrorLog import logError
from OrthoAILib.Run.Background import Background
from OrthoAILib.Run.Collaborators import Collaborators, ReadOutcome
from OrthoAILib.Run.ExportCache import ExportCache
from OrthoAILib.Run.ResultImport import importResult
from OrthoAILib.Run.RunJob import RunJob
from OrthoAILib.Run.RunState import RunState
from OrthoAILib.Run.SceneGuard import SceneGuard
from OrthoAILib.Run.WarmClient import WarmClient
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

INSTALL_FAILED = (
    "The Python packages that OrthoAI needs could not be installed; see the Python Console, then try again."
)


class RunController:
    """Runs one task at a time.

    Args:
        collaborators: the bridges, the worker's client, files, timer, dependencies; tests hand in fakes.
        exchangeFolder: folder for the files that go between Slicer and the worker; removed by :meth:`close`.
        clock: seconds; for the limit of a cancel.

    Signals:
        stateChanged(RunState), progressed(stage, fraction 0..1, message), finished(RunOutcome),
        failed(sentence), canceled(sentence). Each run ends with exactly one of the last three.
    """

    def __init__(
        self, collaborators: Collaborators, exchangeFolder: Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.stateChanged, self.progressed = Signal(), Signal()
        self.finished, self.failed, self.canceled = Signal(), Signal(), Signal()
        self._with = collaborators
        self._folder = Path(exchangeFolder)
        self._exports = ExportCache(self._folder, collaborators.writeExchange)
        self._clock = clock
        self._client = WarmClient(collaborators.clientFactory)
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
        if self._state is not RunState.IDLE:
            return False
        if isinstance(task, str):
            task = get_task(task)
        problem = self._with.volumes.problem(volumeNode, task)
        if problem:
            self.failed.emit(problem)
            return False
        if not self._dependenciesAreThere():
            return False
        if volumeNode.GetScene() is None:  # Installing lets the user go on meanwhile.
            self.failed.emit("The image was removed from the scene, so nothing was run.")
            return False
        options = options or RunOptions()
        if boxes is not None:
            options = replace(options, boxes=tuple(boxes))
        # What a worker said after the last run does not concern this one. It starts while the volume is written.
        client = self._client.get()
        client.poll()
        client.start()
        geometry = self._with.volumes.geometry(volumeNode)
        try:
            export = self._exports.export(volumeNode, self._with.volumes.voxels(volumeNode), geometry)
        except OSError as error:
            self.failed.emit(f"The folder for temporary files cannot be used ({error.strerror or 'disk error'}).")
            return False
        output = self._folder / f"run-{uuid4().hex[:12]}"
        self._job = RunJob(task, volumeNode, options, geometry, imageStamp(volumeNode), export, output)
        self._guard.watch(self._with.scene, volumeNode)
        self._setState(RunState.PREPARING)
        self._timer.start()
        self.progressed.emit(EXPORT_STAGE, 0.0, "")
        return True

    def runStage2(self, nodes: ResultNodes, options: RunOptions | None = None) -> bool:
        """Run the task of ``nodes`` again with its boxes as they now lie in the scene; the search is skipped."""
        volumeNode = nodes.volumeNode
        if volumeNode is None:
            self.failed.emit("The image of this result is not in the scene anymore: load it again.")
            return False
        try:
            task = get_task(nodes.taskName)
            boxes = self._with.reviews.boxes(nodes, volumeNode)
        except InputError as error:
            self.failed.emit(str(error))
            return False
        if not boxes:
            self.failed.emit("This result has no box left: run the task without boxes.")
            return False
        return self.run(task, volumeNode, options, boxes)

    def cancel(self) -> None:
        """Stop the run. Returns at once; ``canceled`` follows within two seconds. Harmless when idle."""
        self._stop(CANCELED)

    def close(self) -> None:
        """Stop everything, end the worker, remove the exchange folder. Sends no signals."""
        self._timer.stop()
        self._guard.release()
        self._job = None
        self._state = RunState.IDLE
        self._client.drop()
        self._exports.clear()
        for signal in (self.stateChanged, self.progressed, self.finished, self.failed, self.canceled):
            signal.disconnect()

    # The way to the worker

    def _dependenciesAreThere(self) -> bool:
        self._setState(RunState.INSTALLING)
        try:
            problem = self._with.ensureDependencies()
        except Exception as error:  # pip fails in many ways, and the panel must survive them all.
            logError("OrthoAI could not install its Python packages", error)
            problem = INSTALL_FAILED
        self._setState(RunState.IDLE)
        if problem:
            self.failed.emit(problem)
        return not problem

    def _tick(self) -> None:
        """Called by the timer while a run is going on."""
        job = self._job
        if job is None:
            return
        for event in self._client.get().poll():
            if self._job is job:
                self._hear(job, event)
        if self._job is not job:
            return
        if self._state is RunState.CANCELING and self._clock() > job.deadline:
            self._client.drop()
            self._end(self.canceled, job.ending)
        elif self._state is RunState.PREPARING and job.export.isDone:
            self._submit(job)
        elif job.reading is not None and job.reading.isDone:
            self._import(job, job.reading)

    def _submit(self, job: RunJob) -> None:
        if job.export.problem:
            self._end(self.failed, job.export.problem)
            return
        volumes = self._with.volumes
        request = WorkerRun(
            task=job.task.name,
            input=job.export.path,
            output=job.output,
            options=job.options,
            modality=volumes.modality(job.volumeNode),
            uids=volumes.uids(job.volumeNode),
        )
        job.id = self._client.get().run(request)
        self._setState(RunState.RUNNING)

    # The way back

    def _hear(self, job: RunJob, event: Event) -> None:
        if isinstance(event, Crashed) and event.id in (None, job.id):
            self._end(*((self.canceled, job.ending) if job.ending else (self.failed, event.message)))
        elif isinstance(event, Progressed | Finished | Failed) and event.id == job.id:
            if isinstance(event, Progressed):
                if not job.ending:
                    self.progressed.emit(event.stage, event.fraction, event.message)
            elif job.ending or (isinstance(event, Failed) and event.kind is FailureKind.CANCELED):
                self._end(self.canceled, job.ending or CANCELED)
            elif isinstance(event, Failed):
                self._end(self.failed, event.message)
            else:
                read = partial(self._with.readResult, event.folder, event.extents)
                job.reading = Background(read, "OrthoAI result reading")

    def _import(self, job: RunJob, reading: Background[ReadOutcome]) -> None:
        self._guard.release()  # Our own nodes come now; what the user does cannot come between.
        try:
            outcome = importResult(self._with, job, reading)
        except InputError as error:
            self._end(self.failed, str(error))
        else:
            self._end(self.finished, outcome)

    # The end

    def _stop(self, sentence: str) -> None:
        job = self._job
        if job is None or job.ending:
            return
        job.ending = sentence
        if not job.id or job.reading is not None:
            # The worker does not know of it yet, or has ended it, so nobody has to be waited for.
            if not job.id:
                self._exports.forget()
            self._end(self.canceled, sentence)
            return
        job.deadline = self._clock() + CANCEL_LIMIT_S
        self._client.get().cancel()
        self._setState(RunState.CANCELING)

    def _end(self, signal: Signal, *arguments: Any) -> None:
        """The one way out of a run: everything is put away before anybody hears of it."""
        job, self._job = self._job, None
        self._timer.stop()
        self._guard.release()
        if job is not None:
            shutil.rmtree(job.output, ignore_errors=True)
        self._setState(RunState.IDLE)
        signal.emit(*arguments)

    def _setState(self, state: RunState) -> None:
        if state is not self._state:
            self._state = state
            self.stateChanged.emit(state)
