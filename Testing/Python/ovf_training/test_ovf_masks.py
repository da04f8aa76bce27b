"""Outlines at exact pixels: polygons, prototypes, tiles."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from orthoai.detect.letterbox import Letterbox
from orthoai.detect.masks import instance_mask, over_picture
from orthoai.detect.tiles import tiles
from orthoai_training.detector.polygon_mask import polygon_mask


def test_a_polygon_fills_the_pixels_whose_centers_it_holds() -> None:
    square = np.array([[10.4, 20.6], [30.4, 20.6], [30.4, 40.6], [10.4, 40.6]])
    mask = polygon_mask((64, 64), [square])
    assert mask.sum() == 400
    rows, cols = np.nonzero(mask)
    assert (rows.min(), rows.max(), cols.min(), cols.max()) == (21, 40, 10, 29)


def test_a_polygon_at_half_the_size_has_a_quarter_of_the_pixels() -> None:
    angles = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    ring = np.stack([32 + 20 * np.cos(angles), 30 + 15 * np.sin(angles)], axis=1)
    whole, half = (polygon_mask((64, 64), [ring.ravel()], 1, ratio) for ratio in (1, 2))
    assert whole.sum() == pytest.approx(np.pi * 300, rel=0.01)
    assert half.shape == (32, 32) and 4 * half.sum() == pytest.approx(whole.sum(), rel=0.03)


def test_a_polygon_beyond_the_picture_is_cut() -> None:
    assert polygon_mask((8, 8), [np.array([[-5, -5], [20, -5], [20, 20], [-5, 20]])]).all()


@pytest.mark.parametrize("shape", [(64, 64), (128, 100), (40, 64)])
def test_a_prototype_comes_back_at_its_place_in_the_picture(shape: tuple[int, int]) -> None:
    letterbox = Letterbox(shape, 64)
    # A ramp across the input: positive right of its middle.
    ramp = np.tile((np.arange(16) + 0.5 - 8).astype(np.float32), (16, 1))
    box = np.array([0, 0, shape[1], shape[0]], np.float64)
    mask = instance_mask(np.stack([ramp, ramp]), np.array([0.5, 0.5], np.float32), box, letterbox)
    first = int(mask.any(axis=0).argmax())
    assert abs(first - shape[1] / 2) <= 1 and mask[:, first:].all() and not mask[:, :first].any()
    assert over_picture(ramp, letterbox).shape == shape


def test_a_mask_ends_at_its_box() -> None:
    mask = instance_mask(
        np.ones((1, 16, 16), np.float32), np.ones(1, np.float32), np.array([9.2, 5, 21, 30.4]), Letterbox((64, 64), 64)
    )
    rows, cols = np.nonzero(mask)
    assert (rows.min(), rows.max(), cols.min(), cols.max()) == (5, 30, 10, 20)


@pytest.mark.parametrize("shape", [(50, 50), (64, 64), (100, 40), (500, 150), (97, 129)])
def test_tiles_cover_every_pixel_and_overlap(shape: tuple[int, int]) -> None:
    seen = np.zeros(shape, int)
    made = tiles(shape, 64, 16)
    for tile in made:
        rows = slice(max(tile.row, 0), tile.row + 64)
        cols = slice(max(tile.col, 0), tile.col + 64)
        seen[rows, cols] += 1
    assert seen.min() >= 1
    starts = sorted({tile.row for tile in made})
    assert all(b - a <= 64 - 16 for a, b in itertools.pairwise(starts))
