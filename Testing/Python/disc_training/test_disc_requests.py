"""From folders laid out as the SPIDER sets to trained networks and their figures."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from orthoai.errors import Canceled, InputError
from orthoai.models.onnx_network import OnnxNetwork
from orthoai.progress import Progress
from orthoai.tasks.disc.classify import Classifier
from orthoai.tasks.disc.segment import SliceSegmenter
from orthoai.tasks.disc.session import Member
from orthoai_training.disc.classification.graded_discs import graded_discs
from orthoai_training.disc.classification.recipe import COMPACT as GRADER
from orthoai_training.disc.classification.request import GraderRequest
from orthoai_training.disc.classification.samples import picture_samples, whole_picture_samples
from orthoai_training.disc.classification.train import train_graders
from orthoai_training.disc.data.pictures import read_pictures
from orthoai_training.disc.data.split import fixed_split
from orthoai_training.disc.data.volumes import read_volumes
from orthoai_training.disc.measures import AS_IT_IS, DiscMeasureRequest, dice_by_look, grade_scores
from orthoai_training.disc.run_record import RunRecord
from orthoai_training.disc.segmentation.evaluate import LOOKS, evaluate_segmenter, table_of
from orthoai_training.disc.segmentation.pseudo import cleaned
from orthoai_training.disc.segmentation.recipe import SliceRecipe
from orthoai_training.disc.segmentation.request import SegmenterRequest
from orthoai_training.disc.segmentation.slices import IGNORED
from orthoai_training.disc.segmentation.train import train_segmenters


def test_what_is_written_is_read(spider, tiny_volume):
    (patient,) = fixed_split().test[:1]
    (case,) = read_volumes(spider, {patient})
    np.testing.assert_array_equal(case.image, tiny_volume(patient).image)
    np.testing.assert_array_equal(case.discs, tiny_volume(patient).discs)
    assert case.gradings[1].herniated and not case.gradings[2].herniated


def test_missing_sets_are_named(tmp_path):
    with pytest.raises(InputError, match="not the SPIDER set"):
        list(read_volumes(tmp_path, {1}))
    (tmp_path / "cases" / "disc-3f0c").mkdir(parents=True)
    (tmp_path / "cases" / "disc-3f0c" / "case.json").write_text('{"task": "disc", "verdict": "approved"}')
    with pytest.raises(InputError, match="holds reviewed cases, which are for training"):
        list(read_volumes(tmp_path, {1}))


@pytest.mark.parametrize("text", ["[1]", "null", "{}", '[{"name": "a"}]', '[{"id": "a"}, {"id": 1}]', "[" * 100_000])
def test_a_damaged_list_of_patients_is_named(spider, text):
    (spider / "spider_t2space_dev" / "cases.json").write_text(text)
    with pytest.raises(InputError, match="not the SPIDER set"):
        list(read_volumes(spider, {1}))


def test_segmenters_train_from_the_sets_and_are_measured(spider, tmp_path):
    recipe = SliceRecipe(crop=(64, 64), batch=2, epochs=2, warmup_steps=0, validate_every=4)
    request = SegmenterRequest(spider, tmp_path / "run", recipe=recipe, device="cpu")
    trained = train_segmenters(request)
    assert trained["compact"].metrics["validation_cases"] == 2
    file = tmp_path / "run" / "compact" / "segmenter.onnx"
    segmenter = SliceSegmenter([Member(OnnxNetwork(file, 1), 1.0)])
    found = dice_by_look(segmenter, DiscMeasureRequest(spider, "test"))
    assert list(found) == [AS_IT_IS, *LOOKS]
    assert found[AS_IT_IS].patients == fixed_split().test[:2]
    assert all(0 <= table.structures["mean"].mean <= 1 for table in found.values())
    json.dumps(found[AS_IT_IS].to_json())
    # The pictures of the training patients, labeled by the first network, train the next one.
    again = replace(request, first=file, out=tmp_path / "again", recipe=replace(recipe, epochs=1))
    assert train_segmenters(again)["compact"].metrics["train_cases"] > trained["compact"].metrics["train_cases"]


def test_several_segmenters_get_weights(spider, tmp_path, monkeypatch):
    from orthoai_training.disc.segmentation import networks

    pytest.importorskip("segmentation_models_pytorch", reason="segmentation-models-pytorch is not installed")
    monkeypatch.setitem(networks.PAPER_GRID, "unet-resnet34", networks.GridEntry("unet", "resnet18"))
    recipe = SliceRecipe(crop=(64, 64), batch=4, epochs=1, warmup_steps=0)
    names = ("compact", "unet-resnet34")
    request = SegmenterRequest(spider, tmp_path / "run", names, pretrained=False, recipe=recipe, device="cpu")
    monkeypatch.setattr(SegmenterRequest, "recipe_of", lambda self, name: replace(recipe, architecture=name))
    train_segmenters(request)
    weights = json.loads((tmp_path / "run" / "ensemble.json").read_text())
    assert weights["members"] == list(names) and sum(weights["weights"]) == pytest.approx(1)


def test_graders_train_from_the_sets_and_are_measured(spider, tmp_path):
    recipe = replace(GRADER, epochs=1, batch=4)
    request = GraderRequest(spider, tmp_path / "run", members=2, recipe=recipe, device="cpu")
    assert sorted(train_graders(request).networks) == ["compact-0", "compact-1"]
    weights = json.loads((tmp_path / "run" / "ensemble.json").read_text())
    assert sum(weights["weights"]) == pytest.approx(1)
    file = tmp_path / "run" / "compact-0" / "classifier.onnx"
    scores = grade_scores(Classifier([Member(OnnxNetwork(file, 1), 1.0)]), DiscMeasureRequest(spider, "test"))
    assert (scores.discs, scores.patients, scores.herniated) == (4, 2, 2)


def test_a_run_is_neither_overwritten_nor_gone_on_with_on_other_patients(spider, tmp_path):
    recipe = SliceRecipe(crop=(64, 64), batch=4, epochs=1, warmup_steps=0)
    request = SegmenterRequest(spider, tmp_path / "run", recipe=recipe, device="cpu")
    weights = train_segmenters(request)["compact"].weights
    before = weights.read_bytes()
    grader = GraderRequest(spider, request.out, recipe=replace(GRADER, epochs=1, batch=4), device="cpu")
    for train, other, sentence in (
        (train_segmenters, request, "add --resume"),
        (train_segmenters, replace(request, architectures=("unet-resnet34",)), "add --resume"),
        (train_segmenters, replace(request, fold=1, resume=True), "begun with other --only, --fold or --data"),
        (train_graders, grader, "choose another --out"),
    ):
        with pytest.raises(InputError, match=sentence):
            train(other)
    assert weights.read_bytes() == before and RunRecord.read(request.out).kind == "segmenter"
    # A run of an older version noted its fold at its end alone.
    (request.out / "request.json").unlink()
    with pytest.raises(InputError, match="begun with other"):
        train_segmenters(replace(request, fold=1, resume=True))
    (request.out / "ensemble.json").write_text("{}")
    train_segmenters(replace(request, resume=True))
    assert weights.read_bytes() == before and not (request.out / "ensemble.json").exists()


def test_classifiers_go_on_with_the_same_members_alone(spider, tmp_path):
    request = GraderRequest(spider, tmp_path / "run", recipe=replace(GRADER, epochs=1, batch=4), device="cpu")
    with pytest.raises(InputError, match="Unknown device"):
        train_graders(replace(request, device="abacus"))
    train_graders(request)
    before = (request.out / "compact" / "weights.safetensors").read_bytes()
    again = replace(request, resume=True)
    for other, sentence in (
        (replace(request, members=2), "add --resume"),
        (replace(again, members=2), "begun with other --networks, --members"),
        (replace(again, roi=False), "--no-roi"),
        (replace(again, fold=1), "--fold"),
        (replace(again, seed=1), "another recipe or seed"),
        (replace(again, start="lumbar_disc"), "--start"),
    ):
        with pytest.raises(InputError, match=sentence):
            train_graders(other)
    # All is done: a resumed run ends at once, with what was there.
    train_graders(again)
    assert (request.out / "compact" / "weights.safetensors").read_bytes() == before
    assert RunRecord.read(request.out).networks == ("compact",)
    (request.out / "compact" / "checkpoint.safetensors").write_bytes(b"damaged")
    with pytest.raises(InputError, match="is damaged"):
        train_graders(again)
    # As an older version left it.
    (request.out / "compact" / "checkpoint.safetensors").unlink()
    with pytest.raises(InputError, match="choose another --out"):
        train_graders(again)
    assert (request.out / "compact" / "weights.safetensors").read_bytes() == before


def test_members_that_are_done_are_not_trained_again(spider, tmp_path):
    recipe = replace(GRADER, epochs=2, batch=4, input_size=(32, 48))
    request = GraderRequest(spider, tmp_path / "run", members=2, recipe=recipe, device="cpu")
    whole = train_graders(replace(request, out=tmp_path / "whole"))
    done = [request.out / name / "checkpoint.safetensors" for name in ("compact-0", "compact-1")]
    with pytest.raises(Canceled):
        train_graders(request, Progress(is_canceled=done[1].exists))
    before = done[0].read_bytes()
    assert not (request.out / "run.json").exists()
    resumed = train_graders(replace(request, resume=True))
    assert done[0].read_bytes() == before
    assert resumed.weights == whole.weights and resumed.herniation_threshold == whole.herniation_threshold
    for name, one in whole.networks.items():
        other = resumed.networks[name].network.state_dict()
        assert all(torch.equal(value, other[key]) for key, value in one.network.state_dict().items())


def test_training_sees_training_patients_only(spider):
    request = GraderRequest(spider, spider)
    train = graded_discs(request, request.split.part("train"), with_volumes=True)
    assert {sample.patient for sample in train} <= set(fixed_split().train)
    assert any(sample.from_volume for sample in train)


def test_without_roi_a_sample_is_the_whole_picture(spider):
    request = GraderRequest(spider, spider, roi=False)
    (sample, *_) = graded_discs(request, request.split.part("test"))
    assert sample.grading.herniated and sample.grading.pfirrmann == 5
    crop = sample.crop()
    # The tiny picture is taller than wide: its full height stands in the crop.
    assert crop[2:-2, 64].min() > 0 and crop[:, :20].max() == 0


def test_the_worst_disc_grades_the_picture(spider):
    cases = list(read_pictures(spider, fixed_split().part("test")))
    assert len(list(whole_picture_samples(cases))) == len(cases) == len(list(picture_samples(cases))) / 2


def test_perfect_labels_score_one_under_every_look(spider):
    class Perfect:
        def __init__(self, case):
            self.case = case

        def labels(self, slices, pixel_mm, progress):
            return self.case.labels

    (case,) = read_volumes(spider, fixed_split().test[:1])
    for name, look in LOOKS.items():
        if name != "pixels twice as large":
            assert evaluate_segmenter(Perfect(case), [case], look).structures["mean"].mean == 1.0


def test_a_table_has_an_interval_over_patients():
    scores = {1: {"vertebra": 0.9, "disc": 0.8, "canal": 0.7}, 2: {"vertebra": 1.0, "disc": None, "canal": 0.9}}
    table = table_of(scores)
    assert table.structures["vertebra"].mean == pytest.approx(0.95)
    assert table.structures["disc"].count == 1
    assert table.structures["mean"].low < table.structures["mean"].mean < table.structures["mean"].high


def test_self_labels_keep_the_spine_and_leave_out_the_rest():
    shares = np.full((4, 60, 80), 0.03, np.float32)
    shares[0] = 0.91
    for value, columns in ((1, slice(30, 50)), (2, slice(30, 50)), (3, slice(54, 58))):
        rows = slice(20, 30) if value == 2 else slice(30, 50)
        shares[:, rows, columns], shares[value, rows, columns] = 0.03, 0.91
    shares[:, 5:55, :12], shares[1, 5:55, :12] = 0.03, 0.91  # the black beyond the body's edge
    shares[:, 30:32, 30:32] = np.array([0.3, 0.5, 0.1, 0.1])[:, None, None]
    labels = cleaned(shares)
    assert set(np.unique(labels[:, 30:])) == {0, 1, 2, 3, IGNORED}
    assert not labels[:, :12].any()
    assert (labels[30:32, 30:32] == IGNORED).all()
    assert not cleaned(np.stack([np.ones((5, 5)), *np.zeros((3, 5, 5))]).astype(np.float32)).any()
