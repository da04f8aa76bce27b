"""The benchmark of the worker says what it should, about a stand-in for Segment Femur."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from orthoai.cli.supervise import StopRequest
from orthoai.errors import Canceled, InputError
from orthoai.geometry import Geometry
from orthoai.volume import Volume
from orthoai.worker.client import WorkerClient
from orthoai.worker.launch import worker_environment
from orthoai_training.bench import warm_worker
from orthoai_training.bench.warm_worker import WorkerBench, bench_worker
from orthoai_training.bench.worker_table import text_table
from worker_helpers import fake_command

STAND_IN = """
import os, sys, time
from functools import partial
from pathlib import Path
import numpy as np
from orthoai.geometry import Geometry
from orthoai.output import staged_folder
from orthoai.box import Box
from orthoai.result import Provenance, Result
from orthoai.volume import Source
from orthoai.worker.channel import claim_standard_streams
from orthoai.worker.exchange import write_result
from orthoai.worker.requests import WorkerRun
from orthoai.worker.server import Server
from orthoai.worker.tree import end_own_process
from orthoai.worker.verbs import Verb

loading = [0.5]

def run(asked, progress):
    for _ in range(50):
        progress.report("Segment left", 0.5)
        time.sleep(0.01)
    timings = {"Load": loading.pop() if loading else 0.0, **({} if asked.options.boxes else {"DRR": 1.0})}
    grid = Geometry((2, 2, 2))
    box = Box.from_index("femur_left", 1.0, (0, 0, 0), (1, 1, 1), grid)
    provenance = Provenance("0", "none", {}, "cpu", "float32", {}, "2026-01-01T00:00:00Z")
    labels = np.zeros((2, 2, 2), np.uint8)
    with staged_folder(asked.output) as folder:
        write_result(Result("femur", Source(), grid, (box,), labels, {}, (), "", provenance, timings), folder)
    return {"folder": str(asked.output), "extents": {}}

channel = claim_standard_streams()
Server(channel, {"run": Verb(WorkerRun.from_message, run)}, partial(end_own_process, True)).serve()
os._exit(0)
"""


@pytest.fixture
def quick_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        warm_worker, "limb_ct", lambda shape: Volume(np.zeros(shape, np.int16), Geometry(tuple(shape)), "CT")
    )


def test_every_figure_is_measured_and_written(
    quick_scan: None, tmp_path: Path, open_client: Callable[..., WorkerClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a worker whose task takes half a second and loads once a process."""
    monkeypatch.setattr(warm_worker, "KILLS", 4)
    client = open_client([sys.executable, "-c", STAND_IN], worker_environment())
    content = bench_worker(WorkerBench(tmp_path / "bench.json", (6, 4, 3), 2), client=client)
    assert json.loads((tmp_path / "bench.json").read_text()) == content
    assert (content["first"]["load_s"], content["second"]["load_s"]) == (0.5, 0.0)
    assert "DRR" in content["second"]["timings_s"] and "DRR" not in content["boxes"]["timings_s"]
    assert [cancel["worker_kept"] for cancel in content["cancels"]] == [True, True]
    assert content["kills"]["told"] + content["kills"]["too_late"] == content["kills"]["kills"] == 4
    assert content["kills"]["told"] >= 1
    text = text_table(content)
    assert max(map(len, text.splitlines())) < 140 and "4 kills" in text
    assert [path.name for path in tmp_path.iterdir()] == ["bench.json"]


def test_a_stop_ends_it_without_a_file(
    quick_scan: None, tmp_path: Path, open_client: Callable[..., WorkerClient]
) -> None:
    stop = StopRequest()
    stop.asked = True
    with pytest.raises(Canceled):
        bench_worker(WorkerBench(tmp_path / "bench.json", (10, 8, 8)), stop, client=open_client(fake_command("mute")))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [{"shape": (1, 8, 8)}, {"shape": (8, 8, 8), "cancels": 0}])
def test_what_cannot_be_measured_is_refused(tmp_path: Path, options: dict) -> None:
    with pytest.raises(InputError):
        WorkerBench(tmp_path / "bench.json", **options)
