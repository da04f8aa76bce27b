"""The worker's end of the pipes, taken away from everybody else in the process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from threading import Lock
from typing import IO

from orthoai.worker.protocol import Message, decode, encode, lines


class Channel:
    """Messages in and out. Sending is safe from any thread.

    Args:
        reader, writer: binary, the writer unbuffered.
    """

    def __init__(self, reader: IO[bytes], writer: IO[bytes]) -> None:
        self._reader, self._writer = reader, writer
        self._lock = Lock()

    def send(self, message: Message) -> None:
        """Write one message. Raises OSError when the client is gone."""
        left = memoryview(encode(message))
        with self._lock:
            while left:  # An unbuffered write may take only a part.
                left = left[self._writer.write(left) :]

    def messages(self) -> Iterator[Message | None]:
        """What comes in, until the client is gone; None for a line that is no message."""
        for line in lines(self._reader):
            yield decode(line)


def claim_standard_streams() -> Channel:
    """Take standard input and output for the protocol.

    What a library prints from now on goes to standard error, at the level of the descriptors, so that C libraries and
    child processes are held, too. Whoever reads standard input finds its end.
    """
    sys.stdout.flush()
    reader = os.fdopen(os.dup(0), "rb")
    writer = os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    # Somebody may have printed a part of a line before us.
    writer.write(b"\n")
    return Channel(reader, writer)
