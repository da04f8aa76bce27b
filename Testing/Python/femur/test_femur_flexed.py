"""Which thighs are turned for the segmenter, and that their masks come back to their place."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from orthoai.box import Box
from orthoai.geometry import Geometry
from orthoai.tasks.femur.crop import Crop, crop
from orthoai.tasks.femur.flexed import foreground
from orthoai.volume import Volume

GRID = Geometry((100, 110, 20), (6.0, 4.0, 5.0))
"""120 x 440 x 500 mm in LPS order."""


def _thigh(depth_mm: float, height_mm: float) -> tuple[Crop, NDArray[np.bool_]]:
    """The crop around a femur whose hip lies behind and above its knee: (crop, mask)."""
    bone = np.zeros(GRID.shape, bool)
    reach, rise = int(depth_mm / 4), int(height_mm / 5)
    for step in np.linspace(0, 1, 400):
        k, j = 20 + round(step * (rise - 1)), 10 + round(step * (reach - 1))
        bone[k, j, 8:12] = True
    bone[20 + rise - 1, 10 + reach - 1, 4:8] = True  # A head, toward the right.
    volume = Volume(np.where(bone, 1000, 0).astype(np.int16), GRID, "CT")
    whole = crop(volume, Box.around("femur_left", bone, GRID))
    return whole, bone[whole.slices]


class _Segmenter:
    """Marks what is bright, and keeps what it was shown."""

    def __call__(self, volume: Volume) -> NDArray[np.bool_]:
        self.shown = volume
        return volume.voxels > 500


@pytest.mark.parametrize(("depth_mm", "height_mm"), [(400.0, 100.0), (320.0, 300.0)])
def test_a_flexed_thigh_is_shown_hip_up_knee_down_and_its_mask_lies_where_it_was(
    depth_mm: float, height_mm: float
) -> None:
    part, bone = _thigh(depth_mm, height_mm)
    segmenter = _Segmenter()
    np.testing.assert_array_equal(foreground(part, segmenter), bone)
    shown = segmenter.shown
    assert shown.geometry.spacing == (6.0, 5.0, 4.0)
    k, j, i = np.nonzero(shown.voxels > 500)
    assert set(i[k == k.max()]) & {1, 2} and k.max() - k.min() == depth_mm / 4 - 1
    # A turn, no mirror image: the knee of a half-stretched thigh lies behind its hip's height.
    assert j[k.argmin()] > j[k.argmax()]


@pytest.mark.parametrize(("depth_mm", "height_mm"), [(60.0, 400.0), (240.0, 100.0), (320.0, 390.0)])
def test_other_thighs_are_shown_as_they_are(depth_mm: float, height_mm: float) -> None:
    part, bone = _thigh(depth_mm, height_mm)
    segmenter = _Segmenter()
    np.testing.assert_array_equal(foreground(part, segmenter), bone)
    assert segmenter.shown is part.volume
