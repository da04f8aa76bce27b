"""Simulated scenes for the detectors: named as they are, and apart from real patients."""

from __future__ import annotations

import pytest
from orthoai_training.disc.data.split import fixed_split
from orthoai_training.disc.detection.simulated import FIRST_PATIENT, simulated_scene, simulated_scenes
from orthoai_training.disc.synth_mr.simulate import SeriesRecipe, simulate_spine


def test_each_disc_has_its_outline_around_its_known_middle() -> None:
    spine = simulate_spine(SeriesRecipe(slices=1, pixel_mm=1.0), 4)
    scene = simulated_scene(spine, "one", FIRST_PATIENT)
    for disc in spine.discs[:6]:
        points = scene.outlines[1 + spine.discs.index(disc)]
        low, high = points.min(axis=0), points.max(axis=0)
        assert low[0] < disc.column < high[0] and low[1] < disc.row < high[1]
    region = scene.lumbar_box()
    assert region.y0 < spine.discs[5].row and region.y1 > spine.discs[0].row


def test_scenes_are_the_same_again_and_of_nobody_real() -> None:
    first, second = simulated_scenes(2, 1), simulated_scenes(2, 1)
    assert [scene.name for scene in first] == ["simulated_0000", "simulated_0001"]
    assert (first[1].image == second[1].image).all() and first[1].pixel_mm == pytest.approx(second[1].pixel_mm)
    split = fixed_split()
    assert not {scene.patient for scene in first} & {*split.train, *split.validation, *split.test}
