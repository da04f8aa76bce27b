"""The fixed split by patient."""

from __future__ import annotations

import pytest
from orthoai_training.disc.data.pictures import picture_patients, read_pictures
from orthoai_training.disc.data.split import FOLDS, draw_split, fixed_split, split_of
from orthoai_training.disc.data.strata import patient_strata
from orthoai_training.disc.data.volumes import read_volumes, volume_patients


def test_every_patient_is_in_one_part_and_in_one_fold():
    split = fixed_split()
    parts = [*split.train, *split.validation, *split.test]
    assert len(parts) == len(set(parts)) == 174
    assert sorted(parts) == sorted(patient for fold in split.folds for patient in fold)


def test_the_test_part_is_a_fifth_of_the_patients_and_the_first_fold():
    split = fixed_split()
    assert split.test == split.folds[0]
    assert split_of(None) == split
    assert len(split.test) / 174 == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("held_out", range(FOLDS))
def test_a_round_of_the_cross_validation_keeps_its_parts_apart(held_out):
    fold = split_of(held_out)
    assert fold.test == fixed_split().folds[held_out]
    assert not fold.part("train") & fold.part("test")
    assert not fold.part("train") & fold.part("validation")
    assert len(fold.train) + len(fold.validation) + len(fold.test) == 174


def test_drawing_again_gives_the_same_and_another_seed_another_split():
    strata = {patient: (patient % 5 == 0, patient % 3 == 0, patient % 2 == 0) for patient in range(100)}
    assert draw_split(strata, 1) == draw_split(strata, 1)
    assert draw_split(strata, 1) != draw_split(strata, 2)


def test_drawing_balances_rare_patients_over_the_folds():
    strata = {patient: (patient < 10, patient % 4 == 0, False) for patient in range(100)}
    split = draw_split(strata)
    assert {sum(strata[patient][0] for patient in fold) for fold in split.folds} == {2}


@pytest.mark.realdata
def test_the_shipped_split_is_the_one_drawn_from_the_sets(real_data):
    assert draw_split(patient_strata(real_data)) == fixed_split()


@pytest.mark.realdata
def test_the_test_part_holds_volumes_and_herniations(real_data):
    test = fixed_split().part("test")
    assert len(test & set(volume_patients(real_data))) >= 6
    discs = [disc for case in read_pictures(real_data, test) for disc in case.discs if disc.grading is not None]
    assert sum(disc.grading.herniated for disc in discs) >= 10


@pytest.mark.realdata
def test_a_volume_reads_with_the_sacrum_below_and_the_canal_behind(real_data):
    (case,) = read_volumes(real_data, {5})
    assert case.image.shape == case.labels.shape == case.discs.shape == (18, 394, 213)
    assert case.spacing_mm == pytest.approx((0.9, 0.703, 0.703), abs=1e-3)
    rows = [(case.discs == label).nonzero()[1].mean() for label in range(1, 8)]
    assert rows == sorted(rows, reverse=True)
    middle = case.labels[9]
    assert (middle == 3).nonzero()[1].mean() > (middle == 2).nonzero()[1].mean()
    assert case.gradings[1].bulging and case.gradings[1].pfirrmann == 2


@pytest.mark.realdata
def test_pictures_read_with_boxes_from_caudal_upward(real_data):
    (case,) = read_pictures(real_data, {104})
    assert case.is_boxed and case.image.shape == (384, 384)
    assert case.pixel_mm == pytest.approx((0.729, 0.729), abs=1e-3)
    tops = [disc.box[1] for disc in case.discs]
    assert tops == sorted(tops, reverse=True)
    assert case.discs[0].grading.pfirrmann == 4


@pytest.mark.realdata
def test_the_turned_picture_is_left_out(real_data):
    assert 1 in picture_patients(real_data)
    assert not list(read_pictures(real_data, {1}))
