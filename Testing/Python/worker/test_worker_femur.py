"""Segment Femur and the exports through the real worker, with tiny networks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from orthoai.dataset import save_case
from orthoai.errors import InputError
from orthoai.io.read import read_volume
from orthoai.models.warm import WarmCache
from orthoai.progress import Progress
from orthoai.result import Result
from orthoai.review import Review, Verdict
from orthoai.tasks import RunOptions, get_task
from orthoai.tasks.femur.engines import load_engines
from orthoai.volume import Volume
from orthoai.worker.client import WorkerClient
from orthoai.worker.events import Failed, FailureKind, Finished
from orthoai.worker.exchange import read_result, write_exchange
from orthoai.worker.launch import worker_command, worker_environment
from orthoai.worker.requests import WorkerExport
from orthoai_training.synth.limbs import LimbRecipe, simulate_limb
from tiny_model import write_tiny_model
from worker_helpers import ending, outcome, request

LEGS = LimbRecipe(field="hips", spacing=(8.0, 8.0, 10.0), width=(400.0, 300.0), metal=0.0, one_sided=0.0, oblique=10.0)

OPTIONS = RunOptions("cpu", "tiny")


@pytest.fixture(scope="module")
def legs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Volume, Path]:
    volume = simulate_limb(LEGS, 5).volume
    path = tmp_path_factory.mktemp("legs") / "legs.nrrd"
    write_exchange(volume.voxels, volume.geometry, path)
    return volume, path


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_tiny_model(tmp_path / "models")
    monkeypatch.setenv("ORTHOAI_MODELS", str(tmp_path / "models"))
    return tmp_path / "models" / "tiny"


@pytest.fixture
def client(models: Path, open_client: Callable[..., WorkerClient]) -> WorkerClient:
    return open_client(worker_command(), worker_environment())


def same(first: Result, second: Result) -> bool:
    return (
        np.array_equal(first.segmentation, second.segmentation)
        and first.boxes == second.boxes
        and first.findings == second.findings
        and first.geometry.matches(second.geometry)
    )


def test_the_worker_finds_what_the_task_finds_and_loads_its_networks_once(
    client: WorkerClient, models: Path, legs: tuple[Volume, Path], tmp_path: Path
) -> None:
    volume, path = legs
    asked = request("femur", path, tmp_path / "out", options=OPTIONS, modality="CT")
    finished = outcome(client, asked)
    assert isinstance(finished, Finished)
    first = read_result(finished.folder)
    direct = get_task("femur").run(read_volume(path), OPTIONS, Progress())
    assert same(first, direct) and first.segmentation.any()
    assert first.geometry.matches(volume.geometry)
    assert sorted(finished.extents) == sorted(int(value) for value in np.unique(first.segmentation) if value)
    # A second run that read the weights again would refuse these.
    for weights in ("segmenter.safetensors", "detector.onnx"):
        (models / weights).write_bytes(b"damaged")
    assert isinstance(outcome(client, replace(asked, output=tmp_path / "second")), Finished)
    assert same(read_result(tmp_path / "second"), first)
    with pytest.raises(InputError, match="damaged"):
        load_engines(OPTIONS, warm=WarmCache())


def test_an_approved_case_is_exported_by_the_worker(
    client: WorkerClient, legs: tuple[Volume, Path], tmp_path: Path
) -> None:
    volume, path = legs
    result = get_task("femur").run(read_volume(path), OPTIONS, Progress())
    review = Review(result, Verdict.APPROVED, "", "a reader", 3.0, 1, (), "2026-01-01T00:00:00Z")
    save_case(tmp_path / "set", replace(volume, source=result.source), review)
    job = client.export(WorkerExport(tmp_path / "set", ("monai", "yolo-detect"), tmp_path / "exports"))
    finished = ending(client, job)
    assert finished == Finished(job, tmp_path / "exports")
    assert {folder.name for folder in (tmp_path / "exports").iterdir()} == {"monai", "yolo-detect"}
    (datalist,) = (tmp_path / "exports" / "monai").glob("*.json")
    assert json.loads(datalist.read_text())


def test_an_unknown_format_is_refused_before_anything_is_written(client: WorkerClient, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    job = client.export(WorkerExport(tmp_path / "set", ("monai", "no-such-format"), tmp_path / "exports"))
    failed = ending(client, job)
    assert isinstance(failed, Failed) and failed.kind is FailureKind.INPUT and "no-such-format" in failed.message
    assert not (tmp_path / "exports").exists()
