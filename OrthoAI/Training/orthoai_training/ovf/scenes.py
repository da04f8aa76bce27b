"""Sagittal slices of a spine whose vertebrae are known, each with the outlines of the bodies it shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from orthoai.geometry import Geometry
from orthoai.spine.measured import Block
from orthoai.spine.stack import OVF_PIXEL_MM, OVF_SLICE_MM, Stack, working_stack
from orthoai.tasks.ovf.labels import CLASSES
from orthoai.volume import Volume
from scipy import ndimage

from orthoai_training.spine_ct.case import SpineCase

LEAST_AREA_SHARE = 0.4
"""A body belongs to a slice in which it has this share of its largest cross-section: nearer its rim every body looks
low, and a normal one like a fracture."""


@dataclass(frozen=True, eq=False)
class BodyBlock:
    """One vertebral body on the working grid.

    Attributes:
        id: its number in the case: VerSe's in a simulated one.
        kind: its class in class order.
        start: (slice, row, column) of the block's first voxel.
        occupancy: float32 (s, r, c), share of the body; its outline runs at 0.5.
        truncated: True where the field of view cuts the body.
    """

    id: int
    kind: int
    start: tuple[int, int, int]
    occupancy: NDArray[np.float32]
    truncated: bool

    def shown_on(self) -> NDArray[np.intp]:
        """Slices of the working grid in which the body is annotated."""
        areas = (self.occupancy > 0.5).sum(axis=(1, 2))
        return np.flatnonzero((areas > 0) & (areas >= LEAST_AREA_SHARE * areas.max())) + self.start[0]

    def reaches(self, index: int) -> bool:
        """Whether slice ``index`` of the working grid holds some of the block."""
        return self.start[0] <= index < self.start[0] + self.occupancy.shape[0]

    def drawn(self, index: int, shape: tuple[int, int]) -> NDArray[np.float32]:
        """Occupancy (H, W) in slice ``index`` of the working grid, which the block must reach."""
        plane = np.zeros(shape, np.float32)
        part = self.occupancy[index - self.start[0]]
        rows, cols = self.start[1], self.start[2]
        plane[rows : rows + part.shape[0], cols : cols + part.shape[1]] = part
        return plane


@dataclass(frozen=True, eq=False)
class SliceScene:
    """One sagittal slice.

    Attributes:
        index: slice of the stack.
        picture: uint8 (H, W) in the bone window.
        bodies: what is to be found; may be empty.
        others: rims of bodies, and bodies that the field of view cuts: shown, and not asked for.
    """

    index: int
    picture: NDArray[np.uint8]
    bodies: tuple[BodyBlock, ...]
    others: tuple[BodyBlock, ...] = ()


@dataclass(frozen=True, eq=False)
class CaseScene:
    """A whole case as working slices."""

    stack: Stack
    blocks: tuple[BodyBlock, ...]

    def slices(self) -> Iterator[SliceScene]:
        """Every slice, from the patient's right to the left."""
        shown = [set() if block.truncated else set(block.shown_on().tolist()) for block in self.blocks]
        for index, picture in enumerate(self.stack.pictures):
            here = [(block, index in where) for block, where in zip(self.blocks, shown, strict=True)]
            reached = [(block, asked) for block, asked in here if block.reaches(index)]
            bodies = tuple(block for block, asked in reached if asked)
            yield SliceScene(index, picture, bodies, tuple(block for block, asked in reached if not asked))


def case_scene(case: SpineCase) -> CaseScene:
    """The working slices of ``case`` as the task makes them, and its bodies on their grid."""
    stack = working_stack(case.volume, "sagittal", OVF_PIXEL_MM, OVF_SLICE_MM)
    known = ((vertebra.id, CLASSES.index(vertebra.label), not vertebra.whole) for vertebra in case.vertebrae)
    return CaseScene(stack, body_blocks(case.outlined, known, stack.grid))


def body_blocks(bodies: Volume, wanted: Iterable[tuple[int, int, bool]], grid: Geometry) -> tuple[BodyBlock, ...]:
    """``bodies``, a map of numbers, on ``grid``; what misses its voxels is left out.

    Args:
        wanted: number, class in class order, and whether the field of view cuts it.
    """
    boxes = ndimage.find_objects(bodies.voxels)
    blocks = []
    for number, kind, truncated in wanted:
        place = boxes[number - 1] if number <= len(boxes) else None
        if place is not None:
            found = on_grid((bodies.voxels[place] == number).astype(np.float32), place, bodies.geometry, grid)
            blocks += [] if found is None else [BodyBlock(number, kind, *found, truncated)]
    return tuple(blocks)


def on_grid(
    shares: NDArray[np.float32], place: Block, own: Geometry, grid: Geometry
) -> tuple[tuple[int, int, int], NDArray[np.float32]] | None:
    """(first voxel, occupancy) of a body in ``grid``; None when it misses the centers of the voxels there.

    Args:
        shares: of the body in the voxels at ``place`` of the grid ``own``; it has none of those around.
    """
    around = own.cropped([span.start - 1 for span in place[::-1]], [span.stop + 1 for span in place[::-1]])
    corners = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) * np.asarray(around.size) - 0.5
    there = grid.lps_to_index(around.index_to_lps(corners))
    first = np.clip(np.floor(there.min(axis=0)).astype(int), 0, np.asarray(grid.size) - 1)
    last = np.clip(np.ceil(there.max(axis=0)).astype(int) + 1, first + 1, grid.size)
    image = sitk.GetImageFromArray(np.pad(shares, 1))
    image.SetSpacing(around.spacing)
    image.SetOrigin(around.origin)
    image.SetDirection(around.direction)
    target = grid.cropped(first, last)
    found = sitk.Resample(
        image, target.size, sitk.Transform(), sitk.sitkLinear, target.origin, target.spacing, target.direction, 0.0
    )
    occupancy = sitk.GetArrayFromImage(found)
    if not (occupancy > 0.5).any():
        return None
    return (int(first[2]), int(first[1]), int(first[0])), occupancy
