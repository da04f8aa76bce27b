"""From the mask of one vertebra to its body and arch in its own frame.

A mask of a whole vertebra is parted at the body's back wall: behind the middle of the body lies the canal, so the wall
is where the columns in front of the canal end; beside the canal, where the pedicles leave, it is carried on as the
slight hollow that the middle shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from orthoai.geometry import Geometry
from orthoai.segment.components import largest_parts
from orthoai.spine.body_frame import BodyFrame
from orthoai.spine.heights import BodyHeights, measure_body
from scipy import ndimage

from orthoai_training.spine_ct.morphometry import Level
from orthoai_training.spine_ct.real_body import Grid, RealArch, RealBody
from orthoai_training.spine_ct.spine import Frame

TURNS = 2
"""So often a frame is turned to the body that was found along it."""

STEP_MM = 1.0
"""Of the grids in a vertebra's frame."""

MARGIN_MM = 5.0
SMOOTHING = 0.6
"""Standard deviation, in voxels, of what takes the steps off a mask's surface."""

CENTRAL_MM = 6.0
"""Left and right of the middle, in front of the canal, where the back wall is seen."""

CANAL_SHARE = 0.35
"""Where the filled height falls below this share of the body's, the body has ended and the canal begins."""

MOST_HOLLOW_MM = 3.0
"""By so much at most the wall lies further back at the pedicles than in the middle."""

LEAST_COLUMN = 0.4
"""A column shorter than this share of the median one is a spur or a corner: endplates are carried on from inside."""

CORNER_MM = 2.0
"""So close to the outline the rims are rounded: there, too, endplates are carried on from inside."""


@dataclass(frozen=True, eq=False)
class PlacedBody:
    """One vertebral body in its own frame, and where it lay."""

    level: Level
    body: RealBody
    frame: Frame


@dataclass(frozen=True, eq=False)
class RealVertebra(PlacedBody):
    """One vertebra in its own frame, and where it lay."""

    arch: RealArch


def real_vertebra(
    whole: NDArray[np.bool_], geometry: Geometry, level: Level, up: NDArray[np.float64], body: NDArray | None = None
) -> RealVertebra | None:
    """The vertebra in the mask ``whole`` (K, J, I), cropped to it; None where no body can be measured in it.

    Args:
        up: LPS direction along the spine, cranial, roughly.
        body: mask of the body where the label map has it; else it is parted from the arch here.
    """
    field = _Field.of(whole, geometry)
    own = None if body is None else _Field.of(whole & body, geometry)

    def solid_in(frame: Frame) -> Grid:
        if own is not None:
            return own.along(frame)
        local = field.along(frame)
        return _fronted(local, _back_wall(local))

    found = _settled(solid_in, _upright(whole, geometry, up))
    if found is None:
        return None
    solid, depth, frame = found
    made, local = _body(solid, depth), field.along(frame)
    wall = _back_wall(local) if own is None else _back_of(solid)
    return RealVertebra(level, made, frame, _arch(local, wall, level, made))


def real_body(mask: NDArray[np.bool_], geometry: Geometry, level: Level, up: NDArray[np.float64]) -> PlacedBody | None:
    """As :func:`real_vertebra`, of a ``mask`` that holds a body without its arch."""
    found = _settled(_Field.of(mask, geometry).along, _upright(mask, geometry, up))
    if found is None:
        return None
    solid, depth, frame = found
    return PlacedBody(level, _body(solid, depth), frame)


def _upright(mask: NDArray[np.bool_], geometry: Geometry, up: NDArray[np.float64]) -> Frame:
    """The frame in the middle of ``mask`` whose z axis is ``up``."""
    return Frame(BodyFrame.upright((0, 0, 0), up).axes, geometry.index_to_lps(np.argwhere(mask).mean(axis=0)[::-1]))


def _settled(solid_in: Callable[[Frame], Grid], frame: Frame) -> tuple[Grid, float, Frame] | None:
    """(body, its depth in mm, its own frame), from a rough ``frame``; None where no body can be measured.

    Args:
        solid_in: the body on a grid along a frame. The frame tells where a body ends, and the body how its frame lies.
    """
    for _ in range(TURNS):
        found = _measured(solid_in(frame))
        if found is None:
            return None
        axes = frame.axes @ BodyFrame.upright((0, 0, 0), found.up).axes
        frame = Frame(BodyFrame.upright((0, 0, 0), axes[:, 2]).axes, frame.place(np.asarray(found.center)))
    solid = solid_in(frame)
    found = _measured(solid)
    return None if found is None else (solid, found.depth_mm, frame)


@dataclass(frozen=True, eq=False)
class _Field:
    """Signed distances to a mask, in mm, on its grid with MARGIN_MM around."""

    distance: NDArray[np.float32]
    geometry: Geometry

    @classmethod
    def of(cls, mask: NDArray[np.bool_], geometry: Geometry) -> _Field:
        pad = [int(np.ceil(MARGIN_MM / step)) for step in geometry.spacing[::-1]]
        grid = geometry.cropped([-p for p in pad[::-1]], [n + p for n, p in zip(geometry.size, pad[::-1], strict=True)])
        return cls(_signed_distance(np.pad(mask, [(p, p) for p in pad]), grid), grid)

    def along(self, frame: Frame) -> Grid:
        """On a grid along ``frame`` that holds all that is inside."""
        inside = self.geometry.index_to_lps(np.argwhere(self.distance < 0)[:, ::-1])
        local = (inside - frame.center) @ frame.axes
        low, high = local.min(axis=0) - MARGIN_MM, local.max(axis=0) + MARGIN_MM
        low = np.floor(low / STEP_MM) * STEP_MM
        count = np.ceil((high - low) / STEP_MM).astype(int) + 1
        z, y, x = np.meshgrid(*(low[n] + np.arange(count[n]) * STEP_MM for n in (2, 1, 0)), indexing="ij")
        index = self.geometry.lps_to_index(frame.place(np.stack([x, y, z], axis=-1)))
        values = ndimage.map_coordinates(self.distance, np.moveaxis(index[..., ::-1], -1, 0), order=1, mode="nearest")
        return Grid(values.astype(np.float32), (float(low[0]), float(low[1]), float(low[2])), STEP_MM)


def _signed_distance(mask: NDArray[np.bool_], geometry: Geometry) -> NDArray[np.float32]:
    """mm to the mask's faces, negative inside: half way between the last voxel inside and the first outside."""
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing(geometry.spacing)
    outward = sitk.SignedMaurerDistanceMap(image, squaredDistance=False, useImageSpacing=True)
    inward = sitk.SignedMaurerDistanceMap(1 - image, squaredDistance=False, useImageSpacing=True)
    both = sitk.GetArrayFromImage(sitk.Maximum(outward, 0.0) - sitk.Maximum(inward, 0.0))
    smooth: NDArray[np.float32] = ndimage.gaussian_filter(both.astype(np.float32), SMOOTHING)
    return smooth


def _measured(grid: Grid) -> BodyHeights | None:
    k, j, i = grid.values.shape
    return measure_body(grid.values < 0, Geometry((k, j, i), (grid.step,) * 3, grid.low))


def _axis(grid: Grid, number: int) -> NDArray[np.floating]:
    """Places along x (0), y (1) or z (2)."""
    places: NDArray[np.floating] = grid.low[number] + np.arange(grid.values.shape[2 - number]) * grid.step
    return places


def _back_wall(grid: Grid) -> NDArray[np.float64]:
    """y of the body's back wall at each x, from the columns in front of the canal."""
    x, y = _axis(grid, 0), _axis(grid, 1)
    filled = (grid.values < 0).sum(axis=0).astype(np.float64)
    canal_x = _symmetry(filled, x)
    ends, places = [], []
    for n in np.flatnonzero(np.abs(x - canal_x) <= CENTRAL_MM):
        column = ndimage.gaussian_filter1d(filled[:, n], 1.0)
        start = int(np.argmax(column > 0.6 * np.max(column[: column.size * 2 // 3])))
        after = np.flatnonzero(column[start:] < CANAL_SHARE * np.max(column[start : start + 30]))
        if after.size:
            ends.append(y[start + after[0]])
            places.append(x[n] - canal_x)
    if not ends:
        return np.full(x.size, y[-1])
    middle = float(np.median(np.asarray(ends)[np.abs(places) <= CENTRAL_MM / 2]))
    edge = float(np.median(np.asarray(ends)[np.abs(places) > CENTRAL_MM / 2])) - middle
    curved = np.clip(max(edge, 0.0) * ((x - canal_x) / (0.75 * CENTRAL_MM)) ** 2, 0, MOST_HOLLOW_MM)
    wall: NDArray[np.float64] = middle + curved
    return wall


def _symmetry(filled: NDArray[np.float64], x: NDArray[np.floating]) -> float:
    """x of the middle: that of the front half, which is body."""
    rows = np.flatnonzero(filled.any(axis=1))
    front = filled[rows[0] : rows[0] + max(4, int(20 / STEP_MM))]
    return float((front.sum(axis=0) * x).sum() / front.sum())


def _fronted(grid: Grid, wall: NDArray[np.float64]) -> Grid:
    """What lies in front of ``wall``, in one piece."""
    y = _axis(grid, 1)
    values = np.maximum(grid.values, y[None, :, None] - wall[None, None, :]).astype(np.float32)
    solid = values < 0
    values[solid & ~largest_parts(solid)] = 0.5
    return Grid(values, grid.low, grid.step)


def _back_of(grid: Grid) -> NDArray[np.float64]:
    """y of a body's back wall at each x; beside the body that of its edge."""
    y = _axis(grid, 1)
    flat = np.asarray((grid.values < 0).any(axis=0))
    seen = np.flatnonzero(flat.any(axis=0))
    ends = np.array([y[np.flatnonzero(flat[:, n])[-1]] for n in seen])
    middle = float(np.median(ends[np.abs(_axis(grid, 0)[seen]) <= CENTRAL_MM]))
    wall: NDArray[np.float64] = np.interp(
        np.arange(flat.shape[1]), seen, np.clip(ends, middle, middle + MOST_HOLLOW_MM)
    )
    return wall


def _body(grid: Grid, depth: float) -> RealBody:
    """The body whose surface ``grid`` holds, centered in its frame and ``depth`` mm deep."""
    z = _axis(grid, 2)
    lengths: NDArray[np.int64] = (grid.values < 0).sum(axis=0)
    footprint = lengths > LEAST_COLUMN * np.median(lengths[lengths > 0])
    inner = ndimage.distance_transform_edt(np.pad(footprint, 1))[1:-1, 1:-1] * grid.step > CORNER_MM
    top, bottom = _crossing(grid.values, z), -_crossing(grid.values[::-1], -z[::-1])
    nearest = tuple(np.asarray(ndimage.distance_transform_edt(~inner, return_distances=False, return_indices=True)))
    top, bottom = (ndimage.gaussian_filter(plate[nearest], 0.7) for plate in (top, bottom))
    rows = np.abs(_axis(grid, 1)) < 0.15 * depth
    widths = _axis(grid, 0)[np.flatnonzero((lengths[rows] > 0).mean(axis=0) >= 0.5)]
    made = RealBody(grid, top, bottom, depth=depth, width=float(np.ptp(widths)) + grid.step, front=1.0, back=1.0)
    (high, up), (low, down) = made.rims()
    tilt = (up - down) * depth / 2
    return replace(made, front=high - low - tilt, back=high - low + tilt)


def _crossing(values: NDArray[np.float32], z: NDArray[np.floating]) -> NDArray[np.float64]:
    """z (Y, X) of the last place at which each column comes out of the surface."""
    last = z.size - 1 - np.argmax((values < 0)[::-1], axis=0)
    above = np.minimum(last + 1, z.size - 1)
    own = np.take_along_axis(values, last[None], axis=0)[0]
    beyond = np.take_along_axis(values, above[None], axis=0)[0]
    step = np.clip(-own / np.maximum(beyond - own, 1e-3), 0, 1)
    crossing: NDArray[np.float64] = z[last] + step * (z[above] - z[last])
    return crossing


def _arch(grid: Grid, wall: NDArray[np.float64], level: Level, body: RealBody) -> RealArch:
    size = body.depth / level.depth
    deep = (7.6 + 0.9 * level.lumbar) * size
    return RealArch(grid, wall, (level.canal * size / 2, deep), body.depth / 2 + deep + 0.8)
