import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from orthoai.drr.attenuation import SOFT_BONE
from orthoai.drr.parallel import parallel_drrs
from orthoai.drr.perspective import Projector
from orthoai.drr.pose import axial_pose, coronal_pose, pose_along, sagittal_pose
from orthoai.errors import Canceled, InputError
from orthoai.geometry import Geometry
from orthoai.progress import Progress
from orthoai.volume import Volume

AXIS_ORDERS = [
    "".join(letters) for pairs in itertools.permutations(("RL", "AP", "IS")) for letters in itertools.product(*pairs)
]


def _noise(shape=(14, 10, 12), spacing=(1.0, 1.0, 1.0)):
    voxels = np.random.default_rng(0).integers(-1000, 3000, shape).astype(np.int16)
    return Volume(voxels, Geometry(shape, spacing, (5.0, -3.0, 40.0)))


def _smooth(edge=24):
    """A few soft blobs in float32, so that images change smoothly with the pose."""
    k, j, i = np.indices((edge, edge, edge)) / edge
    blobs = np.exp(-((i - 0.4) ** 2 + (j - 0.55) ** 2 + (k - 0.5) ** 2) * 30)
    blobs += np.exp(-((i - 0.65) ** 2 + (j - 0.4) ** 2 + (k - 0.6) ** 2) * 60)
    return Volume((200 + 700 * blobs).astype(np.float32), Geometry((edge, edge, edge), (1.5, 1.5, 1.5)))


def test_straight_parallel_views_are_the_sums_along_the_axes():
    volume = _noise()
    drrs, projector = parallel_drrs(volume), Projector(volume)
    np.testing.assert_allclose(projector(coronal_pose(volume.geometry)), drrs.coronal[::-1], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(projector(axial_pose(volume.geometry)), drrs.axial, rtol=1e-4, atol=1e-3)
    side = SOFT_BONE(volume.voxels.astype(float)).sum(axis=2)[::-1]
    np.testing.assert_allclose(projector(sagittal_pose(volume.geometry)), side, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("codes", AXIS_ORDERS)
def test_every_axis_order_gives_the_same_picture(codes):
    volume = _noise(spacing=(0.8, 1.1, 0.9))
    pose = pose_along(volume.geometry, (0.4, 1.0, 0.3), (0, 0, 1), 1.0, source_mm=60.0)
    np.testing.assert_allclose(Projector(volume.reoriented(codes))(pose), Projector(volume)(pose), rtol=1e-3, atol=2e-2)


def test_a_far_source_looks_like_parallel_rays():
    volume = _noise()
    pose = pose_along(volume.geometry, (0.3, 1.0, 0.2), (0, 0, 1), 0.5)
    source = pose.center - 1e6 * pose.source
    far = Projector(volume)(replace(pose, source=source, parallel=False))
    np.testing.assert_allclose(far, Projector(volume)(pose), rtol=0, atol=0.05)


def test_every_direction_sees_the_same_mass():
    volume = _noise(spacing=(0.8, 1.1, 0.9))
    mass = SOFT_BONE(volume.voxels.astype(float)).sum() * volume.geometry.voxel_volume
    for direction in ((0, 1, 0), (0.5, 1, -0.3), (1, 1, 1), (-0.2, 0.1, 0.9)):
        pose = pose_along(volume.geometry, direction, (0.3, -1, 0.2), 0.25)
        # Interpolation reaches half a voxel past the outer edges.
        pose = replace(pose, shape=(pose.shape[0] + 16, pose.shape[1] + 16))
        seen = Projector(volume)(pose).sum(dtype=torch.float64) * pose.pixel_mm**2
        assert float(seen) == pytest.approx(mass, rel=5e-3)


def test_rays_end_at_the_detector_and_begin_at_the_source():
    voxels = np.full((21, 21, 21), 1000, np.int16)
    volume = Volume(voxels, Geometry(voxels.shape))
    projector, pose = Projector(volume), coronal_pose(volume.geometry, source_mm=1e5)
    center = torch.tensor([10.0, 10.0, 10.0], dtype=torch.float64)

    def middle(**changes):
        image = projector(replace(pose, shape=(1, 1), **changes))
        return float(image[0, 0])

    assert middle() == pytest.approx(21, abs=1e-3)
    # The slice in which a ray ends counts whole.
    assert middle(center=center) == pytest.approx(11, abs=1e-3)
    assert middle(source=center) == pytest.approx(11, abs=1e-3)


def test_the_whole_volume_is_in_view():
    volume = _noise()
    for source_mm in (None, 30.0, 500.0):
        pose = pose_along(volume.geometry, (0.3, 1.0, 0.2), (0, 0, 1), 0.5, source_mm=source_mm)
        wide = replace(pose, shape=(pose.shape[0] + 20, pose.shape[1] + 20))
        image = Projector(volume)(wide)
        image[10:-10, 10:-10] = 0
        # Only the half voxel that interpolation reaches past the edges may fall outside.
        assert float(image.max()) < 1.0


@pytest.mark.parametrize("source_mm", [None, 60.0])
def test_the_gradient_of_the_pose_is_that_of_finite_differences(source_mm):
    volume = _smooth()
    projector = Projector(volume)
    pose = pose_along(volume.geometry, (0.3, 1.0, 0.2), (0, 0, 1), 2.0, source_mm=source_mm)
    weights = torch.linspace(0, 1, pose.shape[0])[:, None] * torch.linspace(1, -1, pose.shape[1])[None, :] ** 2
    about = torch.as_tensor(volume.geometry.index_to_lps([11.5, 11.5, 11.5]))

    def score(parameters):
        turn, shift = parameters[:3], parameters[3:]
        zero = torch.zeros((), dtype=torch.float64)
        skew = torch.stack([zero, -turn[2], turn[1], turn[2], zero, -turn[0], -turn[1], turn[0], zero]).reshape(3, 3)
        return (projector(pose.moved(torch.matrix_exp(skew), shift, about)) * weights).sum(dtype=torch.float64)

    at = torch.tensor([0.02, -0.03, 0.01, 0.3, -0.2, 0.4], dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(score(at), at)
    # Small: bilinear interpolation has kinks, and parallel rays meet many at once.
    steps = torch.tensor([3e-4] * 3 + [5e-3] * 3, dtype=torch.float64)
    with torch.no_grad():
        moves = zip(steps, torch.eye(6, dtype=torch.float64), strict=True)
        expected = torch.stack([(score(at + step * n) - score(at - step * n)) / (2 * step) for step, n in moves])
    scale = float(expected.abs().max())
    assert scale > 5
    np.testing.assert_allclose(gradient, expected, rtol=0.05, atol=0.02 * scale)


@pytest.mark.parametrize("source_mm", [None, 60.0])
def test_the_size_of_a_step_does_not_change_the_picture(source_mm):
    volume = _noise()
    pose = pose_along(volume.geometry, (0.3, 1.0, 0.2), (0, 0, 1), 0.5, source_mm=source_mm)
    whole, single = Projector(volume)(pose), Projector(volume, chunk_bytes=1)(pose)
    np.testing.assert_allclose(single, whole, rtol=1e-5, atol=1e-3)


def test_int16_stays_int16_and_is_not_copied():
    volume = _noise().reoriented("RAS")
    projector = Projector(volume)
    assert projector.voxels.dtype == torch.int16
    assert np.shares_memory(projector.voxels.numpy(), volume.voxels)
    before = volume.voxels.copy()
    projector(coronal_pose(volume.geometry))
    np.testing.assert_array_equal(volume.voxels, before)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_draws_what_the_cpu_draws():
    volume = _noise()
    pose = pose_along(volume.geometry, (0.3, 1.0, 0.2), (0, 0, 1), 0.5, source_mm=60.0)
    np.testing.assert_allclose(
        Projector(volume, device="cuda")(pose).cpu(), Projector(volume)(pose), rtol=1e-3, atol=1e-2
    )


def test_a_source_inside_the_volume_is_refused():
    with pytest.raises(InputError, match="inside the volume"):
        coronal_pose(_noise().geometry, source_mm=3.0)


def test_up_along_the_rays_is_refused():
    with pytest.raises(InputError, match="up direction"):
        pose_along(_noise().geometry, (0, 0, 1), (0, 0, -2))


def test_a_cancel_stops_the_projection():
    volume = _noise()
    with pytest.raises(Canceled):
        Projector(volume)(coronal_pose(volume.geometry), Progress(is_canceled=lambda: True))
