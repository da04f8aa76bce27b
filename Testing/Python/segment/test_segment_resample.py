"""Onto the network's grid and back."""

import numpy as np
import pytest
from orthoai.geometry import Geometry
from orthoai.segment.resample import MaskBack, ModelGrid
from orthoai.volume import Volume

RANGE = (-100.0, 500.0)
SPACINGS = [(1.0, 1.0, 1.0), (0.7, 0.8, 2.5), (0.3, 0.4, 0.25), (1.5, 1.5, 5.0), (3.0, 0.5, 0.9)]


def volume_of(shape, spacing, seed=0, dtype=np.int16):
    voxels = np.random.default_rng(seed).integers(-1000, 1000, size=shape).astype(dtype)
    return Volume(voxels, Geometry(shape=shape, spacing=spacing))


def back(source, grid, differences, step):
    """The mask of ``differences``, handed over ``step`` planes at a time in one buffer, as the sliding window does."""
    mask = np.zeros(source.shape, bool)
    buffer = np.empty_like(differences[:step])
    returning, following = MaskBack(source, grid), 0
    for first in range(0, len(differences), step):
        planes = buffer[: len(differences) - first]
        planes[:] = differences[first : first + step]
        for start, slab in returning.push(first, planes):
            assert start == following
            following += len(slab)
            mask[start:following] = slab
    assert following == source.shape[0]
    return mask


# In


def test_a_volume_already_at_the_spacing_is_only_normalized():
    volume = volume_of((5, 6, 7), (1.0, 1.0, 1.0))
    expected = (np.clip(volume.voxels, -100, 500) + 100) / 600
    planes = ModelGrid(volume, (1.0, 1.0, 1.0), RANGE).planes(0, 5)
    assert planes.dtype == np.float32
    np.testing.assert_allclose(planes, expected, atol=1e-6)


@pytest.mark.parametrize("spacing", [(0.7, 0.8, 2.5), (1.5, 1.2, 5.0), (1.0, 1.0, 1.0)])
def test_a_field_linear_in_mm_stays_what_it_is(spacing):
    geometry = Geometry(shape=(12, 20, 24), spacing=spacing)
    k, j, i = np.meshgrid(*(np.arange(n) for n in geometry.shape), indexing="ij")
    slope = np.array([7.0, -4.0, 3.0])
    voxels = (geometry.index_to_lps(np.stack([i, j, k], -1)) @ slope).astype(np.float32)
    grid = ModelGrid(Volume(voxels, geometry), (1.0, 1.0, 1.0), RANGE)
    target = grid.geometry
    read = grid.hu(0, target.shape[0])
    k, j, i = np.meshgrid(*(np.arange(n) for n in target.shape), indexing="ij")
    places = target.index_to_lps(np.stack([i, j, k], -1))
    own = geometry.lps_to_index(places)
    # Past the outer voxel centers there is nothing to interpolate.
    inner = ((own >= 0) & (own <= np.asarray(geometry.size) - 1)).all(-1)
    assert inner.mean() > 0.5
    np.testing.assert_allclose(read[inner], (places @ slope)[inner], atol=1e-3)


@pytest.mark.parametrize("spacing", SPACINGS)
def test_a_plane_is_the_same_whichever_planes_it_is_read_with(spacing):
    grid = ModelGrid(volume_of((60, 12, 11), spacing), (1.0, 1.0, 1.0), RANGE)
    count = grid.geometry.shape[0]
    everything = grid.planes(0, count)
    assert everything.shape == grid.geometry.shape
    for first in range(0, count, 7):
        last = min(first + 7, count)
        np.testing.assert_allclose(grid.planes(first, last), everything[first:last], atol=1e-5)


def test_fine_stripes_become_their_mean_and_not_coarse_stripes():
    voxels = np.zeros((8, 8, 120), np.int16)
    voxels[..., ::3] = 300
    grid = ModelGrid(Volume(voxels, Geometry(shape=voxels.shape, spacing=(0.25, 0.25, 0.25))), (1, 1, 1), RANGE)
    inner = grid.hu(0, 2)[:, :, 3:-3]
    np.testing.assert_allclose(inner, 100, atol=10)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_only_the_axis_that_gets_coarser_is_smoothed(axis):
    voxels = np.zeros((24, 24, 24), np.int16)
    stripes = np.moveaxis(voxels, axis, 0)
    stripes[::2] = 300
    spacing = tuple(1.0 if n == 2 - axis else 0.25 for n in range(3))
    grid = ModelGrid(Volume(voxels, Geometry(shape=voxels.shape, spacing=spacing)), (1, 1, 1), RANGE)
    seen = np.moveaxis(grid.hu(0, grid.geometry.shape[0]), axis, 0)
    np.testing.assert_allclose(seen[::2], 300, atol=1e-3)
    np.testing.assert_allclose(seen[1::2], 0, atol=1e-3)


def test_a_grid_that_is_hardly_coarser_is_not_smoothed():
    assert ModelGrid(volume_of((4, 4, 4), (0.7, 0.75, 2.0)), (1.0, 1.0, 1.0), RANGE).sigmas == (0, 0, 0)
    coarse = ModelGrid(volume_of((4, 4, 4), (0.5, 1.0, 3.0)), (1.0, 1.0, 1.0), RANGE).sigmas
    # A voxel of 2 source voxels: variance (2^2 - 1) / 2.3548^2.
    np.testing.assert_allclose(coarse, (0.7355, 0, 0), atol=1e-3)


@pytest.mark.parametrize("dtype", [np.int16, np.uint8, np.float32, np.float64, np.int32, ">i2", np.float16])
def test_any_number_type_is_read(dtype):
    voxels = np.full((3, 3, 3), 50).astype(dtype)
    grid = ModelGrid(Volume(voxels, Geometry(shape=(3, 3, 3))), (1.0, 1.0, 1.0), RANGE)
    np.testing.assert_allclose(grid.planes(0, 3), 0.25, atol=1e-6)


def test_a_view_with_turned_axes_is_read_as_it_looks():
    volume = volume_of((6, 7, 8), (0.8, 0.9, 1.1))
    view = volume.voxels[::-1, :, ::-1]
    assert not view.flags.c_contiguous
    turned = ModelGrid(Volume(view, volume.geometry), (1.0, 1.0, 1.0), RANGE)
    copied = ModelGrid(Volume(view.copy(), volume.geometry), (1.0, 1.0, 1.0), RANGE)
    np.testing.assert_array_equal(turned.planes(0, 4), copied.planes(0, 4))


@pytest.mark.parametrize("shape", [(1, 20, 20), (20, 1, 20), (1, 1, 1)])
@pytest.mark.parametrize("spacing", SPACINGS)
def test_one_voxel_thick_volumes_go_in_and_come_back(shape, spacing):
    geometry = Geometry(shape=shape, spacing=spacing)
    grid = ModelGrid(Volume(np.full(shape, 200, np.int16), geometry), (1.0, 1.0, 1.0), RANGE)
    planes = grid.planes(0, grid.geometry.shape[0])
    np.testing.assert_allclose(planes, 0.5, atol=1e-6)
    assert back(geometry, grid.geometry, planes, 1).all()
    assert not back(geometry, grid.geometry, -planes, 1).any()


# Back


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("step", [1, 5, 1000])
def test_the_mask_does_not_depend_on_how_the_planes_arrive(spacing, step):
    source = Geometry(shape=(70, 9, 8), spacing=spacing)
    grid = source.resampled((1.0, 1.0, 1.0))
    differences = np.random.default_rng(5).normal(size=grid.shape).astype(np.float32)
    expected = back(source, grid, differences, grid.shape[0])
    assert 0.2 < expected.mean() < 0.8
    np.testing.assert_array_equal(back(source, grid, differences, step), expected)


@pytest.mark.parametrize("spacing", SPACINGS)
def test_the_surface_lies_where_the_differences_change_sign_and_not_on_coarse_voxels(spacing):
    source = Geometry(shape=(40, 24, 24), spacing=spacing)
    grid = source.resampled((2.0, 2.0, 2.0))
    normal = np.array([0.3, -0.5, 0.8])

    def signed(geometry):
        k, j, i = np.meshgrid(*(np.arange(n) for n in geometry.shape), indexing="ij")
        middle = source.index_to_lps((np.asarray(source.size) - 1) / 2)
        return (geometry.index_to_lps(np.stack([i, j, k], -1)) - middle) @ normal

    mask = back(source, grid, signed(grid).astype(np.float32), 6)
    truth = signed(source)
    # Past the outer centers of the grid the outer value is repeated, so only the inner part is exact.
    own = grid.lps_to_index(source.index_to_lps(np.moveaxis(np.indices(source.shape)[::-1], 0, -1)))
    inner = ((own >= 0) & (own <= np.asarray(grid.size) - 1)).all(-1) & (np.abs(truth) > 1e-3)
    assert inner.mean() > 0.5
    np.testing.assert_array_equal(mask[inner], (truth > 0)[inner])
