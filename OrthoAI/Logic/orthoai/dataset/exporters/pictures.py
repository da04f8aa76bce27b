"""A reviewed case as flat pictures with the outlines of what is in them.

Picture coordinates are pixel edges, x to the right and y down from the outer corner, as in orthoai.drr.image. The head
or the front is up and the patient's left on the right; in a sagittal picture the front is on the left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orthoai.dataset.exporters.look import Look, Plane, Window
from orthoai.dataset.exporters.outline import Ring, joined, parts_of
from orthoai.detect.letterbox import resize_linear
from orthoai.drr.image import DrrImage, axial_image, coronal_image
from orthoai.drr.parallel import parallel_drrs
from orthoai.progress import Progress
from orthoai.volume import Volume, reorient_array

EMPTY_SLICES = 8
"""Slices drawn of a case in which nothing is marked: a network must also see what healthy looks like."""

PERCENTILES = (1, 99)
"""Of the values, shown as black and white where no window is given."""

SAMPLES = 2_000_000
"""About as many voxels are enough to know the percentiles."""

SLICE_AXIS: dict[Plane, int] = {"axial": 0, "coronal": 1, "sagittal": 2}
"""Array axis (k, j, i of an LPS volume) across each plane."""


@dataclass(frozen=True)
class Shape:
    """One object in a picture.

    Attributes:
        value: its value in the label map.
        outline: (N, 2) corners (x, y) in pixel edges; several parts and holes are joined to one polygon.
    """

    value: int
    outline: Ring

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1 in pixel edges, tight around the outline."""
        (x0, y0), (x1, y1) = self.outline.min(axis=0), self.outline.max(axis=0)
        return float(x0), float(y0), float(x1), float(y1)


@dataclass(frozen=True)
class Picture:
    """A picture and what is in it.

    Attributes:
        name: unique within the case, such as "coronal" or "sagittal_0123".
        pixels: (H, W) uint8.
        shapes: none when nothing is in it.
    """

    name: str
    pixels: NDArray[np.uint8]
    shapes: tuple[Shape, ...]


@dataclass(frozen=True)
class _Frame:
    """From indices (col, row) to pixel edges: x = start[0] + col * step[0], y = start[1] + row * step[1]."""

    start: tuple[float, float]
    step: tuple[float, float]

    @classmethod
    def of(cls, image: DrrImage) -> _Frame:
        (x0, y0), (x1, y1) = image.from_index(0, 0), image.from_index(1, 1)
        return cls((x0, y0), (x1 - x0, y1 - y0))

    def shapes(self, masks: dict[int, NDArray[np.bool_]], is_single: bool) -> tuple[Shape, ...]:
        """The objects in ``masks`` (rows, cols), by value."""
        found: list[Shape] = []
        for value, mask in masks.items():
            parts = parts_of(mask)
            objects = [[ring for part in parts for ring in part]] if is_single and parts else parts
            found.extend(
                Shape(value, np.asarray(self.start) + joined(rings) * np.asarray(self.step)) for rings in objects
            )
        return tuple(found)


def draw_pictures(
    image: Volume, labels: NDArray[np.uint8], values: list[int], look: Look, progress: Progress
) -> Iterator[Picture]:
    """The pictures of one case.

    Args:
        image: in any orientation.
        labels: (K, J, I) on the image's grid.
        values: of the labels that count.
        look: how they are drawn.
        progress: asked for a cancel at every picture.
    """
    volume, marks = image.reoriented("LPS"), reorient_array(labels, image.geometry, "LPS")
    if not look.planes:
        yield from _projections(volume, marks, values, look, progress)
        return
    window = look.window or _own_window(volume.voxels)
    # A picture of one slice has no other plane to be cut in.
    flat = [plane for plane, axis in SLICE_AXIS.items() if volume.voxels.shape[axis] == 1]
    for plane in flat[:1] or look.planes:
        yield from _slices(volume, marks, values, plane, window, look, progress)


# Projections


def _projections(
    volume: Volume, marks: NDArray[np.uint8], values: list[int], look: Look, progress: Progress
) -> Iterator[Picture]:
    """The coronal and the axial view as the femur task draws them; the axial one of the slices that hold a label."""
    depth, height, width = marks.shape
    coronal = {value: np.zeros((depth, width), bool) for value in values}
    axial = {value: np.zeros((height, width), bool) for value in values}
    for k, plane in enumerate(marks):
        progress.check()
        for value in values:
            hits = plane == value
            coronal[value][k] = hits.any(axis=0)
            axial[value] |= hits
    drrs = parallel_drrs(volume, progress=progress)
    picture = coronal_image(drrs)
    yield Picture("coronal", picture.pixels, _Frame.of(picture).shapes(coronal, look.is_single))
    held = np.flatnonzero(np.any([mask.any(axis=1) for mask in coronal.values()], axis=0))
    picture = axial_image(drrs, (float(held[0]), float(held[-1] + 1)) if held.size else None)
    yield Picture("axial", picture.pixels, _Frame.of(picture).shapes(axial, look.is_single))


# Slices


def _slices(
    volume: Volume,
    marks: NDArray[np.uint8],
    values: list[int],
    plane: Plane,
    window: Window,
    look: Look,
    progress: Progress,
) -> Iterator[Picture]:
    """The slices of ``plane`` that show a label, or some when none does."""
    axis = SLICE_AXIS[plane]
    voxels, masks = np.moveaxis(volume.voxels, axis, 0), np.moveaxis(marks, axis, 0)
    steps = volume.geometry.spacing[::-1]
    row_mm, col_mm = (step for n, step in enumerate(steps) if n != axis)
    shown = [number for number, mask in enumerate(masks) if np.isin(mask, values).any()]
    for number in shown or _spread(len(voxels)):
        progress.check()
        head_up = plane != "axial"
        pixels = _square(_windowed(voxels[number], window), row_mm, col_mm)
        frame = _slice_frame(voxels.shape[1:], pixels.shape, head_up)
        found = frame.shapes({value: masks[number] == value for value in values}, look.is_single)
        yield Picture(f"{plane}_{number:04d}", np.ascontiguousarray(pixels[::-1] if head_up else pixels), found)


def _spread(count: int) -> list[int]:
    """Up to EMPTY_SLICES of ``count`` slices, evenly spaced and away from the ends."""
    wanted = min(count, EMPTY_SLICES)
    return [int((number + 0.5) * count / wanted) for number in range(wanted)]


def _own_window(voxels: NDArray) -> Window:
    stride = max(1, round((voxels.size / SAMPLES) ** (1 / 3)))
    low, high = np.percentile(voxels[::stride, ::stride, ::stride], PERCENTILES)
    return Window(float(low), float(high))


def _windowed(values: NDArray, window: Window) -> NDArray[np.uint8]:
    width = max(window.high - window.low, 1e-6)
    return np.rint(np.clip((values.astype(np.float32) - window.low) / width, 0, 1) * 255).astype(np.uint8)


def _square(pixels: NDArray[np.uint8], row_mm: float, col_mm: float) -> NDArray[np.uint8]:
    """``pixels`` with square pixels of the finer of the two spacings."""
    finer = min(row_mm, col_mm)
    rows, cols = pixels.shape
    return resize_linear(pixels, (max(1, round(rows * row_mm / finer)), max(1, round(cols * col_mm / finer))))


def _slice_frame(shape: tuple[int, ...], drawn: tuple[int, ...], head_up: bool) -> _Frame:
    """From indices of a slice of ``shape`` (rows, cols) to its picture of ``drawn`` (H, W)."""
    down, across = drawn[0] / shape[0], drawn[1] / shape[1]
    if head_up:
        return _Frame((across / 2, drawn[0] - down / 2), (across, -down))
    return _Frame((across / 2, down / 2), (across, down))
