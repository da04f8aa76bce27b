"""Networks stay loaded, but not without end."""

from __future__ import annotations

import pytest
from orthoai.models.warm import WarmCache


def test_a_network_is_loaded_once():
    loads = []
    cache = WarmCache()
    first = cache.get(("a", "cpu"), lambda: loads.append(1) or object())
    assert cache.get(("a", "cpu"), lambda: loads.append(1) or object()) is first
    assert len(loads) == 1


def test_another_hash_or_device_is_another_network():
    cache = WarmCache()
    networks = {id(cache.get(key, object)) for key in (("a", "cpu"), ("b", "cpu"), ("a", "cuda"))}
    assert len(networks) == len(cache) == 3


def test_the_one_unused_for_longest_goes_first():
    cache = WarmCache(capacity=2)
    kept = cache.get("a", object)
    cache.get("b", object)
    cache.get("a", object)
    cache.get("c", object)
    assert cache.get("a", object) is kept
    assert len(cache) == 2
    assert cache.get("b", lambda: "loaded again") == "loaded again"


def test_a_failed_load_keeps_nothing():
    cache = WarmCache()

    def fail() -> object:
        raise OSError("no such file")

    with pytest.raises(OSError, match="no such file"):
        cache.get("a", fail)
    assert len(cache) == 0
    assert cache.get("a", lambda: 7) == 7


def test_clear_forgets_everything():
    cache = WarmCache()
    cache.get("a", object)
    cache.clear()
    assert len(cache) == 0


def test_a_cache_for_nothing_is_a_mistake():
    with pytest.raises(ValueError, match="capacity"):
        WarmCache(0)
