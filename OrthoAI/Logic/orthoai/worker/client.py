"""A front end's end of the worker: ask, poll, cancel, and never wait."""

from __future__ import annotations

import time
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from threading import Thread

from orthoai.errors import Canceled
from orthoai.worker.child import Child
from orthoai.worker.events import Crashed, Event, Extent, Failed, FailureKind, Finished, Progressed, Ready
from orthoai.worker.leftovers import remove_partial, remove_result
from orthoai.worker.mailbox import Ended, Letter
from orthoai.worker.protocol import PROTOCOL, Message, encode
from orthoai.worker.requests import WorkerExport, WorkerRun
from orthoai.worker.state import Patience, WorkerState
from orthoai.worker.wording import BUSY, TOO_LONG, UNREADABLE, lost, other_protocol, silent


@dataclass(frozen=True)
class _Job:
    id: str
    line: bytes
    folders: tuple[Path, ...]
    is_run: bool


class WorkerClient:
    """Drives one worker process. All methods belong to one thread (the GUI's), and none of them blocks.

    A worker that is gone is no reason to make another client: the next run starts a new process.

    Args:
        command: starts the worker, see :func:`orthoai.worker.launch.worker_command`.
        environment: of the process, see :func:`orthoai.worker.launch.worker_environment`; None for our own.
        patience: how long to wait for it.

    Example:
        >>> client = WorkerClient(worker_command(), worker_environment())
        >>> job = client.run(WorkerRun("femur", Path("ct.nrrd"), Path("out")))
        >>> events = client.poll()  # from a timer, several times a second
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None, patience: Patience | None = None
    ) -> None:
        self._command, self._environment = list(command), environment
        self._patience = patience or Patience()
        self._ids = count(1)
        self._events: list[Event] = []
        self._job: _Job | None = None
        self._child: Child | None = None
        self._last: Child | None = None
        self._guard: weakref.finalize | None = None
        self._ready = False
        self._worker_pid: int | None = None
        self._canceling = self._killed = False
        self._deadline: float | None = None

    # What it is doing

    @property
    def state(self) -> WorkerState:
        """As of the last poll."""
        if self._canceling:
            return WorkerState.CANCELING
        if self._child is None:
            return WorkerState.STOPPED
        if not self._ready:
            return WorkerState.STARTING
        return WorkerState.IDLE if self._job is None else WorkerState.BUSY

    @property
    def pid(self) -> int | None:
        """Of the worker process; None when there is none, also when it has died since the last poll."""
        if self._child is None or self._child.has_ended:
            return None
        return self._worker_pid or self._child.pid

    @property
    def details(self) -> str:
        """The last 64 KiB that the present or the last worker printed: for experts who ask, never a message."""
        return "" if self._last is None else self._last.errors.text

    # Asking

    def start(self) -> None:
        """Start the worker, if there is none, without a job. Ready or Crashed tells how that went."""
        if self._child is not None and self._job is None and self._child.has_ended:
            self._forget()  # While nothing was going on: nobody needs to hear of it.
        if self._child is not None:
            return
        self._child = self._last = Child(self._command, self._environment)
        # Whoever drops the client without close(), or leaves Python, leaves no process behind.
        self._guard = weakref.finalize(self, self._child.kill)
        self._ready = self._killed = False
        self._worker_pid = None
        self._deadline = time.monotonic() + self._patience.start
        self._child.send(encode({"type": "hello", "protocol": PROTOCOL}))

    def run(self, request: WorkerRun) -> str:
        """Start a run, and the worker if need be; returns the job's id, which its events carry.

        While another job is going this one fails with kind "input".
        """
        return self._submit(request, "run")

    def export(self, request: WorkerExport) -> str:
        """Start an export, as :meth:`run`."""
        return self._submit(request, "export")

    def cancel(self) -> None:
        """Ask the job to stop: it fails with kind "canceled". After Patience.cancel seconds that costs the process."""
        if self._job is None or self._canceling:
            return
        if not self._ready:  # The worker has not heard of the job yet.
            self._events.append(self._canceled(self._job))
            self._job = None
            return
        assert self._child is not None
        self._child.send(encode({"type": "cancel", "id": self._job.id}))
        self._canceling = True
        self._deadline = time.monotonic() + self._patience.cancel

    def close(self) -> None:
        """Let the worker go, killed if it does not hurry; a job is lost without an event. A run may start another."""
        if self._child is not None:
            self._child.leave(encode({"type": "bye"}), self._patience.leave)
        self._forget()
        self._events.clear()

    # Hearing

    def poll(self) -> list[Event]:
        """What has happened since the last poll, in order."""
        events, self._events = self._events, []
        child = self._child
        for letter in child.mailbox.take() if child else ():
            if self._child is child:  # A letter may end the process; what follows it is not meant any more.
                events += self._open(letter)
        return events + self._overdue()

    def _submit(self, request: WorkerRun | WorkerExport, kind: str) -> str:
        job = f"{kind}-{next(self._ids)}"
        if self._job is not None:
            self._events.append(Failed(job, FailureKind.INPUT, BUSY))
            return job
        try:
            line = encode(request.to_message(job))
        except ValueError:
            self._events.append(Failed(job, FailureKind.INPUT, TOO_LONG))
            return job
        self.start()
        self._job = _Job(job, line, request.folders, is_run=kind == "run")
        if self._ready:
            self._send_job()
        return job

    def _send_job(self) -> None:
        if self._child is not None and self._job is not None:
            self._child.send(self._job.line)

    def _open(self, letter: Letter) -> list[Event]:
        if isinstance(letter, Ended):
            if self._guard is not None:
                self._guard.detach()
            return self._gone(lost(letter.code, self._ready))
        try:
            if letter["type"] == "hello":
                return self._hello(letter)
            if self._job is None or letter.get("id") != self._job.id:
                return []
            return self._answer(self._job, letter)
        except (KeyError, TypeError, ValueError, AttributeError):
            # Without a readable answer the job would never end.
            return [] if letter["type"] == "progress" else self._gone(UNREADABLE)

    def _hello(self, letter: Message) -> list[Event]:
        if letter["protocol"] != PROTOCOL:
            return self._gone(other_protocol(letter["protocol"], PROTOCOL))
        ready = Ready(str(letter["version"]), tuple(str(name) for name in letter["tasks"]))
        self._worker_pid = int(letter["pid"])
        self._ready, self._deadline = True, None
        self._send_job()
        return [ready]

    def _answer(self, job: _Job, letter: Message) -> list[Event]:
        if letter["type"] == "progress":
            if self._canceling:
                return []
            return [Progressed(job.id, str(letter["stage"]), float(letter["fraction"]), str(letter["message"]))]
        if letter["type"] == "result":
            extents = {int(value): _extent(numbers) for value, numbers in letter["extents"].items()}
            answer: Event = Finished(job.id, Path(letter["folder"]), extents)
            if self._canceling and job.is_run:  # It ended while the cancel was under way.
                answer = self._canceled(job)
                Thread(target=remove_result, args=job.folders, daemon=True).start()
        elif letter["type"] == "error":
            answer = Failed(job.id, FailureKind(letter["kind"]), str(letter["message"]))
        else:
            return []
        self._job, self._deadline, self._canceling = None, None, False
        return [answer]

    def _overdue(self) -> list[Event]:
        if self._child is None or self._deadline is None or time.monotonic() < self._deadline:
            return []
        if not self._ready:
            return self._gone(silent(self._patience.start))
        if not self._killed:
            self._child.kill()
            self._killed = True
            self._deadline = time.monotonic() + self._patience.kill
            return []
        return self._gone("")

    def _gone(self, sentence: str) -> list[Event]:
        """The process is lost, and the job with it: canceled if that was wanted, else crashed."""
        job, canceling = self._job, self._canceling
        if self._child is not None:
            self._child.kill()
        self._forget()
        if job is not None and canceling:
            return [self._canceled(job)]
        return [Crashed(None if job is None else job.id, sentence)]

    def _forget(self) -> None:
        """Have nothing to do with the process any more; its own threads see it to its end."""
        if self._child is not None and self._job is not None:
            self._child.after_end(partial(remove_partial, self._job.folders))
        self._child, self._job, self._worker_pid, self._deadline = None, None, None, None
        self._ready = self._killed = self._canceling = False

    @staticmethod
    def _canceled(job: _Job) -> Failed:
        return Failed(job.id, FailureKind.CANCELED, str(Canceled()))


def _extent(numbers: Sequence[int]) -> Extent:
    i0, i1, j0, j1, k0, k1 = (int(n) for n in numbers)
    return i0, i1, j0, j1, k0, k1
