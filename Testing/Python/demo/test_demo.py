"""``orthoai demo`` from the simulated CT to the printed Dice, with tiny networks, in real processes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from orthoai.cli.exits import BAD_INPUT, DONE
from orthoai.cli.main import main
from orthoai.geometry import Geometry
from orthoai.io.read import read_volume
from orthoai.io.write import write_labels
from orthoai.models.store import ROOTS_VARIABLE
from orthoai.tasks import get_task
from orthoai_training import demo
from orthoai_training.dataset import CaseFolder
from orthoai_training.demo import SAMPLES, dice_against_truth
from tiny_model import write_tiny_model

GRID = Geometry(shape=(4, 5, 6))


@pytest.fixture
def tiny_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store whose model of the task is quick, and a sample of few voxels."""
    root = tmp_path / "models"
    write_tiny_model(root, get_task("femur").default_model)
    monkeypatch.setenv(ROOTS_VARIABLE, str(root))
    monkeypatch.setitem(SAMPLES, "femur", ("--field", "thighs", "--spacing", "6", "6", "8", "--metal", "0"))
    return root


def test_the_demo_replaces_a_former_one_and_says_where_all_is_and_how_good(
    tiny_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "demo"
    out.mkdir()
    former = {"schema_version": 1, "task": "femur", "provenance": {}, "files": ["stale.txt"]}
    (out / "result.json").write_text(json.dumps(former))
    (out / "stale.txt").write_text("of the former demo")
    assert main(["demo", "-o", str(out), "--seed", "2"]) == DONE
    said = capsys.readouterr().out
    assert {"input", "result.json", "segmentation.nii.gz", "report.html"} <= {path.name for path in out.iterdir()}
    assert not {"stale.txt", "run", "cases"} & {path.name for path in out.iterdir()}
    for name in ("input/image.nii.gz", "segmentation.nii.gz", "report.html"):
        assert str(out / name) in said
    image, labels = CaseFolder(out / "input").load()
    mask = read_volume(out / "segmentation.nii.gz")
    assert mask.geometry.matches(image.geometry)
    assert set(np.unique(labels.voxels)) == {0, 1, 2}
    assert CaseFolder(out / "input").meta["seed"] == 200_000
    assert json.loads((out / "result.json").read_text())["task"] == "femur"
    assert "Dice against the known truth of this simulated CT: femur_left 0." in said
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_folder_that_is_no_demo_is_left_alone(
    tiny_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "demo"
    out.mkdir()
    (out / "holiday.jpg").write_text("picture")
    assert main(["demo", "-o", str(out)]) == BAD_INPUT
    assert "holds other files" in capsys.readouterr().err
    assert [path.name for path in out.iterdir()] == ["holiday.jpg"]


def test_a_simulation_that_fails_ends_the_demo_and_leaves_nothing(
    tiny_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SAMPLES, "femur", ("--field", "moon"))
    with pytest.raises(SystemExit) as ended:
        main(["demo", "-o", str(tmp_path / "demo")])
    assert ended.value.code == BAD_INPUT
    assert [path.name for path in tmp_path.iterdir()] == ["models"]


def test_an_unknown_task_or_seed_is_refused_in_a_sentence(
    tiny_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "brain", "-o", str(tmp_path / "demo")]) == BAD_INPUT
    assert "brain" in capsys.readouterr().err
    assert main(["demo", "-o", str(tmp_path / "demo"), "--seed", "-3"]) == BAD_INPUT
    assert "--seed" in capsys.readouterr().err


def test_a_missing_model_is_told_before_the_simulation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("orthoai.models.store.SHIPPED_ROOT", tmp_path / "none")
    monkeypatch.delenv(ROOTS_VARIABLE, raising=False)
    monkeypatch.setattr(demo, "sample_case", lambda *rest: pytest.fail("simulated without a model"))
    assert main(["demo", "-o", str(tmp_path / "demo")]) == BAD_INPUT
    assert get_task("femur").default_model in capsys.readouterr().err


def test_dice_is_twice_the_overlap_over_both_for_each_femur_that_is_there(tmp_path: Path) -> None:
    truth, found = np.zeros(GRID.shape, np.uint8), np.zeros(GRID.shape, np.uint8)
    truth[0, 0, :4] = 1
    found[0, 0, 2:6] = 1
    write_labels(truth, GRID, tmp_path / "labels.nii.gz")
    write_labels(found, GRID, tmp_path / "mask.nii.gz")
    assert dice_against_truth(tmp_path / "mask.nii.gz", CaseFolder(tmp_path)) == {"femur_left": 0.5}
