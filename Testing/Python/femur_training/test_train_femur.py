"""`orthoai train femur`: cases in, a model folder out that the store accepts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from orthoai.cli.main import main
from orthoai.models.store import ModelStore
from orthoai.segment.network import SegmenterSpec, build, load_weights
from orthoai_training.dataset import Split
from orthoai_training.femur import recipes
from orthoai_training.femur.request import TrainRequest
from orthoai_training.femur.segmenter.crop_store import open_crops
from orthoai_training.femur.start import FemurStart
from orthoai_training.femur.train import train_femur
from train_fakes import fake_detector

pytestmark = pytest.mark.usefixtures("quick")


def test_a_run_ends_with_a_model_that_the_store_verifies(first: Path) -> None:
    model = ModelStore((first.parent,)).verify("femur_two_stage")
    card = model.metadata
    assert card.task == "femur"
    assert card.labels == {1: "femur_left", 2: "femur_right"}
    assert card.networks["detector"].settings["labels"] == ["femur_left", "femur_right"]
    assert card.training["recipe"] == "compact"
    assert card.training["data"]["train_cases"] == 2
    assert card.training["data"]["simulated_train_cases"] == 2
    assert card.training["data"]["seed"] == 4
    assert card.metrics["detector"] == {"map50": 0.5}
    assert 0 <= card.metrics["segmenter"]["best_dice"] <= 1
    assert "AGPL-3.0" in card.license
    assert set(card.libraries) == {"monai_version", "pytorch_version", "numpy_version"}
    # Inference needs nothing but the card and the file.
    network = card.networks["segmenter"]
    spec = SegmenterSpec.from_metadata(network.to_json())
    assert spec.patch == (24, 24, 24) and spec.init_filters == 8
    load_weights(build(spec), model.weights("segmenter"))


def test_the_page_names_data_recipe_metrics_and_licenses(first: Path) -> None:
    page = (first / "README.md").read_text()
    for expected in (
        "AGPL-3.0",
        "Visible Human lower-limb surfaces, I. Devold et al., muscle-growth repository, CC BY 4.0",
        "libhip",
        "| train_cases | 2 |",
        "Recipe `compact`",
        "| map50 | 0.5 |",
        "| learning_rate | 0.01 |",
        "not a medical device",
    ):
        assert expected in page


@pytest.mark.usefixtures("unlearned")
def test_parts_trained_one_by_one_become_models_when_they_are_complete(cases: Path, tmp_path: Path) -> None:
    request = TrainRequest(tmp_path / "out", data=cases, device="cpu")
    assert train_femur(replace(request, only="segmenter")) == []
    assert [f.name for f in train_femur(replace(request, only="single-stage"))] == ["femur_single_stage"]
    made = train_femur(replace(request, only="detector"), train_detector=fake_detector)
    assert [f.name for f in made] == ["femur_two_stage", "femur_single_stage"]
    single = ModelStore((made[0].parent,)).verify("femur_single_stage").metadata
    assert list(single.networks) == ["segmenter"] and single.license == "Apache-2.0"
    assert [f.name for f in train_femur(replace(request, only="transunet"))][-1] == "femur_transunet"


@pytest.mark.usefixtures("unlearned")
def test_each_part_keeps_the_recipe_it_was_trained_by(
    cases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compact = recipes.RECIPES["compact"]
    large = replace(compact.detector, image_size=2 * compact.detector.image_size)
    deep = replace(compact.segmenter, init_filters=16)
    monkeypatch.setitem(recipes.RECIPES, "paper", replace(compact, name="paper", detector=large, segmenter=deep))
    request = TrainRequest(tmp_path / "out", data=cases, device="cpu")
    train_femur(replace(request, only="detector", recipe="paper"), train_detector=fake_detector)
    train_femur(replace(request, only="segmenter"))
    (folder, _) = train_femur(replace(request, only="transunet", recipe="paper"))
    card = ModelStore((folder.parent,)).verify("femur_two_stage").metadata
    assert card.training["recipe"] == "compact and paper"
    assert card.networks["detector"].settings["image_size"] == large.image_size
    assert card.training["segmenter"]["init_filters"] == compact.segmenter.init_filters
    network = card.networks["segmenter"]
    load_weights(build(SegmenterSpec.from_metadata(network.to_json())), folder / network.file)


@pytest.mark.usefixtures("unlearned")
def test_a_part_of_an_older_version_has_the_recipe_of_the_call(cases: Path, tmp_path: Path) -> None:
    request = TrainRequest(tmp_path / "out", data=cases, device="cpu")
    train_femur(replace(request, only="detector"), train_detector=fake_detector)
    file = tmp_path / "out" / "detector" / "part.json"
    content = json.loads(file.read_text())
    del content["recipe"]
    file.write_text(json.dumps(content))
    (folder,) = train_femur(replace(request, only="segmenter"))
    card = ModelStore((folder.parent,)).verify("femur_two_stage").metadata
    assert card.training["recipe"] == "compact"
    assert card.networks["detector"].settings["image_size"] == recipes.COMPACT.detector.image_size


@pytest.mark.usefixtures("unlearned", "rods_for_limbs")
def test_the_segmenter_alone_needs_no_coarse_cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    request = TrainRequest(
        tmp_path / "out", simulate=3, only="segmenter", device="cpu", start="femur_two_stage", seed=7
    )
    monkeypatch.setattr(FemurStart, "weights_for", lambda start, recipe: None)  # Of a network as tiny as this test's.
    (folder,) = train_femur(request)
    said = ModelStore((folder.parent,)).get("femur_two_stage").metadata.training["data"]
    assert (said["simulated_scans"], said["seed"], "train_cases" in said) == (3, 7, False)
    assert not (tmp_path / "out" / "cases").exists()
    assert len({crop.name[:9] for crop in open_crops(tmp_path / "out" / "crops", "train")}) == 2


@pytest.mark.usefixtures("unlearned")
def test_the_test_cases_of_a_split_are_never_cut(cases: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    Split(0, ("a",), ("b",), ("c",)).save(out / "split.json")
    train_femur(TrainRequest(out, data=cases, only="segmenter", device="cpu"))
    assert sorted({folder.name[0] for folder in (out / "crops").rglob("*_femur_*")}) == ["a", "b"]


def test_the_command_trains_and_says_what_is_missing(
    cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", "femur", "--only", "segmenter", "--device", "cpu", "-o", str(tmp_path / "out")]
    assert main([*words, "--data", str(cases)]) == 0
    said = capsys.readouterr().err
    assert "validation Dice" in said and "once it holds a detector" in said
    assert main([*words, "--data", str(tmp_path / "nothing")]) == 2
    assert main([*words, "--data", str(cases), "--minutes", "0", "--resume"]) == 2
    assert "above 0" in capsys.readouterr().err
