"""Shapes of the simulated spine: what is asked for is what is there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from orthoai.tasks.disc.levels import NAMES
from orthoai_training.disc.synth_mr.outlines import depth_share, outlines
from orthoai_training.disc.synth_mr.spine import HEIGHT_KEPT, HERNIATION_WIDTH_MM, Spine, random_spine

SEEDS = range(6)


def made(seed: int, grades: tuple[int, ...] | None = None) -> Spine:
    return random_spine(np.random.default_rng(seed), grades)


@pytest.mark.parametrize("seed", SEEDS)
def test_discs_follow_each_other_upward_from_the_sacrum(seed: int) -> None:
    discs = made(seed).discs
    assert [disc.level for disc in discs] == list(NAMES[: len(discs)])
    assert np.all(np.diff([disc.center[1] for disc in discs]) > 15)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_disc_closes_at_its_edges(seed: int) -> None:
    for disc in made(seed).discs:
        assert min(disc.height_at(-disc.half_depth), disc.height_at(disc.half_depth)) > 0.5


def test_a_worse_grade_is_a_lower_disc() -> None:
    heights = [made(1, (grade,) * 8).discs[1].height for grade in HEIGHT_KEPT]
    assert heights == sorted(heights, reverse=True)


def test_a_wedge_opens_to_the_front() -> None:
    disc = replace(made(0).discs[0], wedge=np.deg2rad(12))
    difference = disc.height_at(-disc.half_depth) - disc.height_at(disc.half_depth)
    assert difference == pytest.approx(4 * disc.half_depth * np.tan(np.deg2rad(6)))


def test_a_herniation_is_focal_and_a_bulge_is_not() -> None:
    disc = replace(made(0).discs[0], bulge=2.0, herniation=5.0, side=3.0)
    assert disc.reach_at(3.0) == pytest.approx(7.0)
    assert disc.reach_at(3.0 + HERNIATION_WIDTH_MM) == pytest.approx(2.0 + 5.0 / np.e)
    assert disc.reach_at(-30.0) == pytest.approx(2.0, abs=1e-6)


def test_a_body_is_full_in_its_middle_and_ends_at_its_sides() -> None:
    assert depth_share(17.0, 0.0) == 1.0
    assert depth_share(17.0, 17.0 * 1.35) == 0.0


def test_a_cut_beside_the_spine_shows_nothing_of_it() -> None:
    assert not list(outlines(made(0), 60.0))


def test_the_same_seed_gives_the_same_spine() -> None:
    assert made(3) == made(3) != made(4)
