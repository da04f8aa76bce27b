"""The module in the host, one worker per test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from panel_bench import MODULE, PanelBench, addLegs, chooseWorker
from panel_run_bench import Bench, openBench


@pytest.fixture
def openPanel(host, monkeypatch, tmp_path) -> Callable[..., PanelBench]:
    """Open the module on a small CT; ``manner`` says how the worker behaves (worker_site/sitecustomize.py)."""

    def make(manner: str = "quick", volume: bool = True) -> PanelBench:
        chooseWorker(monkeypatch, manner)
        if volume:
            addLegs()
        bench = PanelBench(host, host.loadModule(MODULE))
        bench.module.parent.resize(420, 900)
        return bench

    return make


@pytest.fixture
def bench(openPanel) -> Iterator[PanelBench]:
    """The module with a CT and a quick worker."""
    yield openPanel()


@pytest.fixture
def controlled(tmp_path) -> Iterator[Bench]:
    """The run controller alone, among fakes."""
    with openBench(tmp_path / "exchange") as bench:
        yield bench
