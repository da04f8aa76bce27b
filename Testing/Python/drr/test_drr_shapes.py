"""Projections of shapes whose line integrals are known in closed form."""

import numpy as np
import pytest
from orthoai.drr.attenuation import Attenuation, Ramp
from orthoai.drr.parallel import parallel_drrs
from orthoai.drr.perspective import Projector
from orthoai.drr.pose import Pose, coronal_pose, pose_along
from orthoai.geometry import Geometry
from orthoai.volume import Volume

DENSITY = Attenuation((Ramp(0, 1000, 1e-3),))
"""1000 HU count as 1 per mm, so that integrals are lengths."""

EDGE_MM = 64.0
CENTER = np.array([3.0, -7.0, 11.0])
RADIUS = 20.0
AXIS = np.array([0.4, -0.3, 0.8]) / np.linalg.norm([0.4, -0.3, 0.8])
"""Of the tilted cylinder."""
CYLINDER_RADIUS = 9.0
HALF_BOX = np.array([12.0, 17.0, 9.0])


class Sphere:
    def inside(self, points):
        """Distance in mm to the surface, positive inside."""
        return RADIUS - np.linalg.norm(points - CENTER, axis=-1)

    def chord(self, start, unit):
        offset = start - CENTER
        along = (offset * unit).sum(-1)
        return 2 * np.sqrt(np.maximum(RADIUS**2 - (offset**2).sum(-1) + along**2, 0))


class Cylinder:
    """Tilted, with ends 28 mm from its middle; only rays that pass clear of the ends are compared."""

    def inside(self, points):
        offset = points - CENTER
        along = offset @ AXIS
        return np.minimum(CYLINDER_RADIUS - np.sqrt(np.maximum((offset**2).sum(-1) - along**2, 0)), 28 - np.abs(along))

    def chord(self, start, unit):
        across = unit - (unit @ AXIS)[..., None] * AXIS
        offset = start - CENTER
        offset = offset - (offset @ AXIS)[..., None] * AXIS
        a, b = (across**2).sum(-1), (offset * across).sum(-1)
        c = (offset**2).sum(-1) - CYLINDER_RADIUS**2
        chord = 2 * np.sqrt(np.maximum(b**2 - a * c, 0)) / a
        middle = start - (b / a)[..., None] * unit - CENTER
        reach = np.abs(middle @ AXIS) + chord / 2
        return np.where(reach < 26, chord, np.nan)


class BoxShape:
    def inside(self, points):
        return (HALF_BOX - np.abs(points - CENTER)).min(axis=-1)

    def chord(self, start, unit):
        with np.errstate(divide="ignore", invalid="ignore"):
            near = (-np.sign(unit) * HALF_BOX - (start - CENTER)) / unit
            far = (np.sign(unit) * HALF_BOX - (start - CENTER)) / unit
        still = np.abs(unit) < 1e-12
        missed = (still & (np.abs(start - CENTER) > HALF_BOX)).any(-1)
        enter = np.where(still, -np.inf, near).max(-1)
        leave = np.where(still, np.inf, far).min(-1)
        return np.where(missed, 0, np.maximum(leave - enter, 0))


def _volume(shape, spacing, codes="LPS"):
    size = tuple(round(EDGE_MM / step) for step in spacing)
    first = CENTER - EDGE_MM / 2 + np.asarray(spacing) / 2
    geometry = Geometry((size[2], size[1], size[0]), spacing, tuple(first))
    k, j, i = np.indices(geometry.shape)
    points = geometry.index_to_lps(np.stack([i, j, k], axis=-1))
    part = np.clip(shape.inside(points) / np.mean(spacing) + 0.5, 0, 1)
    return Volume(np.rint(1000 * part).astype(np.int16), geometry).reoriented(codes)


def _expected(shape, pose: Pose):
    start, span = (part.numpy() for part in pose.rays())
    return shape.chord(start, span / np.linalg.norm(span, axis=-1, keepdims=True))


def _error(shape, volume, pose):
    """Root mean square in mm over the rays that the closed form covers."""
    image = Projector(volume, DENSITY)(pose).numpy()
    difference = image - _expected(shape, pose)
    known = ~np.isnan(difference)
    assert known.sum() > 500
    return float(np.sqrt(np.mean(difference[known] ** 2)))


POSES = {
    "straight": lambda g: coronal_pose(g, 1.0),
    "oblique": lambda g: pose_along(g, (0.5, 1.0, -0.3), (0, 0, 1), 1.0),
    "diagonal": lambda g: pose_along(g, (1, 1, 1), (0, 0, 1), 1.0),
    "from a point": lambda g: coronal_pose(g, 1.5, source_mm=150.0),
    "from a close point, at a slant": lambda g: pose_along(g, (-0.7, 0.2, 0.9), (0, 1, 0), 2.0, source_mm=90.0),
}


@pytest.mark.parametrize("name", POSES)
@pytest.mark.parametrize("shape", [Sphere(), BoxShape(), Cylinder()], ids=["sphere", "box", "cylinder"])
def test_line_integrals_converge_to_the_closed_form(shape, name):
    coarse, fine = (_volume(shape, (step, step, step)) for step in (2.0, 1.0))
    error_coarse = _error(shape, coarse, POSES[name](coarse.geometry))
    error_fine = _error(shape, fine, POSES[name](fine.geometry))
    # A chord ends at a surface that the voxels know to about a tenth of their edge; rim rays are the worst.
    assert error_fine < 0.4
    assert error_fine < 0.6 * error_coarse


@pytest.mark.parametrize("shape", [Sphere(), BoxShape(), Cylinder()], ids=["sphere", "box", "cylinder"])
def test_the_sums_along_the_axes_are_the_closed_form(shape):
    volume = _volume(shape, (0.8, 1.0, 0.5))
    drrs = parallel_drrs(volume, DENSITY)
    for image, axis, row in ((drrs.coronal, 1, 2), (drrs.axial, 2, 1)):
        index = np.zeros((*image.shape, 3))
        index[..., row], index[..., 0] = np.indices(image.shape)
        unit = np.broadcast_to(np.eye(3)[axis], index.shape)
        error = np.abs(image - shape.chord(volume.geometry.index_to_lps(index), unit))
        # Pixels on the rim of a shadow hold the mean of what they half cover.
        assert np.nanquantile(error, 0.95) < 0.5
        assert np.nanmedian(error[image > 1]) < 0.25
