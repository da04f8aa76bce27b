"""Outlines enclose what the mask holds: filled again they give the mask back."""

from __future__ import annotations

import numpy as np
import pytest
from dataset_fakes import filled, overlap
from numpy.typing import NDArray
from orthoai.dataset.exporters.outline import joined, parts_of


def disc(center: tuple[float, float], radius: float, shape: tuple[int, int] = (60, 80)) -> NDArray[np.bool_]:
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    return np.hypot(rows - center[0], cols - center[1]) < radius


def again(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """``mask`` through one polygon and back; indices are pixel centers, so edges lie half a pixel on."""
    outline = joined([ring for part in parts_of(mask) for ring in part])
    return filled(outline + 0.5, mask.shape)


def test_one_voxel_is_enclosed_to_its_edges() -> None:
    mask = np.zeros((5, 7), bool)
    mask[2, 4] = True
    ((ring,),) = parts_of(mask)
    assert ring.min(axis=0).tolist() == [3.5, 1.5]
    assert ring.max(axis=0).tolist() == [4.5, 2.5]


def test_a_mask_that_touches_every_edge_is_closed() -> None:
    ((ring,),) = parts_of(np.ones((6, 9), bool))
    assert (ring.min(axis=0).tolist(), ring.max(axis=0).tolist()) == ([-0.5, -0.5], [8.5, 5.5])
    # A straight side needs no corners along it: two for each of the four beveled corners.
    assert len(ring) == 8


def test_an_empty_mask_has_no_part() -> None:
    assert parts_of(np.zeros((4, 4), bool)) == []


def test_parts_and_holes_are_told_apart() -> None:
    mask = (disc((30, 25), 20) & ~disc((30, 20), 6)) | disc((30, 65), 9)
    assert sorted(len(part) for part in parts_of(mask)) == [1, 2]


@pytest.mark.parametrize(
    "mask",
    [
        disc((30, 40), 22),
        disc((0, 0), 30),
        disc((30, 40), 25) & ~disc((30, 34), 8),
        disc((30, 40), 25) & ~disc((22, 40), 6) & ~disc((40, 40), 7),
        disc((15, 15), 10) | disc((40, 60), 14) | disc((50, 10), 6),
        (disc((30, 25), 20) & ~disc((30, 25), 14)) | disc((30, 25), 7) | disc((30, 65), 9),
    ],
    ids=["one", "cut by the corner", "hole", "two holes", "three parts", "ring with an island, and a part"],
)
def test_one_polygon_gives_the_mask_back(mask: NDArray[np.bool_]) -> None:
    assert overlap(again(mask), mask) == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_blobs_of_chance_come_back(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(size=(60, 80))
    for axis in (0, 1):
        noise = sum(np.roll(noise, shift, axis) for shift in range(-4, 5))
    mask = noise > noise.std() * 0.5
    assert overlap(again(mask), mask) > 0.99
