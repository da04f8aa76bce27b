"""What threads hand to the front end's thread: bounded, whatever the worker sends."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from threading import Lock

from orthoai.worker.protocol import Message

WAITING = 1000
"""Messages kept; of more than that the oldest go."""

TAIL_BYTES = 64 << 10
"""Kept of what the worker prints."""


@dataclass(frozen=True)
class Ended:
    """The process is gone, and this is the last thing to be heard of it.

    Attributes:
        code: its exit code, negative for a signal; None when it could not be started.
    """

    code: int | None


Letter = Message | Ended


class Mailbox:
    """Letters in order. Progress of the stage that the last letter speaks of replaces that letter."""

    def __init__(self) -> None:
        self._letters: deque[Letter] = deque(maxlen=WAITING)
        self._lock = Lock()

    def put(self, letter: Letter) -> None:
        """Add a letter. Never blocks."""
        with self._lock:
            if self._letters and _same_stage(self._letters[-1], letter):
                self._letters.pop()
            self._letters.append(letter)

    def take(self) -> list[Letter]:
        """All letters, which are then gone. Never blocks."""
        with self._lock:
            letters = list(self._letters)
            self._letters.clear()
        return letters


def _same_stage(last: Letter, new: Letter) -> bool:
    if isinstance(last, Ended) or isinstance(new, Ended) or new["type"] != "progress":
        return False
    return all(last.get(key) == new.get(key) for key in ("type", "id", "stage"))


class Tail:
    """The last bytes of a stream."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._lock = Lock()

    def add(self, piece: bytes) -> None:
        """Append, and forget what is too old."""
        with self._lock:
            self._bytes += piece
            del self._bytes[:-TAIL_BYTES]

    @property
    def text(self) -> str:
        """As text; bytes that are none are marked."""
        with self._lock:
            return self._bytes.decode("utf-8", "replace")
