"""The worker's own loop: one thread listens, the main thread works, one job at a time."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock, Thread

from orthoai import __version__
from orthoai.cli.exits import INTERNAL_ERROR
from orthoai.progress import Progress
from orthoai.tasks import all_tasks
from orthoai.worker.channel import Channel
from orthoai.worker.events import FailureKind
from orthoai.worker.leftovers import remove_partial
from orthoai.worker.protocol import MAX_TEXT, PROTOCOL, Message
from orthoai.worker.thin import Thinned
from orthoai.worker.verbs import Verb
from orthoai.worker.wording import BUSY, failure

FAREWELL_S = 2.0
"""For a job to stop by itself when the client leaves; then the process ends around it."""


class Job:
    """One run or export, and whether it should stop."""

    def __init__(self, message: Message) -> None:
        self.id = str(message.get("id"))
        self.message = message
        self.folders: tuple[Path, ...] = ()
        self.canceled = Event()


class Server:
    """Answers the messages of one client until it says bye or is gone.

    Args:
        channel: to the client.
        verbs: what it can be asked to do, by message type.
        end: ends the process with a code, from any thread.
    """

    def __init__(self, channel: Channel, verbs: Mapping[str, Verb], end: Callable[[int], None]) -> None:
        self._channel, self._verbs, self._end = channel, verbs, end
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._current: Job | None = None
        self._bye = False
        self._lock = Lock()
        self._idle = Event()
        self._idle.set()

    def serve(self) -> bool:
        """Work in this thread, so that libraries that want the main thread have it, until the client leaves.

        Returns:
            Whether it said bye, and was told so.
        """
        Thread(target=self._listen, daemon=True).start()
        while (job := self._jobs.get()) is not None:
            self._work(job)
        if self._bye:
            self._send({"type": "bye"})
        return self._bye

    # Listening

    def _listen(self) -> None:
        try:
            for message in self._channel.messages():
                if message is not None and not self._obey(message):
                    break
        except Exception as error:  # Such as a task that cannot be imported: a worker that hears nothing must not stay.
            print_place(error)
            self._end(INTERNAL_ERROR)
        self._leave()

    def _obey(self, message: Message) -> bool:
        """Do what a message asks, or begin it; False when there is nothing more to come."""
        kind = message["type"]
        if kind == "bye":
            self._bye = True
            return False
        if kind == "hello":
            self._send(
                {
                    "type": "hello",
                    "protocol": PROTOCOL,
                    "version": __version__,
                    "pid": os.getpid(),
                    "tasks": [task.name for task in all_tasks()],
                }
            )
        elif kind == "cancel":
            with self._lock:
                if self._current is not None and self._current.id == message.get("id"):
                    self._current.canceled.set()
        elif kind in self._verbs:
            self._begin(Job(message))
        return True

    def _begin(self, job: Job) -> None:
        with self._lock:
            busy = self._current is not None
            if not busy:
                self._current = job
                self._idle.clear()
        if busy:
            self._send_error(job, FailureKind.INPUT, BUSY)
        else:
            self._jobs.put(job)

    def _leave(self) -> None:
        """The client wants nothing more. Gives a job the time to stop, then ends the process around it."""
        with self._lock:
            job = self._current
        if job is not None:
            job.canceled.set()
        self._jobs.put(None)
        if not self._idle.wait(FAREWELL_S) and job is not None:
            remove_partial(job.folders)
            self._end(INTERNAL_ERROR)

    # Working

    def _work(self, job: Job) -> None:
        progress = Progress(Thinned(lambda *news: self._send_progress(job, *news)), job.canceled.is_set)
        try:
            verb = self._verbs[job.message["type"]]
            request = verb.read(job.message)
            job.folders = request.folders
            answer = {"type": "result", "id": job.id, **verb.do(request, progress)}
        except Exception as error:
            kind, sentence = failure(error)
            answer = {"type": "error", "id": job.id, "kind": kind, "message": sentence}
            if kind is FailureKind.INTERNAL:
                print_place(error)
        with self._lock:  # Before the answer: the client may ask for the next run as soon as it has it.
            self._current = None
            self._idle.set()
        self._send(answer)

    def _send_progress(self, job: Job, stage: str, fraction: float, message: str) -> None:
        news = {"stage": stage[:MAX_TEXT], "fraction": fraction, "message": message[:MAX_TEXT]}
        self._send({"type": "progress", "id": job.id, **news})

    def _send_error(self, job: Job, kind: FailureKind, sentence: str) -> None:
        self._send({"type": "error", "id": job.id, "kind": kind, "message": sentence})

    def _send(self, message: Message) -> None:
        try:
            self._channel.send(message)
        except OSError:  # The client is gone.
            self._end(INTERNAL_ERROR)


def print_place(error: BaseException | None) -> None:
    """Where an unexpected error happened, for the details; not its text, which may hold patient data."""
    while error is not None:
        sys.stderr.writelines(traceback.format_tb(error.__traceback__))
        print(type(error).__name__, file=sys.stderr, flush=True)
        error = error.__cause__
