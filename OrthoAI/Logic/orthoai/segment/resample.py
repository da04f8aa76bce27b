"""A volume on the network's grid, and the network's answer back on the volume's grid, a few planes at a time.

The network's grid shares the volume's directions and outer corner (Geometry.resampled), so all positions here are
millimeters from that corner along the index axes, and an oblique volume needs nothing more than a straight one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor, sqrt

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from orthoai.geometry import Geometry, Triple
from orthoai.volume import Volume

Array = NDArray[np.float32]

SMOOTH_ABOVE = 1.5
"""Voxels this many times larger than the source's are smoothed for first: fine detail would otherwise alias."""

FWHM_PER_SIGMA = 2.3548
"""Full width at half maximum of a Gaussian, in standard deviations."""

KERNEL_SIGMAS = 3
"""Where the smoothing kernel ends."""

BACK_PLANES = 32
"""Planes resampled back at once: 32 MB of float32 for slices of 512 x 512."""

DIRECT_TYPES = (np.int16, np.float32)
"""Voxel types that SimpleITK takes as they are; others are read as float32."""


@dataclass(frozen=True)
class ModelGrid:
    """A volume seen on the network's grid.

    Attributes:
        volume: HU, any strides; only the planes asked for are ever copied.
        spacing: the network's voxel size (i, j, k) in mm.
        intensity_range: HU that become 0 and 1; values outside are clipped.
    """

    volume: Volume
    spacing: Triple
    intensity_range: tuple[float, float]

    @property
    def geometry(self) -> Geometry:
        """The network's grid."""
        return self.volume.geometry.resampled(self.spacing)

    @property
    def sigmas(self) -> Triple:
        """Standard deviations (i, j, k), in voxels of the source, of the smoothing before a coarser grid."""
        i, j, k = (target / own for target, own in zip(self.spacing, self.volume.geometry.spacing, strict=True))
        return smoothing_sigma(i), smoothing_sigma(j), smoothing_sigma(k)

    def planes(self, first: int, last: int) -> Array:
        """Planes ``first`` <= k < ``last`` of the network's grid, in 0..1, shape (last - first, J, I)."""
        hu = self.hu(first, last)
        lowest, highest = self.intensity_range
        hu -= np.float32(lowest)
        hu /= np.float32(highest - lowest)
        return np.clip(hu, 0, 1, out=hu)

    def hu(self, first: int, last: int) -> Array:
        """As :meth:`planes`, in HU as they are; a plane is the same whichever planes it is read with."""
        source, target = self.volume.geometry, self.geometry
        ratio = target.spacing[2] / source.spacing[2]
        margin = 1 + ceil(KERNEL_SIGMAS * self.sigmas[2])
        low = floor(_across(first, ratio)) - margin
        high = ceil(_across(last - 1, ratio)) + margin + 1
        # The network's last plane may lie past the volume's last one.
        low, high = min(max(low, 0), source.shape[0] - 1), min(high, source.shape[0])
        image = _image(_simple(self.volume.voxels[low:high]), source.spacing, low)
        return _resampled(_smoothed(image, self.sigmas), target, first, last)


class MaskBack:
    """Class differences on the network's grid become a mask on the volume's grid, as they come.

    The difference is interpolated and then compared with zero: the surface lies where the network put it, not on
    the corners of the network's voxels.
    """

    def __init__(self, source: Geometry, grid: Geometry) -> None:
        self._source = source
        self._grid = grid
        self._ratio = source.spacing[2] / grid.spacing[2]
        self._next = 0
        self._kept: Array | None = None

    def push(self, first: int, planes: Array) -> Iterator[tuple[int, NDArray[np.bool_]]]:
        """Take planes ``first``... of the grid, each once and in order.

        Yields:
            (first plane, mask (n, J, I)) of the volume, for all that can be said by now; in order, every plane once.
        """
        if self._kept is not None:
            planes = np.concatenate([self._kept, planes])
            first -= len(self._kept)
        last = first + len(planes)
        stop = self._source.shape[0]
        if last < self._grid.shape[0]:
            # Plane k needs the grid's planes on both sides of it.
            stop = min(stop, floor(_across(last - 1, 1 / self._ratio) + 1e-6) + 1)
        while self._next < stop:
            chunk = min(self._next + BACK_PLANES, stop)
            low = floor(_across(self._next, self._ratio)) - first
            high = ceil(_across(chunk - 1, self._ratio)) + 1 - first
            low, high = min(max(low, 0), len(planes) - 1), max(min(high, len(planes)), 1)
            image = _image(planes[low:high], self._grid.spacing, first + low)
            yield self._next, _resampled(image, self._source, self._next, chunk) > 0
            self._next = chunk
        # The next planes of the volume may lie between this last plane and the coming one.
        self._kept = planes[-1:].copy()


def smoothing_sigma(ratio: float) -> float:
    """Standard deviation, in voxels of the source, of the smoothing before voxels ``ratio`` times larger; 0 for none.

    A voxel is taken as a Gaussian as wide as itself at half maximum; the difference of the two variances is what the
    larger voxel blurs more (Cardoso et al. 2015).
    """
    return sqrt(ratio**2 - 1) / FWHM_PER_SIGMA if ratio > SMOOTH_ABOVE else 0.0


def _across(index: float, ratio: float) -> float:
    """The index along an axis of another grid with the same corner; ``ratio`` is this spacing over the other's."""
    return (index + 0.5) * ratio - 0.5


def _simple(voxels: NDArray) -> NDArray:
    return np.ascontiguousarray(voxels, dtype=None if voxels.dtype in DIRECT_TYPES else np.float32)


def _image(voxels: NDArray, spacing: Triple, first: int) -> sitk.Image:
    """Planes from ``first`` on, placed in mm from the corner of the whole grid."""
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing(spacing)
    image.SetOrigin((spacing[0] / 2, spacing[1] / 2, (first + 0.5) * spacing[2]))
    return image


def _smoothed(image: sitk.Image, sigmas: Triple) -> sitk.Image:
    if not any(sigmas):
        return image
    return sitk.DiscreteGaussian(
        sitk.Cast(image, sitk.sitkFloat32),
        variance=[sigma**2 for sigma in sigmas],
        maximumKernelWidth=2 * ceil(KERNEL_SIGMAS * max(sigmas)) + 1,
        maximumError=0.01,
        useImageSpacing=False,
    )


def _resampled(image: sitk.Image, grid: Geometry, first: int, last: int) -> Array:
    """Planes ``first`` <= k < ``last`` of ``grid`` from ``image``; past its edges, its edge values."""
    spacing = grid.spacing
    resampler = sitk.ResampleImageFilter()
    resampler.SetSize((*grid.size[:2], last - first))
    resampler.SetOutputSpacing(spacing)
    resampler.SetOutputOrigin((spacing[0] / 2, spacing[1] / 2, (first + 0.5) * spacing[2]))
    resampler.SetInterpolator(sitk.sitkLinear)
    resampler.SetUseNearestNeighborExtrapolator(True)
    resampler.SetOutputPixelType(sitk.sitkFloat32)
    return sitk.GetArrayFromImage(resampler.Execute(image))
