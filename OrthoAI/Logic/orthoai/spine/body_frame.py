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
    inside = values >= 0.5
    lengths = inside.sum(axis=2)
    filled = lengths > 0
    if filled.any():
        filled &= lengths >= SHORTEST * np.median(lengths[filled])
    return Columns(x, y, values, filled, _top(values, z), -_top(values[:, :, ::-1], -z[::-1]))


def _top(values: NDArray[np.float32], z: NDArray[np.float64]) -> NDArray[np.float64]:
    """z (X, Y) at which each column of ``values`` (X, Y, Z) falls through one half for the last time."""
    last = z.size - 1 - np.argmax(values[:, :, ::-1] >= 0.5, axis=2)
    above = np.minimum(last + 1, z.size - 1)
    own = np.take_along_axis(values, last[..., None], axis=2)[..., 0].astype(np.float64)
    next_own = np.take_along_axis(values, above[..., None], axis=2)[..., 0].astype(np.float64)
    drop = np.maximum(own - next_own, 1e-6)
    return z[last] + (z[above] - z[last]) * np.clip((own - 0.5) / drop, 0, 1)
