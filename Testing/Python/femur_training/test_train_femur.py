"""`orthoai train femur`: cases in, a model folder out that the store accepts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from shutil import copytree, rmtree

import numpy as np
import pytest
from orthoai.cli.main import main
from orthoai.errors import Canceled, InputError
from orthoai.geometry import Geometry
from orthoai.io.write import write_labels, write_volume
from orthoai.models.store import ModelStore
from orthoai.progress import Progress
from orthoai.segment.network import SegmenterSpec, build, load_weights
from orthoai.volume import Volume
from orthoai_training.dataset import CaseFolder, Split
from orthoai_training.detector import ultralytics_engine
from orthoai_training.detector.recipe import DetectorRecipe
from orthoai_training.femur import recipes, simulate, train_command
from orthoai_training.femur.part import Part
from orthoai_training.femur.recipes import SegmenterRecipe
from orthoai_training.femur.request import DETECTOR, SEGMENTERS, TrainRequest
from orthoai_training.femur.segmenter.crop_store import open_crops
from orthoai_training.femur.start import FemurStart
from orthoai_training.femur.train import train_femur
from orthoai_training.train.blend import SHARE
from orthoai_training.train.credits import credits_for
from safetensors.numpy import load_file

CASES = ("a", "b", "c")


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """Three cases with two rods each; their case.json names the shapes they were made from."""
    geometry = Geometry((36, 30, 60), (1.0, 1.0, 1.0))
    k, j, i = np.mgrid[:36, :30, :60]
    for number, name in enumerate(CASES):
        labels = np.zeros(geometry.shape, np.uint8)
        long = (k > 3) & (k < 32)
        labels[long & ((j - 15) ** 2 + (i - 44 + number) ** 2 < 36)] = 1
        labels[long & ((j - 15) ** 2 + (i - 16 + number) ** 2 < 36)] = 2
        folder = tmp_path / "cases" / name
        folder.mkdir(parents=True)
        hu = np.where(labels > 0, 400, 40).astype(np.int16)
        write_volume(Volume(hu, geometry, "CT"), folder / "image.nii.gz")
        write_labels(labels, geometry, folder / "labels.nii.gz")
        meta = {"seed": number, "shapes": [f"libhip/femur_{name}"]}
        (folder / "case.json").write_text(json.dumps(meta))
    return tmp_path / "cases"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tiny: SegmenterRecipe) -> None:
    """A compact recipe of three steps."""
    short = replace(tiny, epochs=1, steps_per_epoch=3)
    recipe = replace(
        recipes.COMPACT,
        segmenter=short,
        single_stage=replace(short, whole_volume=True),
        transunet=replace(short, architecture="transunet", patch=(32, 32, 32)),
    )
    monkeypatch.setitem(recipes.RECIPES, "compact", recipe)


def fake_detector(
    request: TrainRequest,
    recipe: DetectorRecipe,
    cases: Sequence[CaseFolder],
    split: Split,
    progress: Progress,
    first: Path | None,
) -> Part:
    """Stands in for hours of YOLO: some bytes and a figure."""
    file = request.out / DETECTOR / "detector.onnx"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"onnx" + (first.read_bytes() if first else b""))
    return Part(file, recipe, {"map50": 0.5})


def test_a_run_ends_with_a_model_that_the_store_verifies(cases: Path, tmp_path: Path) -> None:
    request = TrainRequest(tmp_path / "out", data=cases, shapes=(Path("meshes/vhm_lowerlimb"),), device="cpu", seed=4)
    folders = train_femur(request, train_detector=fake_detector)
    assert [folder.name for folder in folders] == ["femur_two_stage"]
    model = ModelStore((folders[0].parent,)).verify("femur_two_stage")
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


def test_the_page_names_data_recipe_metrics_and_licenses(cases: Path, tmp_path: Path) -> None:
    request = TrainRequest(tmp_path / "out", data=cases, shapes=(Path("meshes/vhm_lowerlimb"),), device="cpu")
    page = (train_femur(request, train_detector=fake_detector)[0] / "README.md").read_text()
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


def test_parts_trained_one_by_one_become_models_when_they_are_complete(cases: Path, tmp_path: Path) -> None:
    request = TrainRequest(tmp_path / "out", data=cases, device="cpu")
    assert train_femur(replace(request, only="segmenter")) == []
    assert [f.name for f in train_femur(replace(request, only="single-stage"))] == ["femur_single_stage"]
    made = train_femur(replace(request, only="detector"), train_detector=fake_detector)
    assert [f.name for f in made] == ["femur_two_stage", "femur_single_stage"]
    single = ModelStore((made[0].parent,)).verify("femur_single_stage").metadata
    assert list(single.networks) == ["segmenter"] and single.license == "Apache-2.0"
    assert [f.name for f in train_femur(replace(request, only="transunet"))][-1] == "femur_transunet"


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


def test_training_goes_on_from_a_model_and_takes_over_its_detector(cases: Path, tmp_path: Path) -> None:
    first = train_femur(
        TrainRequest(tmp_path / "first", data=cases, device="cpu", shapes=(Path("meshes/vhm_lowerlimb"),)),
        train_detector=fake_detector,
    )[0]
    request = TrainRequest(tmp_path / "second", data=cases, only="segmenter", device="cpu", start=str(first))
    (second,) = train_femur(request)
    old, new = (ModelStore((folder.parent,)).verify("femur_two_stage") for folder in (first, second))
    assert new.sha256["detector"] == old.sha256["detector"]
    assert new.sha256["segmenter"] != old.sha256["segmenter"]
    assert new.metadata.training["detector"] == old.metadata.training["detector"]
    assert new.metadata.training["data"]["started_from"]["segmenter_sha256"] == old.sha256["segmenter"]
    # Who made the first model possible made the second possible.
    assert set(old.metadata.attribution) <= set(new.metadata.attribution)
    assert any("Devold" in line for line in new.metadata.attribution)


def test_a_detector_goes_on_from_a_model_and_takes_over_its_segmenter(cases: Path, tmp_path: Path) -> None:
    first = train_femur(TrainRequest(tmp_path / "first", data=cases, device="cpu"), train_detector=fake_detector)[0]
    request = TrainRequest(tmp_path / "second", data=cases, only="detector", device="cpu", start=str(first))
    (second,) = train_femur(request, train_detector=fake_detector)
    old, new = (ModelStore((folder.parent,)).verify("femur_two_stage") for folder in (first, second))
    assert new.sha256["segmenter"] == old.sha256["segmenter"]
    assert new.weights("detector").read_bytes() == b"onnx" + old.weights("detector").read_bytes()
    assert new.metadata.training["segmenter"] == old.metadata.training["segmenter"]
    lineage = new.metadata.training["data"]["started_from"]
    assert {role: lineage[f"{role}_sha256"] for role in old.sha256} == old.sha256
    assert "detector_started_from" not in new.metadata.training["data"]


def test_both_networks_go_on_each_from_its_own_model(cases: Path, tmp_path: Path) -> None:
    first, other = (
        train_femur(TrainRequest(tmp_path / name, data=cases, device="cpu", seed=seed), train_detector=fake_detector)[0]
        for seed, name in enumerate(("first", "other"))
    )
    request = TrainRequest(tmp_path / "second", data=cases, only="segmenter", device="cpu", start=str(first))
    train_femur(request)
    (folder,) = train_femur(replace(request, only="detector", start=str(other)), train_detector=fake_detector)
    said = ModelStore((folder.parent,)).verify("femur_two_stage").metadata.training["data"]
    assert said["started_from"]["data"]["seed"] == 0 and "detector_sha256" not in said["started_from"]
    assert said["detector_started_from"]["data"]["seed"] == 1


def test_a_blend_lies_between_the_weights_before_and_after(cases: Path, tmp_path: Path) -> None:
    first = train_femur(TrainRequest(tmp_path / "first", data=cases, device="cpu"), train_detector=fake_detector)[0]
    request = TrainRequest(tmp_path / "second", data=cases, only="segmenter", device="cpu", start=str(first))
    weights = {}
    for share in (1.0, 0.25):
        (folder,) = train_femur(replace(request, blend=share, resume=True))
        model = ModelStore((folder.parent,)).verify("femur_two_stage")
        weights[share] = load_file(model.weights("segmenter"))
        assert model.metadata.metrics["segmenter"].get(SHARE, 1.0) == share
    before = load_file(first / "segmenter.safetensors")
    assert any(not np.allclose(before[name], after, atol=0.01) for name, after in weights[1.0].items())
    for name, after in weights[1.0].items():
        assert np.allclose(weights[0.25][name], 0.75 * before[name] + 0.25 * after, atol=2e-3)


def test_a_later_call_from_a_model_changes_no_card_of_what_began_from_nothing(cases: Path, tmp_path: Path) -> None:
    first = train_femur(TrainRequest(tmp_path / "first", data=cases, device="cpu"), train_detector=fake_detector)[0]
    request = TrainRequest(tmp_path / "second", data=cases, only="single-stage", device="cpu")
    train_femur(request)
    made = train_femur(replace(request, only="segmenter", start=str(first)))
    cards = {folder.name: ModelStore((folder.parent,)).get(folder.name).metadata for folder in made}
    assert "started_from" in cards["femur_two_stage"].training["data"]
    assert "started_from" not in cards["femur_single_stage"].training["data"]


def test_a_model_of_another_size_is_no_start(cases: Path, tmp_path: Path, tiny: SegmenterRecipe) -> None:
    request = TrainRequest(tmp_path / "out", data=cases, only="segmenter", device="cpu", start="femur_two_stage")
    with pytest.raises(InputError, match="another network"):
        train_femur(request)


def test_a_transunet_begins_from_nothing_and_takes_over_the_detector(
    cases: Path, tmp_path: Path, tiny: SegmenterRecipe
) -> None:
    request = TrainRequest(tmp_path / "out", data=cases, only="transunet", device="cpu", start="femur_two_stage")
    (folder,) = train_femur(request)
    made, shipped = ModelStore((folder.parent,)).verify("femur_transunet"), ModelStore.default().get("femur_two_stage")
    assert made.network("detector").sha256 == shipped.network("detector").sha256
    lineage = made.metadata.training["data"]["started_from"]
    assert lineage["detector_sha256"] == shipped.network("detector").sha256
    assert "segmenter_sha256" not in lineage


def test_the_segmenter_alone_needs_no_coarse_cases(
    tmp_path: Path, tiny: SegmenterRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulate, "CROP_SCANS", (("femur", (5.0, 5.0, 6.0)),))
    first = TrainRequest(tmp_path / "out", simulate=3, only="segmenter", device="cpu", start="femur_two_stage", seed=7)
    monkeypatch.setattr(FemurStart, "weights_for", lambda start, recipe: None)  # Of a network as tiny as this test's.
    (folder,) = train_femur(first)
    said = ModelStore((folder.parent,)).get("femur_two_stage").metadata.training["data"]
    assert (said["simulated_scans"], said["seed"], "train_cases" in said) == (3, 7, False)
    assert not (tmp_path / "out" / "cases").exists()
    assert len({crop.name[:9] for crop in open_crops(tmp_path / "out" / "crops", "train")}) == 2


def test_the_test_cases_of_a_split_are_never_cut(cases: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    Split(0, ("a",), ("b",), ("c",)).save(out / "split.json")
    train_femur(TrainRequest(out, data=cases, only="segmenter", device="cpu"))
    assert sorted({folder.name[0] for folder in (out / "crops").rglob("*_femur_*")}) == ["a", "b"]


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


@pytest.mark.parametrize("resume", [False, True])
def test_what_a_canceled_run_leaves_never_mixes_with_other_cases(cases: Path, tmp_path: Path, resume: bool) -> None:
    request = TrainRequest(tmp_path / "out", data=cases, only="segmenter", device="cpu")
    with pytest.raises(Canceled):
        train_femur(request, stop("crops"))
    others = copytree(cases, tmp_path / "others" / cases.name)
    with pytest.raises(InputError, match="begun with other --data"):
        train_femur(replace(request, data=others, resume=resume))
    assert train_femur(request) == []


def test_a_canceled_simulation_goes_on_with_the_same_seed_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulate, "CROP_SCANS", (("femur", (5.0, 5.0, 6.0)),))
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


def test_a_mistyped_folder_claims_nothing(cases: Path, tmp_path: Path) -> None:
    request = TrainRequest(tmp_path / "out", data=tmp_path / "case", only="segmenter", device="cpu")
    with pytest.raises(InputError, match="no folder"):
        train_femur(request)
    assert train_femur(replace(request, data=cases)) == []


def test_a_data_set_that_changed_is_told(cases: Path, tmp_path: Path) -> None:
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


def test_bad_requests_are_told() -> None:
    for changes, sentence in (
        ({}, "either --data"),
        ({"data": Path("x"), "simulate": 3}, "either --data"),
        ({"simulate": 0}, "At least one case"),
        ({"simulate": 1, "only": "unet"}, "choose detector, segmenter"),
        ({"simulate": 1, "minutes": -1.0}, "above 0"),
    ):
        with pytest.raises(InputError, match=sentence):
            TrainRequest(Path("out"), **changes)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="choose one of paper, compact"):
        recipes.get_recipe("fast")


def test_minutes_are_shared_between_detector_and_segmenter() -> None:
    both = TrainRequest(Path("out"), simulate=1, minutes=60)
    assert both.minutes_for("detector") == pytest.approx(18)
    assert both.minutes_for("segmenter") == pytest.approx(42)
    assert replace(both, only="segmenter").minutes_for("segmenter") == 60
    assert replace(both, minutes=None).minutes_for("segmenter") is None


def test_the_command_offers_what_there_is() -> None:
    assert set(train_command.RECIPE_NAMES) == set(recipes.RECIPES)
    assert set(train_command.PART_NAMES) == {DETECTOR, *SEGMENTERS}


def test_the_paper_recipe_has_the_numbers_of_tables_2_and_3() -> None:
    paper = recipes.PAPER
    assert (paper.detector.epochs, paper.detector.batch, paper.detector.workers) == (120, 32, 4)
    stage_2 = paper.segmenter
    assert (stage_2.epochs, stage_2.batch, stage_2.patch) == (300, 4, (160, 160, 160))
    assert (stage_2.spacing_mm, stage_2.intensity_range_hu) == ((1.0, 1.0, 1.0), (-100.0, 500.0))
    assert (stage_2.blocks_down, stage_2.blocks_up, stage_2.init_filters) == ((1, 2, 2, 4), (1, 1, 1), 16)
    assert (stage_2.dropout, stage_2.loss, stage_2.validate_every) == (0.2, "dice", 5)
    assert (paper.validation_share, paper.test_share) == (0.08, 0.07)


def test_credits_name_each_maker_once() -> None:
    lines = credits_for(["meshes/vhf_lowerlimb", "vhm_lowerlimb/tibia", "own/femur", "libhip/femur_1"])
    assert len(lines) == 2
    assert "Devold" in lines[0] and "libhip" in lines[1]
    lines = credits_for(["data/tptbox_ct/sub-ct.nii.gz", "ts_example"])
    assert len(lines) == 2
    assert "TotalSegmentator" in lines[0] and "TPTBox" in lines[1]
