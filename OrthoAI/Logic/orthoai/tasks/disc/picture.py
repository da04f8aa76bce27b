"""A sagittal slice as every network of the disc task sees it: how gray it is, and how large a pixel is.

A slice is (H, W): row 0 is cranial, column 0 anterior. Training and inference both come through here.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from orthoai.segment.resample import smoothing_sigma

Slice = NDArray[np.float32]

PixelMm = tuple[float, float]
"""Pixel size in mm along (rows, columns)."""

DARKEST_PERCENT, BRIGHTEST_PERCENT = 1.0, 99.0
"""Percentiles of a slice that become 0 and 1: MR values carry no unit, and a few vessels outshine all else."""


def normalized(pixels: NDArray) -> Slice:
    """``pixels`` (H, W) of any unit as float32: the 1st percentile is 0, the 99th 1; 0 where there is no contrast."""
    low, high = np.percentile(pixels, (DARKEST_PERCENT, BRIGHTEST_PERCENT))
    if high <= low:
        return np.zeros(pixels.shape, np.float32)
    return np.clip((pixels.astype(np.float32) - np.float32(low)) / np.float32(high - low), 0, 1)


def detector_picture(image: Slice) -> NDArray[np.uint8]:
    """A normalized slice (H, W) as the 8-bit picture that a detector takes."""
    return np.rint(image * 255).astype(np.uint8)


def resampled(image: Slice, pixel_mm: PixelMm, target_mm: float) -> Slice:
    """``image`` (H, W) with square pixels of ``target_mm``, linear, from the same outer corner.

    The result has ceil(size * pixel / target) pixels, so that it covers the image; :func:`resampled_to` leads back.
    """
    shape = (target_size(image.shape[0], pixel_mm[0], target_mm), target_size(image.shape[1], pixel_mm[1], target_mm))
    return resampled_to(image, pixel_mm, shape, (target_mm, target_mm))


def target_size(size: int, pixel_mm: float, target_mm: float) -> int:
    """Pixels of ``target_mm`` that cover ``size`` pixels of ``pixel_mm``."""
    return max(1, int(np.ceil(size * pixel_mm / target_mm - 1e-6)))


def resampled_to(image: Slice, pixel_mm: PixelMm, shape: tuple[int, int], target_mm: PixelMm) -> Slice:
    """``image`` (H, W) on a grid of ``shape`` and ``target_mm`` with the same corner; past its edges edge values."""
    source = _placed(image, pixel_mm)
    sigmas = [smoothing_sigma(target / pixel) * pixel for pixel, target in zip(pixel_mm, target_mm, strict=True)]
    if any(sigmas):
        # A variance of zero along one axis leaves that axis as it is.
        variance = [sigmas[1] ** 2, sigmas[0] ** 2]
        source = sitk.DiscreteGaussian(source, variance, 64, 0.01, True)
    resampler = sitk.ResampleImageFilter()
    resampler.SetSize((shape[1], shape[0]))
    resampler.SetOutputSpacing((target_mm[1], target_mm[0]))
    resampler.SetOutputOrigin((target_mm[1] / 2, target_mm[0] / 2))
    resampler.SetInterpolator(sitk.sitkLinear)
    resampler.SetUseNearestNeighborExtrapolator(True)
    return sitk.GetArrayFromImage(resampler.Execute(source))


def _placed(image: Slice, pixel_mm: PixelMm) -> sitk.Image:
    """``image`` in mm from its outer corner."""
    placed = sitk.GetImageFromArray(np.ascontiguousarray(image, np.float32))
    placed.SetSpacing((pixel_mm[1], pixel_mm[0]))
    placed.SetOrigin((pixel_mm[1] / 2, pixel_mm[0] / 2))
    return placed
