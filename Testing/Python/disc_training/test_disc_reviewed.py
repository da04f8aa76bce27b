"""Approved cases of the disc task teach its networks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from command_words import parsed
from orthoai.box import Box
from orthoai.dataset import Dataset, DatasetCase, save_case
from orthoai.dataset.exporters.folder import is_validation
from orthoai.errors import InputError
from orthoai.finding import Finding, Measurement, Place
from orthoai.geometry import Geometry
from orthoai.models.onnx_network import OnnxNetwork
from orthoai.models.store import SHIPPED_ROOT, ModelStore
from orthoai.progress import Progress
from orthoai.provenance import provenance
from orthoai.result import Result
from orthoai.review import Change, Review, Verdict
from orthoai.tasks.disc.engines import suspect_of
from orthoai.tasks.disc.scale import TYPICAL_SPACING_MM
from orthoai.tasks.disc.search import BACK_TO_FRONT, UPSIDE_DOWN
from orthoai.tasks.disc.task import TASK
from orthoai.volume import Source, Volume
from orthoai_training.disc import assemble, networks_command
from orthoai_training.disc.assemble import Outcome, detector_model, grader_model, segmenter_model
from orthoai_training.disc.classification import train as graders
from orthoai_training.disc.classification.batches import UNTOLD, plain_batch
from orthoai_training.disc.classification.losses import ClassWeights, multi_task_loss
from orthoai_training.disc.classification.recipe import COMPACT as GRADER
from orthoai_training.disc.classification.request import GraderRequest
from orthoai_training.disc.classification.samples import reviewed_samples
from orthoai_training.disc.classification.train import train_graders
from orthoai_training.disc.classification.trainer import GraderRun, _Trainer
from orthoai_training.disc.data.grading import Grading
from orthoai_training.disc.data.lessons import taught
from orthoai_training.disc.data.reviewed import FIRST_PATIENT, read_reviewed, reviewed_parts
from orthoai_training.disc.data.split import fixed_split
from orthoai_training.disc.detection import scene
from orthoai_training.disc.detection import train as detectors
from orthoai_training.disc.detection.dataset import Stage
from orthoai_training.disc.detection.request import DetectorRequest
from orthoai_training.disc.detection.train import train_detectors
from orthoai_training.disc.detection.train_stage import StageRun, TrainedStage
from orthoai_training.disc.segmentation.losses import LOSSES
from orthoai_training.disc.segmentation.recipe import COMPACT, SliceRecipe
from orthoai_training.disc.segmentation.request import SegmenterRequest
from orthoai_training.disc.segmentation.reviewed import reviewed_slices, tells_background
from orthoai_training.disc.segmentation.slices import IGNORED, crop_batches
from orthoai_training.disc.segmentation.train import train_segmenters

SHAPE, PIXEL_MM, SLICE_MM = (5, 120, 100), 0.7, 3.6

DISCS = {"L5/S1": slice(80, 90), "L4/L5": slice(40, 50)}
"""Rows of each disc; its columns are 20 to 56, its slice is number 2."""

SAGITTAL = (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
"""Columns run posterior, rows caudal, slices to the left."""

SLICES = SliceRecipe(crop=(64, 64), batch=4, epochs=1, warmup_steps=0)
CROPS = replace(GRADER, epochs=1, batch=4)

Make = Callable[..., DatasetCase]


def phantom() -> tuple[np.ndarray, np.ndarray]:
    """Image and labels (S, H, W): a bright canal behind three vertebrae with two discs."""
    labels = np.zeros(SHAPE, np.uint8)
    labels[1:4, 4:116, 20:56] = 1
    for rows in DISCS.values():
        labels[1:4, rows, 20:56] = 2
    labels[1:4, 4:116, 64:76] = 3
    noise = np.random.default_rng(0).normal(0, 6, SHAPE)
    return (np.array([20, 110, 60, 220])[labels] + noise).clip(0, 255).astype(np.int16), labels


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Builder of a reviewed case in ``tmp_path/data``."""

    def build(
        number: int = 1,
        classes: tuple[str, str] = ("bulging", "normal"),
        keep: tuple[int, ...] = (1, 2, 3),
        codes: str = "PIL",
        turned: bool = False,
        boxes: tuple[str, ...] = tuple(DISCS),
        source: Source | None = None,
        confirmed: dict[str, float] | None = None,
        changes: tuple[Change, ...] = (),
    ) -> DatasetCase:
        image, labels = phantom()
        if turned:
            image, labels = image[:, ::-1, ::-1], labels[:, ::-1, ::-1]
        geometry = Geometry(SHAPE, (PIXEL_MM, PIXEL_MM, SLICE_MM), (-7.0, -30.0, 40.0), SAGITTAL)
        findings, found = [], []
        for (level, rows), label in zip(DISCS.items(), classes, strict=True):
            low, high = np.array([19.5, rows.start - 0.5, 1.5]), np.array([55.5, rows.stop - 0.5, 2.5])
            if turned:
                size = np.array([SHAPE[2] - 1, SHAPE[1] - 1, 0])
                low, high = (np.where(size, size - end, end) for end in (high, low))
                low[2], high[2] = 1.5, 2.5
            if level in boxes:
                found.append(Box.from_index(level, 0.9, tuple(low), tuple(high), geometry))
            place = tuple(float(value) for value in geometry.index_to_lps((low + high) / 2))
            findings.append(
                Finding(
                    level,
                    label,
                    0.9,
                    measurements={"pfirrmann_grade": Measurement(3.0, "1")},
                    place=Place(place, 2),
                    flags=(UPSIDE_DOWN, BACK_TO_FRONT) if turned else (),
                )
            )
        volume = Volume(np.ascontiguousarray(image), geometry, "MR").reoriented(codes)
        mask = Volume(np.where(np.isin(labels, keep), labels, 0).astype(np.uint8), geometry).reoriented(codes)
        findings = [
            each.with_confirmed("pfirrmann_grade", confirmed[each.structure])
            if confirmed and each.structure in confirmed
            else each
            for each in findings
        ]
        result = Result(
            task=TASK.name,
            source=source or Source("nifti", f"{number:064x}"),
            geometry=volume.geometry,
            boxes=tuple(box.on(geometry, volume.geometry) for box in found),
            segmentation=np.ascontiguousarray(mask.voxels),
            labels=TASK.label_table,
            findings=tuple(findings),
            message="Found 2 discs.",
            provenance=provenance("lumbar_disc", {"segmenter": "00ff"}, "cpu", "float32"),
        )
        return DatasetCase(
            save_case(tmp_path / "data", volume, Review(result, Verdict.APPROVED, reviewer="R1", changes=changes))
        )

    return build


@pytest.fixture
def cases(make: Make, tmp_path: Path) -> Path:
    """Four cases, one of which validates."""
    for number in range(4):
        make(number, classes=("herniated", "normal") if number % 2 else ("bulging", "normal"))
    return tmp_path / "data" / "cases"


# Reading


@pytest.mark.parametrize("codes", ["PIL", "LPS", "RAS"])
def test_a_case_of_any_axis_order_is_read_as_upright_sagittal_slices(make, codes):
    (case,) = read_reviewed([make(codes=codes)])
    image, labels = phantom()
    np.testing.assert_array_equal(case.image, image)
    np.testing.assert_array_equal(case.labels, labels)
    assert (case.pixel_mm, case.slice_mm) == (pytest.approx((PIXEL_MM, PIXEL_MM)), pytest.approx(SLICE_MM))
    centers = {disc.center for disc in case.discs}
    assert {disc.slice_index for disc in case.discs} == {2}
    assert sorted(centers) == [pytest.approx((44.5, 37.5)), pytest.approx((84.5, 37.5))]
    assert case.patient >= FIRST_PATIENT


def test_an_image_that_the_task_turned_upright_is_turned_again(make):
    (case,) = read_reviewed([make(turned=True)])
    np.testing.assert_array_equal(case.labels, phantom()[1])
    assert sorted(disc.center for disc in case.discs) == [pytest.approx((44.5, 37.5)), pytest.approx((84.5, 37.5))]


def test_a_picture_is_as_large_as_its_discs_say(make):
    (case,) = read_reviewed([make(source=Source("picture", "ab" * 32))])
    assert case.pixel_mm == pytest.approx((TYPICAL_SPACING_MM / 40, TYPICAL_SPACING_MM / 40))


def test_a_class_says_no_more_than_it_does(make):
    """A herniated disc may bulge or not, and a Pfirrmann grade that nobody confirmed is nobody's word."""
    (case,) = read_reviewed([make(classes=("herniated", "normal"))])
    assert [disc.grading for disc in case.discs] == [Grading(True, None, None), Grading(False, False, None)]
    (case,) = read_reviewed([make(2, classes=("bulging", "normal"), boxes=("L5/S1",))])
    assert [disc.grading for disc in case.discs] == [Grading(False, True, None)]


def test_what_the_reviewer_did_to_boxes_and_masks_is_read(make):
    somewhere = {"index_min": [0, 0, 0], "index_max": [1, 1, 1]}
    (untouched,) = read_reviewed([make()])
    assert set(untouched.boxes) == set(DISCS) and not untouched.deleted and not untouched.discs_painted
    assert not any(box.moved for box in untouched.boxes.values())
    changes = (
        Change("box", "L4/L5", somewhere, somewhere),
        Change("box", "L3/L4", somewhere, None),
        Change("box", "lumbar", somewhere, None),
        Change("class", "L5/S1", "normal", "bulging"),
        Change("mask", "disc", {"voxels": 1}, {"voxels": 2, "added": 1, "removed": 0}),
    )
    (case,) = read_reviewed([make(2, changes=changes)])
    assert {level: box.moved for level, box in case.boxes.items()} == {"L5/S1": False, "L4/L5": True}
    assert case.deleted == {"L3/L4"} and case.discs_painted


def test_a_grade_that_the_reviewer_set_or_confirmed_is_learned(make):
    """The model said 3 of both discs."""
    (case,) = read_reviewed([make(confirmed={"L4/L5": 5.0})])
    assert [disc.grading.pfirrmann for disc in case.discs] == [None, 5]
    samples = reviewed_samples(case)
    logits = torch.zeros(2, 7, requires_grad=True)
    multi_task_loss(logits, plain_batch(samples), ClassWeights.of(samples, 8.0)).backward()
    assert logits.grad is not None
    assert not logits.grad[0, 2:].any() and logits.grad[1, 6] < 0 < logits.grad[1, 4]
    (case,) = read_reviewed([make(2, confirmed={"L5/S1": 3.0})])
    assert [disc.grading.pfirrmann for disc in case.discs] == [3, None]


@pytest.mark.parametrize("grade", [0.0, 2.5, 6.0])
def test_a_grade_that_there_is_not_is_told(make, grade):
    case = make(confirmed={"L4/L5": grade})
    with pytest.raises(InputError, match=f"{case.name} says of L4/L5 a Pfirrmann grade other than 1 to 5"):
        list(read_reviewed([case]))


# The split


def test_subjects_validate_as_in_an_export_and_stay_together(make, tmp_path):
    for number in range(6):
        make(number, source=Source("dicom", f"{number:064x}", {"study": f"1.2.{number // 2}"}))
    cases = Dataset(tmp_path / "data").cases("disc")
    parts = reviewed_parts(tmp_path / "data" / "cases", None, fixed_split())
    assert {case.name for case in parts.validation} == {name for name, held in is_validation(cases).items() if held}
    groups = [{case.lineage.group for case in part} for part in (parts.train, parts.validation)]
    assert all(groups) and not groups[0] & groups[1]


def test_a_reviewed_image_of_a_spider_patient_stays_where_the_patient_is(make, spider, tmp_path):
    from orthoai.io.digest import sha256_of

    split = fixed_split()
    names = {}
    for part in ("train", "validation", "test"):
        patient = getattr(split, part)[1]
        file = spider / "spider_midsag_dev" / "images" / f"{patient}.png"
        # Each picture is another patient's.
        file.write_bytes(file.read_bytes() + part.encode())
        names[part] = make(source=Source("nifti", sha256_of([file]))).name
    parts = reviewed_parts(tmp_path / "data" / "cases", spider, split)
    assert [case.name for case in parts.train] == [names["train"]]
    assert [case.name for case in parts.validation] == [names["validation"]]


def test_cases_of_another_task_are_none(make, tmp_path):
    case = make()
    meta = json.loads((case.path / "case.json").read_text()) | {"task": "ovf"}
    (case.path / "case.json").write_text(json.dumps(meta))
    with pytest.raises(InputError, match="no reviewed case of disc"):
        reviewed_parts(tmp_path / "data" / "cases", None, fixed_split())


# The segmenter


def test_slices_have_the_segmenters_pixels_and_neighbors_as_near_as_spiders(make):
    (case,) = read_reviewed([make()])
    slices = reviewed_slices(replace(case, pixel_mm=(1.4, 1.4)))
    assert slices is not None and slices.labels.shape == slices.image.shape == (5, 240, 200)
    assert (slices.labels[2, 84:96, 60:100] == 2).all() and slices.reach == 1
    assert reviewed_slices(replace(case, slice_mm=0.9)).reach == 4
    assert tells_background(slices) and IGNORED not in slices.labels


@pytest.mark.parametrize(("keep", "lost"), [((2,), 1), ((1, 2), 3)])
def test_a_structure_that_is_not_marked_is_not_learned_as_background(make, keep, lost):
    """The loss stays the same whatever the network says where the unmarked structure may be."""
    (case,) = read_reviewed([make(keep=keep)])
    slices = reviewed_slices(case)
    assert not tells_background(slices)
    recipe = replace(COMPACT, crop=(96, 96), batch=8, augmentation=replace(COMPACT.augmentation, shift=0.0))
    target = next(crop_batches([slices], recipe, 0)).labels
    unmarked = target == IGNORED
    assert unmarked.any() and not (target == lost).any()
    plain = torch.randn((*target.shape, 4), generator=torch.Generator().manual_seed(0)).movedim(-1, 1)
    said = plain.clone()
    said[:, lost] += 9.0 * unmarked
    for loss in LOSSES.values():
        assert float(loss(said, target)) == pytest.approx(float(loss(plain, target)), abs=1e-5)


def test_a_case_without_a_mark_teaches_nothing(make):
    (case,) = read_reviewed([make(keep=())])
    assert reviewed_slices(case) is None


def test_reviewed_cases_train_a_segmenter_alone_and_beside_spider(cases, spider, tmp_path):
    alone = SegmenterRequest(None, tmp_path / "alone", recipe=SLICES, device="cpu", reviewed=cases, start="lumbar_disc")
    beside = replace(alone, data=spider, out=tmp_path / "beside")
    cards = [
        ModelStore((segmenter_model(request).model,)).verify("lumbar_disc").metadata for request in (alone, beside)
    ]
    data = [card.training["segmenter"]["data"] for card in cards]
    assert (data[0]["train_cases"], data[0]["validation_cases"]) == (3, 1) and "SPIDER" not in data[0]["kind"]
    assert (data[1]["train_cases"], data[1]["validation_cases"]) == (4, 3) and "SPIDER" in data[1]["kind"]
    for one in data:
        assert (one["reviewed_train_cases"], one["reviewed_validation_cases"]) == (3, 1)
    with pytest.raises(InputError, match="begun with other --only, --fold or --data"):
        train_segmenters(replace(beside, reviewed=None, resume=True))


def test_the_card_tells_of_the_cases_as_the_training_began(cases, tmp_path, monkeypatch):
    """People go on reviewing, and a folder that was moved in the meantime cost the model."""

    def moved(request, progress):
        trained = train_segmenters(request, progress)
        shutil.move(cases, tmp_path / "elsewhere")
        return trained

    monkeypatch.setattr(assemble, "train_segmenters", moved)
    request = SegmenterRequest(None, tmp_path / "run", recipe=SLICES, device="cpu", reviewed=cases, start="lumbar_disc")
    data = ModelStore((segmenter_model(request).model,)).get("lumbar_disc").metadata.training["segmenter"]["data"]
    assert (data["reviewed_train_cases"], data["reviewed_validation_cases"]) == (3, 1)


def test_masks_that_never_tell_background_train_no_segmenter_alone(make, spider, tmp_path):
    make(keep=(2,))
    reviewed = tmp_path / "data" / "cases"
    request = SegmenterRequest(None, tmp_path / "run", recipe=SLICES, device="cpu", reviewed=reviewed)
    with pytest.raises(InputError, match="none tells what is background"):
        train_segmenters(request)
    trained = train_segmenters(replace(request, data=spider))["compact"]
    assert trained.metrics["train_cases"] == 2


# The classifier


def test_reviewed_discs_train_a_classifier_beside_spider(cases, spider, tmp_path):
    request = GraderRequest(spider, tmp_path / "run", recipe=CROPS, device="cpu", reviewed=cases)
    (one,) = train_graders(request).networks.values()
    without = train_graders(replace(request, out=tmp_path / "other", reviewed=None)).networks["compact"]
    more = {key: one.metrics[key] - without.metrics[key] for key in ("train_discs", "validation_discs")}
    assert more == {"train_discs": 6, "validation_discs": 2}


def test_reviewed_discs_alone_go_on_from_a_model_that_knows_pfirrmann_grades(cases, tmp_path):
    request = GraderRequest(None, tmp_path / "run", recipe=CROPS, device="cpu", reviewed=cases)
    with pytest.raises(InputError, match="too few Pfirrmann grades"):
        train_graders(request)
    outcome = grader_model(replace(request, start="lumbar_disc"))
    card = ModelStore((outcome.model,)).verify("lumbar_disc").metadata
    assert card.training["classifier"]["data"] == {
        "kind": "reviewed cases of the task, split by subject",
        "train_discs": 6,
        "validation_discs": 2,
        "reviewed_train_cases": 3,
        "reviewed_validation_cases": 1,
    }


@pytest.mark.parametrize(("count", "first"), [(1, "bulging"), (4, "bulging"), (4, "herniated")])
def test_the_models_threshold_stays_where_few_held_out_discs_are_herniated(make, tmp_path, count, first):
    """It was 0.5 then, at which nearly no disc is suspected, or what told a single disc from its neighbor."""
    for number in range(count):
        make(number, classes=(first, "normal"))
    request = GraderRequest(
        None, tmp_path / "run", recipe=CROPS, device="cpu", reviewed=tmp_path / "data" / "cases", start="lumbar_disc"
    )
    model = ModelStore((grader_model(request).model,)).get("lumbar_disc")
    assert suspect_of(model) == suspect_of(ModelStore((SHIPPED_ROOT,)).get("lumbar_disc")) < 0.1


def test_enough_held_out_discs_set_the_threshold_anew(make, tmp_path, monkeypatch):
    monkeypatch.setattr(graders, "LEAST_HERNIATED", 1)
    for number in range(4):
        make(number, classes=("herniated", "normal"))
    request = GraderRequest(
        None, tmp_path / "run", recipe=CROPS, device="cpu", reviewed=tmp_path / "data" / "cases", start="lumbar_disc"
    )
    threshold = train_graders(request).herniation_threshold
    assert threshold != suspect_of(ModelStore((SHIPPED_ROOT,)).get("lumbar_disc"))


def test_a_training_that_goes_on_keeps_the_models_word(make, tmp_path):
    start = ModelStore((SHIPPED_ROOT,)).get("lumbar_disc").weights("classifier")
    (samples,) = taught([make()], reviewed_samples)
    trainer = _Trainer(GraderRun(samples, (), CROPS, tmp_path, device="cpu", first=start), Progress())
    crops = plain_batch(samples).crops
    wished = trainer._taught(crops)
    (wanted,) = OnnxNetwork(start)(crops.numpy(), ["logits"])
    assert wished is not None and not wished.requires_grad
    np.testing.assert_allclose((wished + trainer.weights.logit_offsets).numpy(), wanted, atol=0.02)
    alone = _Trainer(GraderRun(samples, (), CROPS, tmp_path, device="cpu"), Progress())
    assert alone._taught(crops) is None


def test_nothing_is_learned_of_what_is_not_told(make):
    (samples,) = taught([make(classes=("herniated", "normal"))], reviewed_samples)
    batch = plain_batch(samples)
    assert batch.bulging.tolist() == [UNTOLD, 0] and batch.grade.tolist() == [UNTOLD, UNTOLD]
    weights = ClassWeights.of(samples, 8.0)
    logits = torch.zeros(2, 7, requires_grad=True)
    multi_task_loss(logits, batch, weights).backward()
    assert logits.grad is not None
    moved = logits.grad != 0
    assert moved.tolist() == [[True, False] + [False] * 5, [True, True] + [False] * 5]
    assert torch.isfinite(weights.logit_offsets).all()


def test_a_teachers_own_answers_cost_nothing_to_keep(make):
    (samples,) = taught([make(classes=("herniated", "normal"))], reviewed_samples)
    batch, weights = plain_batch(samples), ClassWeights.of(samples, 8.0)
    wished = torch.randn(2, 7, generator=torch.Generator().manual_seed(0))
    logits = wished.clone().requires_grad_()
    multi_task_loss(logits, batch, weights, wished).backward()
    assert logits.grad is not None
    assert logits.grad[:, 2:].abs().max() < 1e-6 and abs(float(logits.grad[0, 1])) < 1e-6


# The detectors


@pytest.fixture
def stages(monkeypatch) -> list[StageRun]:
    """What the detectors are trained on; two discs tell the region, and no detector is trained."""
    runs = []

    def trained(run: StageRun, progress: object) -> TrainedStage:
        runs.append(run)
        file = run.out / "network.onnx"
        file.write_text(run.stage.value)
        return TrainedStage(file, {}, 1.0, len(run.train), len(run.validation))

    monkeypatch.setattr(detectors, "train_stage", trained)
    monkeypatch.setattr(scene, "LEAST_DISCS", 2)
    return runs


def test_reviewed_cases_train_a_detector_alone_and_beside_spider(stages, cases, spider, tmp_path):
    alone = DetectorRequest(None, tmp_path / "alone", (Stage.DISCS,), device="cpu", reviewed=cases)
    beside = replace(alone, data=spider, out=tmp_path / "beside")
    data = []
    for request in (alone, beside):
        model = ModelStore((detector_model(request).model,)).get("lumbar_disc")
        data.append(model.metadata.training["discs"]["data"])
    plain = replace(beside, reviewed=None, out=tmp_path / "plain")
    detector_model(plain)
    runs = [(len(run.train), len(run.validation)) for run in stages]
    assert runs[0] == (3, 1) and runs[1] == (runs[2][0] + 3, runs[2][1] + 1)
    assert ["SPIDER" in one["kind"] for one in data] == [False, True]
    for one in data:
        assert "reviewed" in one["kind"]
        assert (one["reviewed_train_cases"], one["reviewed_validation_cases"]) == (3, 1)
    with pytest.raises(InputError, match="begun with other --data"):
        train_detectors(replace(plain, out=beside.out, resume=True))


def test_cases_that_tell_no_lumbar_region_train_none_alone(stages, cases, spider, tmp_path):
    request = DetectorRequest(None, tmp_path / "run", (Stage.LUMBAR,), device="cpu", reviewed=cases, simulated=0)
    with pytest.raises(InputError, match='0 train the detector "lumbar" and 0 validate it'):
        train_detectors(request)
    assert not (tmp_path / "run" / "lumbar").exists()
    model = ModelStore((detector_model(replace(request, data=spider)).model,)).get("lumbar_disc")
    data = model.metadata.training["lumbar"]["data"]
    assert "reviewed" not in data["kind"] and data["reviewed_train_cases"] == 0


def test_a_detector_goes_on_with_smaller_steps_and_its_card_says_so(stages, cases, tmp_path):
    """At the whole rate a few pictures cost it much of what it knew."""
    request = DetectorRequest(None, tmp_path / "a", (Stage.DISCS,), device="cpu", reviewed=cases)
    folders = [
        detector_model(each).model for each in (request, replace(request, out=tmp_path / "b", start="lumbar_disc"))
    ]
    rates = [run.recipe.yolo.learning_rate for run in stages]
    told = [ModelStore((folder,)).get("lumbar_disc").metadata.training["discs"] for folder in folders]
    assert rates[1] == pytest.approx(0.1 * rates[0])
    assert [one["yolo"]["learning_rate"] for one in told] == rates


# The card


def test_a_card_counts_the_cases_that_teach_and_no_others(make, tmp_path):
    """One that marks nothing taught no segmenter, and one without a box no classifier; both were counted."""
    for number in range(8):
        make(number, classes=("herniated", "normal"), **({"keep": (), "boxes": ()} if number % 2 else {}))
    reviewed = tmp_path / "data" / "cases"
    parts = reviewed_parts(reviewed, None, fixed_split())
    counts = [sum(case.labels().voxels.any() for case in part) for part in (parts.train, parts.validation)]
    assert 0 < sum(counts) < len(parts.names)
    requests = (
        (SegmenterRequest(None, tmp_path / "a", recipe=SLICES, device="cpu", reviewed=reviewed), segmenter_model),
        (GraderRequest(None, tmp_path / "b", recipe=CROPS, device="cpu", reviewed=reviewed), grader_model),
    )
    for request, train in requests:
        card = ModelStore((train(replace(request, start="lumbar_disc")).model,)).get("lumbar_disc").metadata
        data = card.training["segmenter" if train is segmenter_model else "classifier"]["data"]
        assert [data["reviewed_train_cases"], data["reviewed_validation_cases"]] == counts


def test_cases_that_teach_nothing_beside_spider_are_no_data_of_the_card(make, spider, tmp_path):
    make(keep=())
    request = SegmenterRequest(
        spider, tmp_path / "run", recipe=SLICES, device="cpu", reviewed=tmp_path / "data" / "cases", start="lumbar_disc"
    )
    data = ModelStore((segmenter_model(request).model,)).get("lumbar_disc").metadata.training["segmenter"]["data"]
    assert "reviewed" not in data["kind"] and data["reviewed_train_cases"] == 0


def test_discs_without_boxes_train_no_classifier_alone(make, tmp_path):
    make(boxes=())
    reviewed = tmp_path / "data" / "cases"
    request = GraderRequest(None, tmp_path / "run", recipe=CROPS, device="cpu", reviewed=reviewed, start="lumbar_disc")
    with pytest.raises(InputError, match="has a disc with its box"):
        train_graders(request)


# The command


@pytest.fixture
def train(tmp_path):
    def run(*words: object) -> int:
        arguments = networks_command.add_training_arguments
        return networks_command.train(parsed(arguments, "-o", tmp_path / "run", "--quiet", *words))

    return run


def test_one_command_trains_on_both(train, cases, spider, tmp_path, capsys):
    assert train("--only", "classifier", "--epochs", 1, "--device", "cpu", "--data", cases, spider) == 0
    assert "Model written to" in capsys.readouterr().err
    metrics = json.loads((tmp_path / "run" / "compact" / "metrics.json").read_text())
    assert metrics["train_discs"] > 6


@pytest.mark.parametrize(("networks", "members"), [("compact", 3), ("vgg16", 1), ("paper", 1)])
def test_only_compact_classifiers_are_as_many_as_those_gone_on_from(train, spider, monkeypatch, networks, members):
    """All six of the paper were trained three times, each time from nothing."""
    asked: list[GraderRequest] = []
    monkeypatch.setattr(assemble, "grader_model", lambda request, _: asked.append(request) or Outcome({}, None))
    train("--only", "classifier", "--data", spider, "--networks", networks, "--start", "lumbar_disc")
    train("--only", "classifier", "--data", spider, "--networks", networks, "--start", "lumbar_disc", "--members", 2)
    assert [request.members for request in asked] == [members, 2]


def test_folders_and_options_that_do_not_fit_are_told(train, cases, spider, tmp_path):
    (tmp_path / "empty").mkdir()
    shutil.copytree(cases, tmp_path / "more")
    for words, sentence in (
        (("segmenter", "--data", tmp_path / "empty"), "neither the SPIDER sets"),
        (("segmenter", "--data", cases.parent), "such as DATASET/cases"),
        (("segmenter", "--data", cases, tmp_path / "more"), "leave one out"),
        (("segmenter", "--data", cases, "--fold", 1), "--fold is about SPIDER's patients"),
        (("segmenter", "--data", cases, "--first", "a.onnx"), "--first is about SPIDER's patients"),
        (("classifier", "--data", cases, spider, "--no-roi"), "single discs"),
        (("classifier", "--data", spider, "--start", "lumbar_disc", "--blend", 0.5), "--blend is for"),
    ):
        with pytest.raises(InputError, match=sentence):
            train("--only", *words)
