"""Single vertebral bodies out of a map of all of them: neighbors may touch at an osteophyte or a thin disc."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from orthoai.geometry import Geometry
from orthoai.segment.components import tight_box

LEAST_NECK_MM = 1.5
"""Two parts are two bodies where the one bridge between them is thinner, by so much on each side, than both are."""

SMOOTH_MM = 1.0
"""Standard deviation of the smoothing of the depth below the surface, so that its pixels' steps make no parts."""

SMALLEST_CM3 = 2.5
"""Smaller parts are no body: the smallest of a hundred simulated ones, a crushed T4, has 3.3."""

STEPS_PER_MM = 10
"""Depth is told in steps of so many to the millimeter."""

MARGIN = 3
"""Voxels around all bodies that are looked at, and mm outside them beyond which depth is not told."""

MOST_BODIES = 250
"""What fits into a label map of 8 bits, the largest first; a person has 33."""


@dataclass(frozen=True, eq=False)
class SeparateBody:
    """One vertebral body on the grid that it was found on.

    Attributes:
        number: of its basin in :class:`Separated`.
        place: where ``mask`` lies (slice, row, column).
        mask: bool (s, h, w).
        center: (column, row, slice) of its centroid, continuous indices.
    """

    number: int
    place: tuple[slice, slice, slice]
    mask: NDArray[np.bool_]
    center: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Separated:
    """All bodies.

    Attributes:
        basins: uint8 (S, H, W), the number of the body that each voxel is nearest to by its depth; 0 for those of parts
            that are no body.
        bodies: the largest first.
    """

    basins: NDArray[np.uint8]
    bodies: tuple[SeparateBody, ...]


def separated(probability: NDArray[np.float32], grid: Geometry, threshold: float = 0.5) -> Separated:
    """The bodies in ``probability`` (S, H, W) of any body, on ``grid``: a watershed of the depth below their surface.

    Parts smaller than SMALLEST_CM3 are left out, and of more than MOST_BODIES the smallest.
    """
    inside = (probability >= threshold).astype(np.uint8)
    numbers = np.zeros(inside.shape, np.uint8)
    tight = tight_box(inside)
    if tight is None:
        return Separated(numbers, ())
    window = tuple(slice(max(0, span.start - MARGIN), span.stop + MARGIN) for span in tight)
    image = sitk.GetImageFromArray(np.ascontiguousarray(inside[window]))
    image.SetSpacing(grid.spacing)
    # Single pixels between two endplates are no bridge.
    image = sitk.BinaryMorphologicalOpening(image, (1, 1, 0), sitk.sitkBall)
    basins = _basins(image)
    names, bodies = _bodies(sitk.Mask(basins, image), (window[0].start, window[1].start, window[2].start))
    numbers[window] = names[sitk.GetArrayViewFromImage(basins)]
    return Separated(numbers, bodies)


def _basins(image: sitk.Image) -> sitk.Image:
    """A number for every voxel: of the part of ``image`` that it is nearest to by its depth."""
    depth = sitk.SignedMaurerDistanceMap(image, insideIsPositive=False, squaredDistance=False, useImageSpacing=True)
    depth = sitk.SmoothingRecursiveGaussian(depth, SMOOTH_MM)
    # Far outside nothing is told apart, and whole steps are flooded seven times as fast as fractions.
    steps = sitk.Cast(sitk.Clamp(depth, sitk.sitkFloat32, -1000, MARGIN) * STEPS_PER_MM, sitk.sitkInt16)
    return sitk.MorphologicalWatershed(
        steps, round(LEAST_NECK_MM * STEPS_PER_MM), markWatershedLine=False, fullyConnected=False
    )


def _bodies(parts: sitk.Image, start: tuple[int, int, int]) -> tuple[NDArray[np.uint8], tuple[SeparateBody, ...]]:
    """(new number of each number of ``parts``, the bodies); ``start`` is the first voxel of ``parts`` in the stack."""
    shapes = sitk.LabelShapeStatisticsImageFilter()
    shapes.ComputePerimeterOff()
    shapes.Execute(parts)
    numbers = sitk.GetArrayViewFromImage(parts)
    large = [number for number in shapes.GetLabels() if shapes.GetPhysicalSize(number) >= 1000 * SMALLEST_CM3]
    large = sorted(large, key=shapes.GetPhysicalSize, reverse=True)[:MOST_BODIES]
    # A basin may have nothing of the parts, so that its number is larger than theirs.
    names = np.zeros(np.iinfo(np.uint16).max + 1, np.uint8)
    found = []
    for name, number in enumerate(large, start=1):
        names[number] = name
        column, row, first, width, height, depth = shapes.GetBoundingBox(number)
        own = (slice(first, first + depth), slice(row, row + height), slice(column, column + width))
        mask = numbers[own] == number
        place = tuple(slice(span.start + low, span.stop + low) for span, low in zip(own, start, strict=True))
        s, r, c = np.argwhere(mask).mean(axis=0) + [span.start for span in place]
        found.append(SeparateBody(name, (place[0], place[1], place[2]), mask, (float(c), float(r), float(s))))
    return names, tuple(found)
