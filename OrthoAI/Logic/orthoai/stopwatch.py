"""How long the stages of a run took."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class Stopwatch:
    """Seconds by stage, in the order in which the stages began.

    Example:
        >>> watch = Stopwatch()
        >>> with watch.stage("Detect"):
        ...     pass
        >>> list(watch.seconds)
        ['Detect']
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside; a stage that is entered again adds up."""
        start = perf_counter()
        self.seconds.setdefault(name, 0.0)
        try:
            yield
        finally:
            self.seconds[name] += perf_counter() - start
