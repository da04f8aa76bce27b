"""The body's midline and the extent of bone."""

from __future__ import annotations

import numpy as np
import pytest
from femur_fakes import GRID, legs
from orthoai.drr.parallel import parallel_drrs
from orthoai.geometry import Geometry
from orthoai.tasks.femur.body import bone_extent, midline
from orthoai.tasks.femur.view_box import Span
from orthoai.volume import Volume


def body(low: int, high: int, columns: int = 100) -> Volume:
    grid = Geometry(shape=(8, 20, columns), spacing=(5.0, 5.0, 5.0))
    voxels = np.full(grid.shape, -1000, np.int16)
    voxels[:, 5:15, low:high] = 40
    return Volume(voxels, grid)


def test_the_midline_is_the_middle_of_the_tissue():
    assert midline(body(20, 80)) == pytest.approx((20 + 79) / 2 * 5, abs=5)


def test_the_midline_is_found_on_finer_voxels_than_are_looked_at():
    grid = Geometry(shape=(8, 300, 600), spacing=(0.8, 0.8, 5.0))
    voxels = np.full(grid.shape, -1000, np.int16)
    voxels[:, 50:250, 50:450] = 40
    assert midline(Volume(voxels, grid)) == pytest.approx(249.5 * 0.8, abs=2)


@pytest.mark.parametrize(("low", "high"), [(0, 60), (40, 100), (0, 100)])
def test_a_body_cut_off_at_a_side_has_no_midline(low, high):
    assert midline(body(low, high)) is None


def test_one_leg_has_no_midline():
    assert midline(body(30, 60)) is None


def test_air_has_no_midline():
    assert midline(body(30, 30)) is None


def test_bone_is_found_along_both_axes_and_only_in_the_columns_asked_for():
    volume, truth = legs()
    extent = bone_extent(parallel_drrs(volume, slab_slices=2))
    _, step_j, step_k = GRID.spacing
    for value, x in ((1, Span(190, 250)), (2, Span(50, 110))):
        k, j, _ = np.nonzero(truth == value)
        along_k = extent.along_k(x)
        assert (along_k.low, along_k.high) == pytest.approx(((k.min() - 0.5) * step_k, (k.max() + 0.5) * step_k))
        along_j = extent.along_j(x, along_k)
        assert (along_j.low, along_j.high) == pytest.approx(((j.min() - 0.5) * step_j, (j.max() + 0.5) * step_j))
    assert extent.along_k(Span(140, 155)) is None
    assert extent.along_j(Span(190, 250), Span(0, 8)) is None
