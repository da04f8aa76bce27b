"""Loaded networks that stay in memory, so that a second run in one process does not load them again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")

CAPACITY = 4
"""Networks kept where a task names no other number: two models of two networks each."""


class WarmCache:
    """The networks used last, by key; the one unused for longest goes first.

    Args:
        capacity: networks kept, at least 1.

    Example:
        >>> cache = WarmCache()
        >>> cache.get(("3f2a", "cpu"), lambda: "network")
        'network'
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        if capacity < 1:
            raise ValueError(f"the capacity is {capacity}, not 1 or more")
        self._capacity = capacity
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, load: Callable[[], T]) -> T:
        """What is kept under ``key`` (a weights hash and a device); loaded when there is nothing.

        A load that fails keeps nothing and its error passes through. Two threads never load at the same time.
        """
        with self._lock:
            if key not in self._kept:
                self._kept[key] = load()
            self._kept.move_to_end(key)
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)
            loaded: T = self._kept[key]
            return loaded

    def clear(self) -> None:
        """Forget everything, to give the memory back."""
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)
