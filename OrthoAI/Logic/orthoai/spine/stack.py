"""A CT of any axis order, oblique or tilted, as straight sagittal or axial slices of one pixel size, and the way back.

The working grid is aligned with the patient (LPS), so a network always sees a spine upright, whatever the scanner did.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import SimpleITK as sitk
from numpy.typing import ArrayLike, NDArray

from orthoai.geometry import Geometry, Triple
from orthoai.spine.window import windowed
from orthoai.volume import Volume

OVF_PIXEL_MM, OVF_SLICE_MM = 0.8, 3.0
"""Sagittal slices of the task ``ovf``."""

OVF_SIZE = 384
"""Pixels along the side of a tile that its network takes."""

FRACTURE_PIXEL_MM, FRACTURE_SLICE_MM = 1.0, 3.0
"""Sagittal and axial slices of the task ``fracture``."""

FRACTURE_SIZE = 256
"""Pixels along the side of a tile that its networks take."""

OUTSIDE_HU = -1024.0
"""Value of working voxels that lie outside the input."""

PLANES = {
    "sagittal": (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0),
    "axial": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
}
"""Direction matrices (Geometry.direction): sagittal columns run posterior, rows caudal, slices to the patient's left
("PIL"); axial columns run left, rows posterior, slices cranial ("LPS")."""

MOST_THIN_SLICES = 5
"""Thin slices averaged to one working slice, at most, as a reformation of that thickness does."""

BACK_PLANES = 32
"""Planes of the input resampled at once on the way back."""

Region = tuple[Triple, Triple]
"""Two LPS corners in mm: the lowest and the highest along each axis."""


@dataclass(frozen=True)
class Stack:
    """Working slices of a CT.

    Attributes:
        hu: float32 (S, H, W); OUTSIDE_HU outside the input.
        grid: the working grid, index axes (column, row, slice).
        source: the input's own grid.
    """

    hu: NDArray[np.float32]
    grid: Geometry
    source: Geometry

    @cached_property
    def pictures(self) -> NDArray[np.uint8]:
        """(S, H, W) gray values in the bone window."""
        return np.stack([windowed(plane) for plane in self.hu])

    @property
    def pixel_mm(self) -> float:
        """Side of the square pixels."""
        return self.grid.spacing[0]

    @property
    def slice_mm(self) -> float:
        """From one slice to the next."""
        return self.grid.spacing[2]

    def back(self, labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """``labels`` (S, H, W) on the input's own grid (K, J, I), from the nearest working voxel; 0 outside."""
        return self._whole(labels, sitk.sitkNearestNeighbor)

    def back_probability(self, probability: NDArray[np.float32]) -> NDArray[np.float32]:
        """``probability`` (S, H, W) on the input's own grid (K, J, I), interpolated linearly; 0 outside."""
        return self._whole(probability, sitk.sitkLinear)

    def back_planes(self, probability: NDArray[np.float32], first: int, last: int) -> NDArray[np.float32]:
        """As :meth:`back_probability`, planes ``first`` <= k < ``last`` only: (last - first, J, I)."""
        _, height, width = self.source.shape
        result = np.zeros((last - first, height, width), np.float32)
        for k, part, window in _back(probability, self.grid, self.source, sitk.sitkLinear, first, last):
            result[(slice(k - first, k - first + len(part)), *window)] = part
        return result

    def _whole(self, array: NDArray, interpolator: int) -> NDArray:
        result = np.zeros(self.source.shape, array.dtype)
        for k, part, window in _back(array, self.grid, self.source, interpolator, 0, self.source.shape[0]):
            result[(slice(k, k + len(part)), *window)] = part
        return result


def working_stack(volume: Volume, plane: str, pixel_mm: float, slice_mm: float, region: Region | None = None) -> Stack:
    """``volume`` as slices of ``plane``.

    In the plane the input is interpolated linearly. Across it, where the input is finer than the slices, several thin
    slices are averaged, as a radiologist's reformation is.

    Args:
        volume: HU, any of the 48 axis orders, oblique or tilted.
        plane: "sagittal" or "axial".
        pixel_mm: side of the working pixels.
        slice_mm: from one working slice to the next.
        region: the part of the patient to work on; all of the input where None. Memory grows with it.

    Raises:
        ValueError: another plane, or a region outside the input.
    """
    grid = working_grid(volume.geometry, plane, pixel_mm, slice_mm, region)
    image = _image_around(volume, grid)
    thin = _thin_slices(volume.geometry, grid)
    size, spacing = grid.size, grid.spacing
    resampler = sitk.ResampleImageFilter()
    resampler.SetOutputSpacing((spacing[0], spacing[1], spacing[2] / thin))
    resampler.SetOutputDirection(grid.direction)
    resampler.SetInterpolator(sitk.sitkLinear)
    resampler.SetDefaultPixelValue(OUTSIDE_HU)
    resampler.SetOutputPixelType(sitk.sitkFloat32)
    resampler.SetSize((size[0], size[1], thin))
    hu = np.empty(grid.shape, np.float32)
    for index in range(size[2]):
        first = grid.index_to_lps((0, 0, index + (0.5 / thin - 0.5)))
        resampler.SetOutputOrigin(_triple(first))
        sitk.GetArrayFromImage(resampler.Execute(image)).mean(axis=0, out=hu[index])
    return Stack(hu, grid, volume.geometry)


def working_grid(
    geometry: Geometry, plane: str, pixel_mm: float, slice_mm: float, region: Region | None = None
) -> Geometry:
    """The LPS-aligned grid of ``plane`` that holds all of ``geometry``, or ``region`` of it; see working_stack."""
    if plane not in PLANES:
        raise ValueError(f'the plane is "{plane}", not one of {", ".join(PLANES)}')
    low, high = extent(geometry)
    if region is not None:
        low, high = np.maximum(low, region[0]), np.minimum(high, region[1])
        if (low >= high).any():
            raise ValueError("the region lies outside the volume")
    direction = PLANES[plane]
    directions = np.asarray(direction).reshape(3, 3)
    spacing = np.array([pixel_mm, pixel_mm, slice_mm])
    size = np.maximum(1, np.ceil(np.abs(directions.T @ (high - low)) / spacing - 1e-6)).astype(int)
    # Each index axis starts at the low or the high side of the extent, as its direction says.
    corner = np.where(directions.sum(axis=1) > 0, low, high)
    origin = corner + directions @ (spacing / 2)
    return Geometry((int(size[2]), int(size[1]), int(size[0])), _triple(spacing), _triple(origin), direction)


def extent(geometry: Geometry) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The lowest and the highest LPS coordinates (3,) of the outer voxel edges."""
    corners = geometry.index_to_lps(np.array(list(product((0, 1), repeat=3))) * np.asarray(geometry.size) - 0.5)
    return corners.min(axis=0), corners.max(axis=0)


def _thin_slices(source: Geometry, grid: Geometry) -> int:
    """How many thin slices are averaged: as many as the input's own fit into one working slice."""
    across = np.abs(source.directions.T @ grid.directions[:, 2])
    own = float(across @ np.asarray(source.spacing)) if across.max() < 0.99 else source.spacing[int(across.argmax())]
    return int(np.clip(round(grid.spacing[2] / own), 1, MOST_THIN_SLICES))


def _image_around(volume: Volume, grid: Geometry) -> sitk.Image:
    """The voxels of ``volume`` that ``grid`` needs."""
    start, stop = _index_range(grid, volume.geometry, margin=2)
    part = volume.cropped(start, stop)
    direct = part.voxels.dtype in (np.int16, np.float32)
    return _image(np.ascontiguousarray(part.voxels, dtype=None if direct else np.float32), part.geometry)


def _image(voxels: NDArray, geometry: Geometry) -> sitk.Image:
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing(geometry.spacing)
    image.SetOrigin(geometry.origin)
    image.SetDirection(geometry.direction)
    return image


def _index_range(inner: Geometry, outer: Geometry, margin: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The voxels (start, stop) of ``outer`` around the extent of ``inner``, at least one along each axis."""
    corners = np.array(list(product((0, 1), repeat=3))) * np.asarray(inner.size) - 0.5
    places = outer.lps_to_index(inner.index_to_lps(corners))
    size = np.asarray(outer.size)
    start = np.clip(np.floor(places.min(axis=0)).astype(int) - margin, 0, size - 1)
    stop = np.clip(np.ceil(places.max(axis=0)).astype(int) + 1 + margin, start + 1, size)
    return start, stop


def _back(
    array: NDArray, grid: Geometry, source: Geometry, interpolator: int, first: int, last: int
) -> Iterator[tuple[int, NDArray, tuple[slice, slice]]]:
    """``array`` on ``grid`` in planes ``first`` <= k < ``last`` of ``source``: (first plane, voxels, their j and i).

    Only where ``grid`` lies; what is not answered is 0.
    """
    if array.shape != grid.shape:
        raise ValueError(f"the array has shape {array.shape}, the working grid {grid.shape}")
    start, stop = (edge.tolist() for edge in _index_range(grid, source, margin=0))
    image = _image(np.ascontiguousarray(array), grid)
    resampler = sitk.ResampleImageFilter()
    resampler.SetOutputSpacing(source.spacing)
    resampler.SetOutputDirection(source.direction)
    resampler.SetInterpolator(interpolator)
    resampler.SetDefaultPixelValue(0)
    window = (slice(start[1], stop[1]), slice(start[0], stop[0]))
    for k in range(max(first, start[2]), min(last, stop[2]), BACK_PLANES):
        end = min(k + BACK_PLANES, last, stop[2])
        resampler.SetSize((stop[0] - start[0], stop[1] - start[1], end - k))
        resampler.SetOutputOrigin(_triple(source.index_to_lps((start[0], start[1], k))))
        yield k, sitk.GetArrayFromImage(resampler.Execute(image)), window


def _triple(values: ArrayLike) -> Triple:
    x, y, z = (float(v) for v in np.asarray(values))
    return x, y, z
