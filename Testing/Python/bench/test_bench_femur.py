"""The benchmark on a tiny scan with tiny networks: every part runs, and says what it should."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from orthoai.cli.main import main
from orthoai.cli.supervise import StopRequest
from orthoai.errors import Canceled, InputError
from orthoai_training.bench import command, process
from orthoai_training.bench.femur import MEASURED, BenchRequest, bench_femur
from orthoai_training.bench.limb_ct import limb_ct
from orthoai_training.bench.table import text_table
from orthoai_training.bench.worker import PARTS, Job
from orthoai_training.evaluate.peak_memory import peak_memory
from orthoai_training.synth.limbs import LimbRecipe
from tiny_model import write_tiny_model

COARSE = LimbRecipe(field="full", spacing=(12.0, 12.0, 12.0), width=(410.0, 410.0), metal=0.0, one_sided=0.0)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    write_tiny_model(tmp_path / "models")
    monkeypatch.setenv("ORTHOAI_MODELS", str(tmp_path / "models"))
    return "tiny"


def in_this_process(job: Job, stop: StopRequest) -> dict:
    """A worker's work, without the seconds that a process takes to start."""
    stop.check()
    return PARTS[job.part](Job.from_line(job.to_line()))


def bench(model: str, folder: Path, **options: object) -> dict:
    request = BenchRequest(folder / "bench.json", (60, 24, 32), 1, model, "cpu", **options)  # type: ignore[arg-type]
    return bench_femur(request, run_job=in_this_process)


def test_every_part_is_measured_and_written(model, tmp_path):
    content = bench(model, tmp_path)
    assert json.loads((tmp_path / "bench.json").read_text()) == content
    assert content["shape_kji"] == [60, 24, 32]
    assert content["drr"]["ratio"] > 0
    two, one, whole = content["two_stage"], content["single_stage"], content["whole_run"]
    assert content["single_to_two_stage"] == pytest.approx(one["inference_s"] / two["inference_s"])
    assert {"DRR", "Detect"} <= two["timings_s"].keys() and "DRR" not in one["timings_s"]
    assert {"read", "DRR", "write"} <= whole["timings_s"].keys()
    assert whole["total_s"] >= sum(whole["timings_s"].values()) * 0.99
    assert min(part["peak_rss_mb"] for part in (two, one, whole)) > content["scan"]["volume_mb"]
    assert two["femora"] == ["femur_left", "femur_right"]
    assert content["paper"]["single_to_two_stage"] == pytest.approx(87 / 61)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_the_table_fits_one_screen_and_names_the_papers_figures(model, tmp_path):
    text = text_table(bench(model, tmp_path))
    assert len(text.splitlines()) < 24
    for words in ("32 x 24 x 60 voxels", "both projections", "two stages", "61 s against 87 s", "femur_left"):
        assert words in text


def test_some_parts_alone(model, tmp_path):
    content = bench(model, tmp_path, parts=("drr",))
    assert "drr" in content and not {"scan", "two_stage", "single_to_two_stage"} & content.keys()
    assert "two stages" not in text_table(content)


def test_a_part_runs_in_a_process_of_its_own(model, tmp_path, capfd):
    words = ["bench", "femur", "-o", str(tmp_path / "b.json"), "--shape", "40", "16", "16", "--repeats", "1"]
    assert main([*words, "--only", "drr", "--model", model, "--device", "cpu"]) == 0
    assert json.loads((tmp_path / "b.json").read_text())["drr"]["volume_mb"] == pytest.approx(40 * 16 * 16 * 2 / 1e6)
    assert "both projections" in capfd.readouterr().out


def test_a_stopped_benchmark_leaves_no_scan_behind(model, tmp_path):
    stop = StopRequest()
    stop.ask(2, None)
    with pytest.raises(Canceled):
        bench_femur(BenchRequest(tmp_path / "b.json", (60, 24, 32), 1, model, "cpu"), stop, run_job=in_this_process)
    assert [path.name for path in tmp_path.iterdir()] == ["models"]


def test_a_failing_worker_ends_the_benchmark_with_its_code(model, tmp_path, monkeypatch):
    monkeypatch.setattr(process, "supervise", lambda *_: 2)
    with pytest.raises(SystemExit) as error:
        bench_femur(BenchRequest(tmp_path / "b.json", (60, 24, 32), 1, model, "cpu"))
    assert error.value.code == 2


@pytest.mark.parametrize(("shape", "repeats", "word"), [((1, 9, 9), 1, "--shape"), ((9, 9, 9), 0, "--repeats")])
def test_impossible_requests_are_refused(shape, repeats, word, tmp_path):
    with pytest.raises(InputError, match=word):
        BenchRequest(tmp_path / "b.json", shape, repeats)


def test_the_commands_parts_are_the_benchmarks():
    assert command.PART_NAMES == MEASURED


@pytest.mark.parametrize("shape", [(90, 30, 44), (60, 36, 30)])
def test_the_scan_has_the_shape_asked_for_and_the_extent_of_the_limb(shape):
    volume = limb_ct(shape, COARSE)
    assert volume.voxels.shape == shape and volume.voxels.dtype == np.int16
    i, j, k = np.asarray(volume.geometry.size) * volume.geometry.spacing
    # Whole coarse voxels of 12 mm.
    assert 410 <= i < 422 and 410 <= j < 422 and k > 600
    assert volume.voxels.min() < -900 and volume.voxels.max() > 300


def test_a_finer_scan_shows_the_same_limb():
    coarse, fine = limb_ct((60, 30, 30), COARSE), limb_ct((120, 60, 60), COARSE)
    means = fine.voxels.reshape(60, 2, 30, 2, 30, 2).mean(axis=(1, 3, 5))
    assert np.corrcoef(means.ravel(), coarse.voxels.ravel())[0, 1] > 0.98
    corners = [volume.geometry.index_to_lps([-0.5, -0.5, -0.5]) for volume in (coarse, fine)]
    assert np.allclose(*corners)


def test_the_peak_counts_what_was_allocated_and_starts_anew():
    with peak_memory() as peak:
        before = peak()
        block = np.ones(200_000_000, np.uint8)
        del block
        assert peak() >= before + 190
    with peak_memory() as later:
        assert later() <= peak()
