"""The benchmark of any task: what it measures with children that answer at once, and with real networks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from orthoai.cli.exits import DONE
from orthoai.cli.main import main
from orthoai.cli.supervise import StopRequest
from orthoai.errors import Canceled, InputError
from orthoai.io.write import write_volume
from orthoai.models.store import ROOTS_VARIABLE
from orthoai.tasks import get_task
from orthoai_training.bench.limb_ct import limb_ct
from orthoai_training.bench.task_run import PARTS, TaskBench, bench_task, text_table
from orthoai_training.bench.worker import PARTS as WORK
from orthoai_training.bench.worker import Job
from orthoai_training.demo import SAMPLES, SEEDS
from orthoai_training.synth.limbs import LimbRecipe
from tiny_model import write_tiny_model

COARSE = LimbRecipe(field="full", spacing=(12.0, 12.0, 12.0), width=(410.0, 410.0), metal=0.0, one_sided=0.0)


def run_of(seconds: float) -> dict[str, Any]:
    return {"total_s": seconds, "timings_s": {"Load": seconds / 2, "Detect": seconds / 4}, "peak_rss_mb": 500.0}


ANSWERS = {
    "cold-and-warm": {
        "shape_kji": [15, 350, 250],
        "spacing_mm": [0.8, 0.8, 4.0],
        "volume_mb": 2.6,
        "cold": run_of(8.0),
        "warm": run_of(2.0),
    },
    "whole-run": {**run_of(12.0), "message": "Found 6 discs, L5/S1 to T12/L1."},
}


class Children:
    """Answers instead of child processes, and remembers what was asked."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.samples: list[tuple[str, int]] = []

    def run(self, job: Job, stop: StopRequest) -> dict[str, Any]:
        stop.check()
        self.jobs.append(Job.from_line(job.to_line()))
        return ANSWERS[job.part]

    def simulate(self, task: str, seed: int, folder: Path, stop: StopRequest) -> Path:
        stop.check()
        self.samples.append((task, seed))
        return folder / "image.nii.gz"

    def bench(self, asked: TaskBench, stop: StopRequest | None = None) -> dict[str, Any]:
        return bench_task(asked, stop, None, self.run, self.simulate)


@pytest.fixture
def children() -> Children:
    return Children()


def test_the_sample_is_measured_cold_warm_and_as_a_whole_run(children, tmp_path):
    content = children.bench(TaskBench("disc", tmp_path / "b.json", device="cpu"))
    assert json.loads((tmp_path / "b.json").read_text()) == content
    assert children.samples == [("disc", SEEDS["disc"])]
    assert [job.part for job in children.jobs] == list(PARTS)
    assert {(job.task, job.device, Path(job.scan).name) for job in children.jobs} == {("disc", "cpu", "image.nii.gz")}
    assert content["warm_to_cold"] == pytest.approx(0.25)
    assert content["whole_run"]["process_s"] >= 0
    assert content["image"]["simulated"] == {"seed": SEEDS["disc"], "options": list(SAMPLES["disc"])}
    assert content["model"]["model"] == "lumbar_disc" and content["model"]["size_mb"]["segmenter"] > 1
    assert {"created", "libraries", "machine", "python", "schema_version"} <= content.keys()
    assert [path.name for path in tmp_path.iterdir()] == ["b.json"]


def test_a_given_image_is_taken_and_not_named_in_the_file(children, tmp_path):
    image = tmp_path / "Jane Doe.nii.gz"
    content = children.bench(TaskBench("disc", tmp_path / "b.json", image, device="cpu"))
    assert children.samples == [] and {job.scan for job in children.jobs} == {str(image)}
    assert content["image"] == "given" and "Jane" not in (tmp_path / "b.json").read_text()


def test_another_seed_simulates_another_sample(children, tmp_path):
    children.bench(TaskBench("disc", tmp_path / "b.json", seed=7, device="cpu"))
    assert children.samples == [("disc", 7)]


def test_the_table_fits_one_screen(children, tmp_path):
    text = text_table(children.bench(TaskBench("disc", tmp_path / "b.json", device="cpu")), get_task("disc"))
    assert len(text.splitlines()) < 24
    for words in ("250 x 350 x 15 voxels", "0.80 x 0.80 x 4.00 mm", "first run", "0.25 times", "Found 6 discs"):
        assert words in text


def test_a_stopped_benchmark_leaves_nothing(children, tmp_path):
    stop = StopRequest()
    stop.ask(2, None)
    with pytest.raises(Canceled):
        children.bench(TaskBench("disc", tmp_path / "b.json", device="cpu"), stop)
    assert list(tmp_path.iterdir()) == []


def test_impossible_requests_are_refused(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="--seed"):
        TaskBench("disc", tmp_path / "b.json", seed=-1)
    monkeypatch.delitem(SAMPLES, "disc")
    with pytest.raises(InputError, match="--input"):
        TaskBench("disc", tmp_path / "b.json")
    with pytest.raises(InputError, match="There is no task"):
        bench_task(TaskBench("moon", tmp_path / "b.json", tmp_path / "image.png"))


def test_real_networks_run_twice_in_one_process_and_once_with_files(tmp_path, monkeypatch):
    write_tiny_model(tmp_path / "models")
    monkeypatch.setenv(ROOTS_VARIABLE, str(tmp_path / "models"))
    image, given = tmp_path / "given" / "image.nii", limb_ct((60, 24, 32), COARSE)
    image.parent.mkdir()
    write_volume(given, image)
    asked = TaskBench("femur", tmp_path / "b.json", image, model="tiny", device="cpu")
    content = bench_task(asked, run_job=lambda job, stop: WORK[job.part](job))
    assert content["shape_kji"] == [60, 24, 32]
    assert np.allclose(content["spacing_mm"], given.geometry.spacing, atol=1e-4)
    cold, warm, whole = content["cold"], content["warm"], content["whole_run"]
    assert {"Load", "DRR", "Detect"} <= cold["timings_s"].keys() == warm["timings_s"].keys()
    assert content["warm_to_cold"] == pytest.approx(warm["total_s"] / cold["total_s"])
    assert whole["process_s"] >= whole["total_s"] >= sum(whole["timings_s"].values()) * 0.99
    assert min(part["peak_rss_mb"] for part in (cold, warm, whole)) > 50
    assert [path.name for path in image.parent.iterdir()] == ["image.nii"]


@pytest.mark.slow
def test_the_command_simulates_a_series_and_measures_the_shipped_disc_model(tmp_path, capsys):
    out = tmp_path / "disc.json"
    assert main(["bench", "disc", "-o", str(out), "--device", "cpu", "--quiet"]) == DONE
    content = json.loads(out.read_text())
    assert content["shape_kji"][0] == 15
    assert {"Load", "Detect", "Segment", "Grade"} <= content["warm"]["timings_s"].keys()
    assert {"read", "write"} <= content["whole_run"]["timings_s"].keys()
    assert "Analyse Lumbar Discs on" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["disc.json"]
