"""Overlap figures of voxels that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai_training.femur.evaluation.overlap import Overlap, collapsed, confusion


def test_voxels_are_counted_by_true_and_found_label():
    truth = np.array([[[0, 0, 1, 1, 2, 2]]], np.uint8)
    found = np.array([[[0, 1, 1, 0, 2, 1]]], np.uint8)
    assert confusion(truth, found).tolist() == [[1, 1, 0], [1, 1, 0], [0, 1, 1]]


def test_counting_does_not_mind_flipped_views():
    rng = np.random.default_rng(0)
    truth, found = rng.integers(0, 3, (2, 5, 6, 7)).astype(np.uint8)
    flipped = confusion(truth[::-1, :, ::-1].transpose(2, 0, 1), found[::-1, :, ::-1].transpose(2, 0, 1))
    assert np.array_equal(flipped, confusion(truth, found))
    assert flipped.sum() == truth.size


def test_the_figures_of_one_side_are_the_binary_ones():
    table = np.array([[90, 4, 0], [2, 8, 0], [0, 0, 6]])
    left = Overlap.of(collapsed(table, [1]))
    assert left.dice == pytest.approx(2 * 8 / (10 + 12))
    assert left.sensitivity == pytest.approx(8 / 10)
    assert left.specificity == pytest.approx(96 / 100)
    assert left.pixel_accuracy == pytest.approx(104 / 110)


def test_swapped_sides_are_wrong_unless_sides_are_put_aside():
    truth = np.array([[[0, 0, 1, 1, 2, 2]]], np.uint8)
    swapped = np.array([[[0, 0, 2, 2, 1, 1]]], np.uint8)
    table = confusion(truth, swapped)
    assert Overlap.of(table).dice == 0
    assert Overlap.of(table).sensitivity == 0
    assert Overlap.of(table).specificity == 1
    assert Overlap.of(table).pixel_accuracy == pytest.approx(2 / 6)
    assert Overlap.of(collapsed(table, (1, 2))).dice == 1


def test_figures_without_a_denominator_are_not_defined():
    empty = np.zeros((2, 2, 2), np.uint8)
    overlap = Overlap.of(confusion(empty, empty))
    assert (overlap.dice, overlap.sensitivity) == (None, None)
    assert (overlap.specificity, overlap.pixel_accuracy) == (1, 1)
    assert Overlap.of(confusion(empty + 1, empty)).specificity is None
