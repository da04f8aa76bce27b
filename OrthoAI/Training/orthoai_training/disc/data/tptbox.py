"""Reader of tptbox_mri: a T2 crop of another scanner with masks, 1.5 mm voxels; never trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from orthoai.errors import InputError

from orthoai_training.disc.data.volumes import VolumeCase

FOLDER = "tptbox_mri"

VERTEBRA_PARTS = range(41, 51)
CORD_AND_CANAL = (60, 61)
DISC = 100
"""Values of its subregion mask. Endplates have none there and stay background, as in SPIDER."""


def read_tptbox(data: Path) -> VolumeCase:
    """The sample under ``data``; its patient number is 0. Raises InputError where it is missing."""
    folder = data / FOLDER
    image = _oriented(folder / "sub-mri_label-6_T2w.nii.gz")
    parts = _planes(_oriented(folder / "sub-mri_seg-subreg_label-6_msk.nii.gz"))
    labels = np.zeros(parts.shape, np.uint8)
    labels[np.isin(parts, VERTEBRA_PARTS)] = 1
    labels[parts == DISC] = 2
    labels[np.isin(parts, CORD_AND_CANAL)] = 3
    gray = _planes(image).astype(np.float32)
    gray = np.clip(gray / max(float(np.percentile(gray, 99.9)), 1e-6), 0, 1) * 255
    column_mm, row_mm = image.GetSpacing()[1:]
    spacing = (image.GetSpacing()[0], row_mm, column_mm)
    return VolumeCase(0, gray.astype(np.uint8), labels, np.zeros_like(labels), spacing, {})


def _oriented(path: Path) -> sitk.Image:
    if not path.is_file():
        raise InputError(f"{path.parent} is not the TPTBox sample: {path.name} is missing.")
    return sitk.DICOMOrient(sitk.ReadImage(str(path)), "LPS")


def _planes(image: sitk.Image) -> NDArray:
    """Voxels (z up, y back, x) as sagittal slices (x, rows down, y)."""
    return np.ascontiguousarray(np.moveaxis(sitk.GetArrayFromImage(image)[::-1], 2, 0))
