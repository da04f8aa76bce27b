"""The one spine of a segmentation: what lies apart from it is a mistake, such as a vertebra beyond the skin."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from orthoai.tasks.disc.picture import PixelMm

DISC = 2

REACH_MM = 4.0
"""Structures nearer to each other than twice this, within a slice, belong to one spine."""


def spine_region(labels: NDArray[np.uint8], pixel_mm: PixelMm) -> NDArray[np.bool_]:
    """Where the spine and its close surroundings are (S, H, W), given labels (S, H, W); nowhere without a disc label.

    By discs, not by size: noise can pass for vertebrae, hardly for a row of discs.
    """
    mask = sitk.GetImageFromArray((labels > 0).astype(np.uint8))
    reach = [max(1, round(REACH_MM / pixel)) for pixel in (pixel_mm[1], pixel_mm[0])]
    near = sitk.BinaryDilate(mask, [*reach, 0], sitk.sitkBox)
    groups = sitk.GetArrayFromImage(sitk.ConnectedComponent(near, True))
    discs = np.bincount(groups[labels == DISC])
    return groups == discs.argmax() if discs.any() else np.zeros(labels.shape, bool)


def main_spine(labels: NDArray[np.uint8], pixel_mm: PixelMm) -> NDArray[np.uint8]:
    """``labels`` (S, H, W) without what lies apart from the spine; unchanged where no disc is labeled."""
    region = spine_region(labels, pixel_mm)
    return np.where(region, labels, 0).astype(np.uint8) if region.any() else labels
