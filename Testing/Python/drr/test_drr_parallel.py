import itertools
import tracemalloc

import numpy as np
import pytest
import torch
from orthoai.drr import host_sums
from orthoai.drr.attenuation import SOFT_BONE, Attenuation, Ramp
from orthoai.drr.image import axial_image, coronal_image
from orthoai.drr.parallel import parallel_drrs
from orthoai.errors import Canceled
from orthoai.geometry import Geometry
from orthoai.progress import Progress
from orthoai.volume import Volume

BENT = Attenuation((Ramp(-1000, 0, 2e-5), Ramp(0, 3071, 2e-5)))
"""Of two ramps."""

SPACING = (0.7, 0.8, 0.9)
AXIS_ORDERS = [
    "".join(letters) for pairs in itertools.permutations(("RL", "AP", "IS")) for letters in itertools.product(*pairs)
]
NO_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
DEVICES = ["cpu", "cpu:0", pytest.param("cuda", marks=NO_GPU)]
"""cpu:0 takes the torch path on the CPU."""


def _noise(shape=(70, 37, 41), dtype=np.int16, low=-1100):
    return np.random.default_rng(0).integers(low, 3100, shape).astype(dtype)


def _volume(voxels):
    return Volume(voxels, Geometry(voxels.shape, SPACING))


def _expected(voxels, attenuation, slab):
    values = attenuation(voxels.astype(np.float64))
    slabs = [values[k : k + slab].sum(axis=0) * SPACING[2] for k in range(0, len(values), slab)]
    return values.sum(axis=1) * SPACING[1], np.stack(slabs)


def _check(voxels, attenuation=SOFT_BONE, device="cpu", slab=16):
    drrs = parallel_drrs(_volume(voxels), attenuation, device=device, slab_slices=slab)
    coronal, slabs = _expected(voxels, attenuation, slab)
    assert drrs.coronal.dtype == drrs.axial_slabs.dtype == np.float32
    np.testing.assert_allclose(drrs.coronal, coronal, rtol=1e-5, atol=1e-3)
    np.testing.assert_allclose(drrs.axial_slabs, slabs, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("attenuation", [SOFT_BONE, BENT])
@pytest.mark.parametrize("memory", list(itertools.permutations(range(3))))
def test_both_views_are_the_sums_whatever_the_memory_order(memory, attenuation, device):
    voxels = _noise()
    for flips in itertools.product((1, -1), repeat=3):
        view = np.empty([voxels.shape[axis] for axis in memory], np.int16).transpose(np.argsort(memory))
        view = view[tuple(slice(None, None, flip) for flip in flips)]
        view[...] = voxels
        _check(view, attenuation, device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", ["int16", ">i2", "uint8", "uint16", "int32", "float32", "float64"])
def test_every_voxel_type_gives_the_same_sums(dtype, device):
    _check(_noise(low=0).astype(dtype), device=device)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 300, 2), (129, 1, 200), (64, 16, 130)])
def test_sizes_that_do_not_fill_the_tiles(shape):
    _check(_noise(shape))


@pytest.mark.parametrize("slab", [1, 7, 16, 40, 1000])
def test_any_slab_thickness_sums_exactly(slab):
    _check(_noise(), slab=slab)


def test_the_brightest_voxels_do_not_overflow():
    _check(np.full((40, 600, 5), 32767, np.int16), Attenuation((Ramp(-32768, 32767, 1e-3),)))
    _check(np.full((40, 600, 5), 32767, np.int16), Attenuation.soft_bone(cap=2047))


@pytest.mark.parametrize("codes", AXIS_ORDERS)
def test_every_axis_order_gives_the_same_pictures(codes):
    volume = _volume(_noise((50, 30, 40)))
    reference = parallel_drrs(volume)
    stored = volume.reoriented(codes)
    stored = stored.with_voxels(np.ascontiguousarray(stored.voxels))
    assert stored.geometry.axis_codes == codes
    drrs = parallel_drrs(stored.reoriented("LPS"))
    np.testing.assert_array_equal(coronal_image(drrs).pixels, coronal_image(reference).pixels)
    np.testing.assert_array_equal(axial_image(drrs).pixels, axial_image(reference).pixels)


def test_both_views_hold_the_same_mass():
    voxels = _noise()
    drrs = parallel_drrs(_volume(voxels))
    mass = SOFT_BONE(voxels.astype(np.float64)).sum() * np.prod(SPACING)
    assert drrs.coronal.sum(dtype=np.float64) * SPACING[0] * SPACING[2] == pytest.approx(mass, rel=1e-6)
    assert drrs.axial.sum(dtype=np.float64) * SPACING[0] * SPACING[1] == pytest.approx(mass, rel=1e-6)


def test_the_axial_view_can_be_limited_to_the_slabs_that_touch_a_range():
    voxels = _noise()
    drrs = parallel_drrs(_volume(voxels))
    values = SOFT_BONE(voxels.astype(np.float64)) * SPACING[2]

    def check(k0, k1, first, last):
        np.testing.assert_allclose(drrs.axial_between(k0, k1), values[first:last].sum(axis=0), rtol=1e-5, atol=1e-3)

    check(16, 32, 16, 32)
    check(15.5, 32.5, 0, 48)
    check(-20, 1000, 0, 70)
    check(69, 70, 64, 70)
    assert not drrs.axial_between(200, 300).any()
    assert not drrs.axial_between(-30, -20).any()


def test_the_voxels_are_left_alone_even_when_read_only():
    voxels = _noise(dtype=np.float32)
    before = voxels.copy()
    voxels.setflags(write=False)
    for device in ("cpu", "cpu:0"):
        parallel_drrs(_volume(voxels), device=device)
    np.testing.assert_array_equal(voxels, before)


@pytest.mark.parametrize("memory", [(0, 1, 2), (1, 0, 2), (2, 0, 1)])
def test_there_is_no_copy_of_the_volume(memory):
    shape = (512, 160, 160)
    voxels = np.zeros([shape[axis] for axis in memory], np.int16).transpose(np.argsort(memory))[::-1]
    volume = _volume(voxels)
    tracemalloc.start()
    parallel_drrs(volume)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # A copy in int16 alone would be voxels.nbytes; the slabs are an eighth of it.
    assert peak < voxels.nbytes / 2


def test_one_thread_and_many_give_the_same_bits(monkeypatch):
    volume = _volume(_noise((300, 20, 30), np.float32))
    many = parallel_drrs(volume)
    monkeypatch.setattr(host_sums, "MAX_THREADS", 1)
    one = parallel_drrs(volume)
    np.testing.assert_array_equal(one.coronal, many.coronal)
    np.testing.assert_array_equal(one.axial_slabs, many.axial_slabs)


@pytest.mark.parametrize("device", ["cpu", "cpu:0"])
def test_a_cancel_stops_the_projection(device):
    with pytest.raises(Canceled):
        parallel_drrs(_volume(_noise()), device=device, progress=Progress(is_canceled=lambda: True))
