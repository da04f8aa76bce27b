"""One worker process with the threads that start, feed, read and collect it, so that nobody else ever waits for it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import IO

from orthoai.worker.launch import GROUP_VARIABLE
from orthoai.worker.mailbox import Ended, Mailbox, Tail
from orthoai.worker.protocol import decode, lines
from orthoai.worker.tree import group_options, kill_tree, wait_for_end

DRAIN_S = 1.0
"""Wait for the last words of a process that has ended; only a stranger that holds its pipes makes it last."""

END_S = 60.0
"""A killed process that has not ended by then waits for a dead disk, and is left to it."""

PIECE_BYTES = 1 << 13


class Child:
    """A process that speaks the protocol. No method blocks, and all may be called from any thread.

    Attributes:
        mailbox: its messages, and at last Ended.
        errors: the last it printed on its standard error.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self.mailbox = Mailbox()
        self.errors = Tail()
        self._command = list(command)
        self._environment = {**(os.environ if environment is None else environment), GROUP_VARIABLE: "1"}
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        self._ended = Event()
        self._lock = Lock()
        self._pid: int | None = None
        self._killed = False
        # Starting a process may take long: an antivirus looks at it first, or it lies on a network drive.
        _thread(self._live)

    @property
    def pid(self) -> int | None:
        """Of the process; None before it has started and after it has ended."""
        return self._pid

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._ended.is_set()

    def send(self, line: bytes) -> None:
        """Have ``line`` written to its standard input."""
        self._outbox.put(line)

    def kill(self) -> None:
        """End it and its children at once; also one that has not started yet."""
        with self._lock:
            self._killed = True
            if self._pid is not None:
                kill_tree(self._pid)

    def leave(self, farewell: bytes, grace_s: float) -> None:
        """Send ``farewell``, close its standard input, and kill it when it still lives after ``grace_s``."""
        self.send(farewell)
        self._outbox.put(None)

        def follow() -> None:
            if not self._ended.wait(grace_s):
                self.kill()

        try:
            _thread(follow)
        except RuntimeError:  # Python is shutting down and starts no more threads.
            self.kill()

    def after_end(self, work: Callable[[], None]) -> None:
        """Have ``work`` done in a thread once the process has ended."""

        def follow() -> None:
            if self._ended.wait(END_S):
                work()

        with suppress(RuntimeError):
            _thread(follow)

    # Threads

    def _live(self) -> None:
        pipe = subprocess.PIPE
        try:
            child = subprocess.Popen(
                self._command, stdin=pipe, stdout=pipe, stderr=pipe, env=self._environment, **group_options()
            )
        except (OSError, ValueError) as error:
            self.errors.add(f"{type(error).__name__}\n".encode())
            self._end(None)
            return
        with self._lock:
            self._pid = child.pid
            if self._killed:
                kill_tree(child.pid)
        assert child.stdin is not None and child.stdout is not None and child.stderr is not None
        write, read, listen = self._write, self._read, self._listen
        threads = [_thread(write, child.stdin), _thread(read, child.stdout), _thread(listen, child.stderr)]
        wait_for_end(child)
        with self._lock:
            kill_tree(child.pid)  # What it started does not outlive it.
            code = child.wait()
            self._pid = None
        self._outbox.put(None)
        for thread in threads:
            thread.join(DRAIN_S)
        self._end(code)

    def _end(self, code: int | None) -> None:
        self._ended.set()
        self.mailbox.put(Ended(code))

    def _write(self, stream: IO[bytes]) -> None:
        # A process that has died breaks the pipe; that it has, _live says.
        with suppress(OSError), stream:
            while (line := self._outbox.get()) is not None:
                stream.write(line)
                stream.flush()

    def _read(self, stream: IO[bytes]) -> None:
        with suppress(OSError), stream:
            for line in lines(stream):
                message = decode(line)
                if message is not None:
                    self.mailbox.put(message)
                elif line.strip():
                    self.errors.add(line + b"\n")

    def _listen(self, stream: IO[bytes]) -> None:
        with suppress(OSError), stream:
            while piece := stream.read1(PIECE_BYTES):  # type: ignore[attr-defined]
                self.errors.add(piece)


def _thread(work: Callable[..., None], *args: object) -> Thread:
    """Start ``work`` in a thread that does not keep Python alive."""
    thread = Thread(target=work, args=args, daemon=True)
    thread.start()
    return thread
