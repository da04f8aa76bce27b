"""From an approved review to a case on disk, and to the formats that training programs read. No widget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orthoai.worker.events import Crashed, Failed, Finished, Progressed
from orthoai.worker.requests import WorkerExport

from OrthoAILib.Review.CaseWriter import CaseWriter, SaveCase
from OrthoAILib.Review.ExportRequest import ExportRequest
from OrthoAILib.Signal import Signal

TICK_MS = 50
"""Milliseconds between two looks at what goes on."""

CASE_KEPT = "The case is in the training set, but not all formats were written:"


class ExportController:
    """Exports one case at a time; the GUI stays free.

    The case itself is written by a thread. The other formats hold the whole training set and are written by a worker
    process of their own, which ends with the export, so a run never has to wait for them.

    Args:
        save: orthoai.dataset.save_case.
        clientFactory: makes a WorkerClient.
        timerFactory: (callback, milliseconds) to a timer that is not started yet.

    Signals:
        started(), progressed(words), saved(revision): the case is on disk under that number,
        finished(ExportRequest, folder): and so are the formats; failed(sentence). An export ends with exactly one of
        the last two.
    """

    def __init__(
        self,
        save: SaveCase,
        clientFactory: Callable[[], Any],
        timerFactory: Callable[[Callable[[], None], int], Any],
    ) -> None:
        self.started, self.progressed, self.saved = Signal(), Signal(), Signal()
        self.finished, self.failed = Signal(), Signal()
        self._save, self._clientFactory = save, clientFactory
        self._timer = timerFactory(self._tick, TICK_MS)
        self._request: ExportRequest | None = None
        self._writer: CaseWriter | None = None
        self._client: Any = None
        self._job = ""

    @property
    def isBusy(self) -> bool:
        return self._request is not None

    def start(self, request: ExportRequest) -> bool:
        """Begin; what comes of it is told by the signals. False while another export is going on."""
        if self.isBusy:
            return False
        self._request = request
        self._writer = CaseWriter(self._save, request)
        self._timer.start()
        self.started.emit()
        self.progressed.emit("Writing the case")
        return True

    def close(self) -> None:
        """End. A case that is being written is finished first; formats are dropped. Sends no signals."""
        self._timer.stop()
        for signal in (self.started, self.progressed, self.saved, self.finished, self.failed):
            signal.disconnect()
        if self._writer is not None:
            self._writer.wait()
        self._reset()

    # Inside

    def _tick(self) -> None:
        if self._request is None:
            return
        if self._client is not None:
            self._hear()
        elif self._writer is not None and self._writer.isDone:
            self._onWritten(self._request, self._writer)

    def _onWritten(self, request: ExportRequest, writer: CaseWriter) -> None:
        if writer.problem:
            self._end(self.failed, writer.problem)
            return
        self.saved.emit(writer.revision)
        if not request.formats:
            self._end(self.finished, request, writer.folder)
            return
        self._client = self._clientFactory()
        self._job = self._client.export(WorkerExport(request.dataset, request.formats, request.formatsFolder))

    def _hear(self) -> None:
        for event in self._client.poll():
            if isinstance(event, Crashed) and event.id in (None, self._job):
                self._end(self.failed, f"{CASE_KEPT} {event.message}")
            elif isinstance(event, Progressed | Finished | Failed) and event.id == self._job:
                if isinstance(event, Progressed):
                    self.progressed.emit(event.message or event.stage)
                elif isinstance(event, Failed):
                    self._end(self.failed, f"{CASE_KEPT} {event.message}")
                else:
                    self._end(self.finished, self._request, self._writer.folder if self._writer else None)
            if self._request is None:
                return

    def _end(self, signal: Signal, *arguments: Any) -> None:
        """The one way out: everything is put away before anybody hears of it."""
        self._timer.stop()
        self._reset()
        signal.emit(*arguments)

    def _reset(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()
        self._request, self._writer, self._job = None, None, ""
