"""A vertebral body seen in its own frame: columns from endplate to endplate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import ArrayLike, NDArray

HALF_WIDTH_MM, HALF_DEPTH_MM, HALF_HEIGHT_MM = 20.0, 36.0, 36.0
"""What is looked at around a body's center; the largest lumbar body is 55 mm wide, 40 deep and 35 high."""

WIDTH_STEP_MM, DEPTH_STEP_MM, HEIGHT_STEP_MM = 2.5, 0.75, 0.4
"""Distance of the samples."""

SHORTEST = 0.25
"""A column shorter than this share of the median one is an osteophyte or a corner, no body."""


@dataclass(frozen=True, eq=False)
class BodyFrame:
    """Columns of ``axes`` are the body's left, posterior and cranial unit vector in LPS; ``center`` in LPS mm."""

    axes: NDArray[np.float64]
    center: NDArray[np.float64]

    @classmethod
    def upright(cls, center: ArrayLike, up: ArrayLike) -> BodyFrame:
        """A frame along ``up`` (LPS) that looks straight ahead."""
        axis = np.asarray(up, np.float64) / np.linalg.norm(up)
        left = np.cross((0.0, 1.0, 0.0), axis)
        left /= np.linalg.norm(left)
        return cls(np.stack([left, np.cross(axis, left), axis], axis=1), np.asarray(center, np.float64))

    @property
    def up(self) -> NDArray[np.float64]:
        """The cranial unit vector."""
        return self.axes[:, 2]

    def turned(self, normal: NDArray[np.float64], middle: NDArray[np.float64]) -> BodyFrame:
        """The frame whose cranial axis is ``normal`` and whose origin is ``middle``, both in this frame."""
        return BodyFrame.upright(self.center + self.axes @ middle, self.axes @ normal)


@dataclass(frozen=True, eq=False)
class Columns:
    """A mask in a body's frame.

    Attributes:
        x, y: places in mm, left and posterior.
        values: (X, Y, Z), the mask 0..1.
        filled: (X, Y), whether a column belongs to the body.
        upper, lower: (X, Y), z in mm of the endplates; of no meaning in columns that are not filled.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    values: NDArray[np.float32]
    filled: NDArray[np.bool_]
    upper: NDArray[np.float64]
    lower: NDArray[np.float64]

    @property
    def step(self) -> float:
        """mm between columns along y."""
        return DEPTH_STEP_MM

    @property
    def height_step(self) -> float:
        """mm between the samples of a column."""
        return HEIGHT_STEP_MM


def columns_of(image: sitk.Image, frame: BodyFrame) -> Columns:
    """``image``, a mask in LPS space with an empty border, as columns of ``frame``."""
    x, y, z = (
        np.arange(-round(half / step), round(half / step) + 1).astype(np.float64) * step
        for half, step in (
            (HALF_WIDTH_MM, WIDTH_STEP_MM),
            (HALF_DEPTH_MM, DEPTH_STEP_MM),
            (HALF_HEIGHT_MM, HEIGHT_STEP_MM),
        )
    )
    resampler = sitk.ResampleImageFilter()
    resampler.SetSize((z.size, y.size, x.size))
    resampler.SetOutputSpacing((HEIGHT_STEP_MM, DEPTH_STEP_MM, WIDTH_STEP_MM))
    resampler.SetOutputDirection([float(value) for value in frame.axes[:, ::-1].ravel()])
    start = frame.center + frame.axes @ np.array([x[0], y[0], z[0]])
    resampler.SetOutputOrigin([float(value) for value in start])
    resampler.SetInterpolator(sitk.sitkLinear)
    values = sitk.GetArrayFromImage(resampler.Execute(image))
    first, last = _longest_runs(values >= 0.5)
    lengths = last - first + 1
    filled = lengths > 0
    if filled.any():
        filled &= lengths >= SHORTEST * np.median(lengths[filled])
    upper = _crossing(values, z, np.maximum(last, 0), 1)
    return Columns(x, y, values, filled, upper, _crossing(values, z, np.minimum(first, z.size - 1), -1))


def _longest_runs(inside: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and last place (X, Y) of the longest run of true values along the last axis; last < first for none.

    A speck of a neighbor above or below is a run of its own.
    """
    run = np.zeros(inside.shape[:2], np.intp)
    best, last = np.zeros_like(run), np.full_like(run, -1)
    for place in range(inside.shape[2]):
        run = (run + 1) * inside[:, :, place]
        longer = run > best
        best[longer], last[longer] = run[longer], place
    return last - best + 1, last


def _crossing(
    values: NDArray[np.float32], z: NDArray[np.float64], ends: NDArray[np.intp], step: int
) -> NDArray[np.float64]:
    """z (X, Y) at which each column of ``values`` (X, Y, Z) falls through one half, from ``ends`` on by ``step``."""
    beyond = np.clip(ends + step, 0, z.size - 1)
    own, other = (
        np.take_along_axis(values, places[..., None], axis=2)[..., 0].astype(np.float64) for places in (ends, beyond)
    )
    drop = np.maximum(own - other, 1e-6)
    return z[ends] + (z[beyond] - z[ends]) * np.clip((own - 0.5) / drop, 0, 1)
