"""A later call neither loses what a training left, nor goes on with it on other data."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from shutil import copytree, rmtree

import pytest
from orthoai.errors import Canceled, InputError
from orthoai.progress import Progress
from orthoai_training.detector import ultralytics_engine
from orthoai_training.femur import recipes
from orthoai_training.femur.request import DETECTOR, TrainRequest
from orthoai_training.femur.train import train_femur

pytestmark = pytest.mark.usefixtures("quick")


def test_an_earlier_run_is_neither_overwritten_nor_lost(cases: Path, tmp_path: Path) -> None:
    request = TrainRequest(tmp_path / "out", data=cases, only="segmenter", device="cpu")
    train_femur(request)
    before = (tmp_path / "out" / "segmenter" / "segmenter.safetensors").read_bytes()
    with pytest.raises(InputError, match="segmenter already holds a training run: add --resume"):
        train_femur(request)
    train_femur(replace(request, resume=True))
    assert (tmp_path / "out" / "segmenter" / "segmenter.safetensors").read_bytes() == before


def stop(name: str) -> Progress:
    """Cancels the stage ``name``."""
    reached = []
    return Progress(lambda stage, *_: reached.append(stage), lambda: name in reached)


@pytest.mark.usefixtures("unlearned")
@pytest.mark.parametrize("resume", [False, True])
def test_what_a_canceled_run_leaves_never_mixes_with_other_cases(cases: Path, tmp_path: Path, resume: bool) -> None:
    request = TrainRequest(tmp_path / "out", data=cases, only="segmenter", device="cpu")
    with pytest.raises(Canceled):
        train_femur(request, stop("crops"))
    others = copytree(cases, tmp_path / "others" / cases.name)
    with pytest.raises(InputError, match="begun with other --data"):
        train_femur(replace(request, data=others, resume=resume))
    assert train_femur(request) == []


@pytest.mark.usefixtures("unlearned", "rods_for_limbs")
def test_a_canceled_simulation_goes_on_with_the_same_seed_alone(tmp_path: Path) -> None:
    request = TrainRequest(tmp_path / "out", simulate=2, only="segmenter", device="cpu", seed=1)
    with pytest.raises(Canceled):
        train_femur(request, stop("simulate"))
    for changes in ({"seed": 2}, {"simulate": 3}):
        with pytest.raises(InputError, match=r"begun with other .* --seed"):
            train_femur(replace(request, **changes))
    assert train_femur(request) == []
    assert not (tmp_path / "out" / "split.json").exists()


def test_a_detector_goes_on_with_its_own_recipe_and_seed_alone(
    cases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*args: object, **options: object) -> None:
        raise Canceled

    monkeypatch.setattr(ultralytics_engine, "train", stopped)
    request = TrainRequest(tmp_path / "out", data=cases, only=DETECTOR, device="cpu")
    with pytest.raises(Canceled):
        train_femur(request)
    again, folder = replace(request, resume=True), tmp_path / "out" / DETECTOR
    pictures = {path: path.read_bytes() for path in folder.rglob("*.png")}
    # An earlier version noted the recipe in its last file alone.
    recipe = asdict(recipes.RECIPES["compact"].detector)
    for noted in (folder / "request.json", folder / ultralytics_engine.SUMMARY):
        noted.write_text(json.dumps({"recipe": recipe, "seed": 0}))
        for changes in ({"recipe": "paper"}, {"seed": 1}):
            with pytest.raises(InputError, match="begun with other --recipe or --seed"):
                train_femur(replace(again, **changes))
        with pytest.raises(Canceled):
            train_femur(again)
        (folder / "request.json").unlink()
    assert pictures and pictures == {path: path.read_bytes() for path in folder.rglob("*.png")}


@pytest.mark.usefixtures("unlearned")
def test_a_mistyped_folder_claims_nothing(cases: Path, tmp_path: Path) -> None:
    request = TrainRequest(tmp_path / "out", data=tmp_path / "case", only="segmenter", device="cpu")
    with pytest.raises(InputError, match="no folder"):
        train_femur(request)
    assert train_femur(replace(request, data=cases)) == []


@pytest.mark.usefixtures("unlearned")
def test_a_data_set_that_changed_is_told(cases: Path, tmp_path: Path) -> None:
    cases = copytree(cases, tmp_path / "cases")
    request = TrainRequest(tmp_path / "out", data=cases, only="segmenter", device="cpu")
    train_femur(request)
    again = replace(request, resume=True)
    copytree(cases / "a", cases / "d")
    with pytest.raises(InputError, match=r"has grown since .* \(d is new\)"):
        train_femur(again)
    rmtree(cases / "d")
    (cases / "b").rename(tmp_path / "b")
    with pytest.raises(InputError, match=r"Case b of .* is missing"):
        train_femur(again)
