"""JSON lines between front end and worker: one message a line, told apart by its "type" (docs/worker.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any

PROTOCOL = 1
"""Raised when a message changes its meaning or goes away."""

MAX_LINE = 1 << 20
"""Bytes of a line, its end included. A longer one is nobody's message."""

MAX_TEXT = 2000
"""Characters of a sentence that travels in a message."""

Message = dict[str, Any]


def encode(message: Message) -> bytes:
    """One line of ASCII. Raises ValueError when it is longer than MAX_LINE or holds no plain data."""
    line = json.dumps(message, allow_nan=False).encode("ascii") + b"\n"
    if len(line) > MAX_LINE:
        raise ValueError(f"a message of {len(line)} bytes is longer than {MAX_LINE}")
    return line


def decode(line: bytes) -> Message | None:
    """The message of a line; None for anything else, such as what a library printed."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) and isinstance(message.get("type"), str) else None


def lines(stream: IO[bytes]) -> Iterator[bytes]:
    """The complete lines of ``stream``, without their ends, until it ends.

    A line over MAX_LINE is skipped without being kept in memory, and so is the rest of a line that death cut off.
    """
    skipping = False
    while piece := stream.readline(MAX_LINE):
        whole = piece.endswith(b"\n")
        if whole and not skipping:
            yield piece[:-1]
        skipping = not whole
