"""A training ends with a model that runs, and the next one goes on from it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from orthoai.errors import InputError
from orthoai.models.onnx_network import OnnxNetwork
from orthoai.models.store import SHIPPED_ROOT, Model, ModelStore
from orthoai.tasks import RunOptions
from orthoai.tasks.disc.engines import load_engines
from orthoai.tasks.disc.segment import OUTPUT
from orthoai_training.disc import assemble
from orthoai_training.disc.assemble import detector_model, grader_model, segmenter_model
from orthoai_training.disc.classification.batches import plain_batch
from orthoai_training.disc.classification.graded_discs import graded_discs
from orthoai_training.disc.classification.recipe import COMPACT as GRADER
from orthoai_training.disc.classification.request import GraderRequest
from orthoai_training.disc.classification.train import train_graders
from orthoai_training.disc.detection.dataset import Stage
from orthoai_training.disc.detection.request import DetectorRequest
from orthoai_training.disc.detection.train import TrainedStage
from orthoai_training.disc.segmentation.export import export_segmenter
from orthoai_training.disc.segmentation.recipe import SliceRecipe
from orthoai_training.disc.segmentation.request import SegmenterRequest
from orthoai_training.disc.segmentation.slices import LabeledSlices, crop_batches
from orthoai_training.disc.segmentation.trainer import SegmenterRun, SliceLesson
from orthoai_training.half_onnx import stored_weights
from orthoai_training.learning.first_weights import FROM_MODEL
from orthoai_training.learning.run_folder import START_DICE
from orthoai_training.train.blend import SHARE

SLICES = SliceRecipe(crop=(64, 64), batch=4, epochs=1, warmup_steps=0)
CROPS = replace(GRADER, epochs=1, batch=4)


@pytest.fixture(scope="module")
def shipped() -> Model:
    return ModelStore((SHIPPED_ROOT,)).get("lumbar_disc")


def opened(folder: Path | None) -> Model:
    assert folder is not None
    return ModelStore.default().get(str(folder))


def test_segmenter_then_classifiers_leave_one_model_that_loads(spider, tmp_path, shipped):
    first = segmenter_model(SegmenterRequest(spider, tmp_path / "a", recipe=SLICES, device="cpu"))
    assert first.told == {"compact": "from scratch"} and first.model == tmp_path / "a" / "model"
    start = str(first.model)
    second = grader_model(GraderRequest(spider, tmp_path / "b", members=2, recipe=CROPS, device="cpu", start=start))
    model = opened(second.model)
    model.verify()
    assert model.weights("segmenter").read_bytes() == (tmp_path / "a/compact/segmenter.onnx").read_bytes()
    assert model.weights("classifier_1").read_bytes() == (tmp_path / "b/compact-1/classifier.onnx").read_bytes()
    assert model.weights("lumbar").read_bytes() == shipped.weights("lumbar").read_bytes()
    card = model.metadata
    assert card.training["segmenter"]["data"]["train_cases"] == 1 and "started_from" not in card.training["segmenter"]
    assert card.training["classifier"]["started_from"]["sha256"] == shipped.network("classifier").sha256
    assert 0 < card.networks["classifier"].settings["herniation_threshold"] < 1
    engines = load_engines(RunOptions(model=start))
    assert engines.model_sha256["segmenter"] == model.network("segmenter").sha256


def test_what_is_only_measured_becomes_no_model(spider, tmp_path):
    for fold, roi in ((1, True), (None, False)):
        request = GraderRequest(spider, tmp_path / str(fold), fold=fold, roi=roi, recipe=CROPS, device="cpu")
        assert grader_model(request).model is None
        assert not (request.out / "model").exists()


def test_a_model_that_cannot_give_the_rest_is_told_before_the_training(spider, tmp_path):
    for name, sentence in (("nobody", "no model"), ("femur_two_stage", "choose one for disc")):
        request = SegmenterRequest(spider, tmp_path / "a", recipe=SLICES, device="cpu", start=name)
        with pytest.raises(InputError, match=sentence):
            segmenter_model(request)
    assert not (tmp_path / "a").exists()


def test_a_segmenter_goes_on_from_what_the_file_computes(tiny_volume, tmp_path, shipped):
    """By the pictures with whose statistics the normalizations were put back."""
    cases = [LabeledSlices.of(tiny_volume())]
    recipe = replace(SLICES, crop=(96, 64))
    file = shipped.weights("segmenter")
    lesson = SliceLesson(SegmenterRun(cases, (), recipe, tmp_path, device="cpu", first=file))
    pictures = next(crop_batches(cases, recipe, 0)).image
    with torch.no_grad():
        found = lesson.network.eval()(pictures)
    (wanted,) = OnnxNetwork(file)(pictures.numpy(), [OUTPUT])
    assert lesson.first_weights == FROM_MODEL
    np.testing.assert_allclose(found.numpy(), wanted, atol=0.02)


def test_classifiers_go_on_from_what_their_files_say(spider, tmp_path, shipped):
    """Without a step, the logits of the trained networks are those of the model's."""
    request = GraderRequest(
        spider, tmp_path / "run", members=2, recipe=replace(CROPS, epochs=0), device="cpu", start="lumbar_disc"
    )
    crops = plain_batch(graded_discs(request, request.split.part("train"), with_volumes=True)).crops
    for member, one in enumerate(train_graders(request).networks.values()):
        with torch.no_grad():
            found = one.network(crops)
        name = "classifier" if member == 0 else f"classifier_{member}"
        (wanted,) = OnnxNetwork(shipped.weights(name))(crops.numpy(), ["logits"])
        np.testing.assert_allclose(found.numpy(), wanted, atol=0.02)


def test_a_segmenter_that_is_gone_on_with_keeps_its_start(spider, tmp_path):
    request = SegmenterRequest(spider, tmp_path / "run", recipe=SLICES, device="cpu", start="lumbar_disc")
    assert segmenter_model(request).told == {"compact": FROM_MODEL}
    card = opened(request.out / "model").metadata
    assert card.training["segmenter"]["learning_rate"] == pytest.approx(SLICES.learning_rate / 10)
    assert {"best_dice", START_DICE} <= set(card.metrics["segmenter"]["validation cases"])
    with pytest.raises(InputError, match="begun with other --start"):
        segmenter_model(replace(request, start=None, resume=True))
    assert segmenter_model(replace(request, resume=True)).told == {"compact": FROM_MODEL}


@pytest.fixture
def detectors(tmp_path, monkeypatch):
    """Stands in for the training of detectors; what it is given to do is done while it trains."""
    files = tmp_path / "files"
    files.mkdir()
    meanwhile = []

    def fake(request, progress):
        (stage,) = request.stages
        if meanwhile:
            meanwhile.pop()()
        file = files / f"{stage.value}.onnx"
        file.write_text(stage.value)
        return {stage: TrainedStage(file, {"metrics/mAP50(B)": 0.5}, 3.0, 20, 4)}

    monkeypatch.setattr(assemble, "train_detectors", fake)
    return meanwhile


def test_detectors_of_one_folder_meet_in_its_model(detectors, tmp_path, shipped):
    for stage in Stage:
        outcome = detector_model(DetectorRequest(tmp_path, tmp_path / "run", (stage,)))
    model = opened(outcome.model)
    assert [model.weights(stage.value).read_text() for stage in Stage] == ["lumbar", "discs"]
    assert model.network("lumbar").settings == {"image_size": 320, "labels": ["lumbar"]}
    assert model.metadata.training["lumbar"]["data"]["simulated_patients"] == 70
    assert model.weights("segmenter").read_bytes() == shipped.weights("segmenter").read_bytes()
    text = json.dumps(model.metadata.to_json())
    assert str(tmp_path) not in text


def test_a_blended_segmenter_lies_between_the_weights_before_and_after(spider, tmp_path, shipped):
    request = SegmenterRequest(spider, tmp_path / "run", recipe=SLICES, device="cpu", start="lumbar_disc", blend=0.25)
    model = opened(segmenter_model(request).model)
    trained = export_segmenter("compact", request.out / "compact" / "weights.safetensors", tmp_path / "trained.onnx")
    before, after, found = (
        stored_weights(file) for file in (shipped.weights("segmenter"), trained, model.weights("segmenter"))
    )
    changed = [name for name in after if not np.array_equal(after[name], before[name])]
    assert len(changed) > 20
    for name in changed:
        np.testing.assert_allclose(found[name], 0.75 * before[name] + 0.25 * after[name], rtol=2e-3, atol=1e-4)
    assert model.metadata.training["segmenter"][SHARE] == 0.25
    with pytest.raises(InputError, match="nothing to blend with"):
        replace(request, start=None)


def test_a_start_without_what_the_folder_has_trained_is_refused_before_the_training(detectors, tmp_path):
    """The model of the second detector would have lost the first one, trained for an hour, without a word."""
    request = DetectorRequest(tmp_path, tmp_path / "run", (Stage.LUMBAR,), start="lumbar_disc")
    folder = detector_model(request).model
    second = replace(request, stages=(Stage.DISCS,))
    detectors.append(lambda: pytest.fail("trained"))
    with pytest.raises(InputError, match=r"another lumbar than --start.*give .*model to --start"):
        detector_model(second)
    detectors.clear()
    # The same detector may be gone on with, and the other one from the model that the folder holds.
    detector_model(replace(request, resume=True))
    model = opened(detector_model(replace(second, start=str(folder))).model)
    assert [model.weights(stage.value).read_text() for stage in Stage] == ["lumbar", "discs"]


def test_a_detector_that_ends_in_the_folder_meanwhile_is_kept(detectors, tmp_path):
    first, second = (DetectorRequest(tmp_path, tmp_path / "run", (stage,)) for stage in Stage)
    detectors.append(lambda: detector_model(first))
    model = opened(detector_model(second).model)
    assert [model.weights(stage.value).read_text() for stage in Stage] == ["lumbar", "discs"]


def test_a_place_with_other_files_is_told_before_the_training(detectors, tmp_path):
    request = DetectorRequest(tmp_path, tmp_path / "run", (Stage.LUMBAR,))
    (tmp_path / "run" / "model").mkdir(parents=True)
    notes = tmp_path / "run" / "model" / "notes.txt"
    notes.write_text("mine")
    detectors.append(lambda: pytest.fail("trained"))
    with pytest.raises(InputError, match="holds other files"):
        detector_model(request)
    assert notes.read_text() == "mine"


def test_a_damaged_model_in_the_folder_is_named(detectors, tmp_path):
    """Not the shipped one, which has the same name and which nobody needs to install again."""
    request = DetectorRequest(tmp_path, tmp_path / "run", (Stage.LUMBAR,))
    folder = detector_model(request).model
    (folder / "discs.onnx").write_text("cut short")
    with pytest.raises(InputError, match=r"run/model is no whole model of disc"):
        detector_model(replace(request, stages=(Stage.DISCS,)))
