"""Approved cases of the disc task are read and dealt to training and validation."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from disc_reviewed_cases import DISCS, PIXEL_MM, SLICE_MM, phantom
from orthoai.dataset import Dataset
from orthoai.dataset.exporters.folder import is_validation
from orthoai.errors import InputError
from orthoai.review import Change
from orthoai.tasks.disc.scale import TYPICAL_SPACING_MM
from orthoai.volume import Source
from orthoai_training.disc.classification.batches import plain_batch
from orthoai_training.disc.classification.losses import ClassWeights, multi_task_loss
from orthoai_training.disc.classification.samples import reviewed_samples
from orthoai_training.disc.data.grading import Grading
from orthoai_training.disc.data.reviewed import FIRST_PATIENT, read_reviewed, reviewed_parts
from orthoai_training.disc.data.split import fixed_split


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
