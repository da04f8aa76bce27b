"""What the classifier sees of a disc: a window of fixed size in mm, in which a thin disc looks thin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from orthoai.tasks.disc.picture import PixelMm, Slice

CROP_SHAPE = (80, 128)
"""Pixels (rows, columns) of a crop."""

CROP_PIXEL_MM = 0.5
"""Pixel side: a crop shows 40 mm along the spine and 64 mm from front to back, a disc with half of both neighbors."""


@dataclass(frozen=True)
class DiscCrop:
    """One disc of one slice.

    Attributes:
        level: such as "L4/L5".
        pixels: CROP_SHAPE, float32 0..1 as :func:`orthoai.tasks.disc.picture.normalized` made the slice; rows run
            caudal, columns posterior, CROP_PIXEL_MM each.
    """

    level: str
    pixels: Slice


def disc_crop(level: str, image: Slice, pixel_mm: PixelMm, center: tuple[float, float]) -> DiscCrop:
    """The window around ``center`` (row, column; pixel n's center is n) of a normalized slice; 0 outside the slice."""
    source = sitk.GetImageFromArray(np.ascontiguousarray(image, np.float32))
    source.SetSpacing((pixel_mm[1], pixel_mm[0]))
    height, width = CROP_SHAPE
    resampler = sitk.ResampleImageFilter()
    resampler.SetSize((width, height))
    resampler.SetOutputSpacing((CROP_PIXEL_MM, CROP_PIXEL_MM))
    resampler.SetOutputOrigin(_corner(pixel_mm, center))
    resampler.SetInterpolator(sitk.sitkLinear)
    return DiscCrop(level, sitk.GetArrayFromImage(resampler.Execute(source)))


def crop_on_slice(pixels: Slice, shape: tuple[int, ...], pixel_mm: PixelMm, center: tuple[float, float]) -> Slice:
    """A picture of CROP_SHAPE around ``center``, such as a heat map, on a slice of ``shape`` (H, W); 0 outside."""
    source = sitk.GetImageFromArray(np.ascontiguousarray(pixels, np.float32))
    source.SetSpacing((CROP_PIXEL_MM, CROP_PIXEL_MM))
    source.SetOrigin(_corner(pixel_mm, center))
    resampler = sitk.ResampleImageFilter()
    resampler.SetSize((shape[1], shape[0]))
    resampler.SetOutputSpacing((pixel_mm[1], pixel_mm[0]))
    resampler.SetInterpolator(sitk.sitkLinear)
    return sitk.GetArrayFromImage(resampler.Execute(source))


def _corner(pixel_mm: PixelMm, center: tuple[float, float]) -> tuple[float, float]:
    """Center of a crop's first pixel (x, y) in mm from the center of the slice's first pixel."""
    height, width = CROP_SHAPE
    return (
        center[1] * pixel_mm[1] - (width - 1) / 2 * CROP_PIXEL_MM,
        center[0] * pixel_mm[0] - (height - 1) / 2 * CROP_PIXEL_MM,
    )
