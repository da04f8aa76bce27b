"""Is this image what a task needs? Each bad case has its own sentence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from orthoai.errors import InputError
from orthoai.io.inverted import PADDING_BELOW_HU, looks_inverted
from orthoai.volume import Volume

LONGEST_MM = 3000.0
"""No patient is longer; an image with millimeters that says meters is."""

FINEST_MM, SMALL_MM = 0.15, 65.0
"""A CT with finer voxels than the first whose longest side is below the second is one in centimeters: with 512 pixels
a row, those of a patient are longer. DICOM knows no other unit than mm."""

SAMPLES = 2_000_000
"""Values looked at to judge what an image is; a full histogram of a long CT would take seconds."""

PADDING_ABOVE_HU = 2000.0
"""No bone is so dense, and metal does not lie in the corners of an image."""

PADDED_CORNERS = 4
"""So many of the eight corners are padded with one value where some slices are, or the corners around a round field."""

AIR_BELOW_HU = -200.0
"""Anything in a patient but lung and gas lies above."""

FAT_BELOW_HU = -20.0
"""Fat (-120..-50 HU) and air lie below, muscle and bone above."""

MIN_TISSUE = 1e-4
"""Part of the voxels that must lie above AIR_BELOW_HU; one leg in a large field of view has a hundred times more."""

MIN_FAT = 5e-3
"""Part of the voxels that must lie below FAT_BELOW_HU. A CT cropped inside the body still has several percent; an MR
has none, or some ringing where it was resampled."""

MIN_RANGE_HU = 100.0
"""Smallest difference between the highest and the lowest value of a CT; fat to muscle alone is 150."""

UNSHIFTED_SOFT_TISSUE = (850.0, 1200.0)
"""Where fat, muscle and marrow lie in a CT whose intercept of -1024 or -1000 was never applied."""

UNSHIFTED_BODY = 300.0
"""What lies above is not air in such a CT."""

UNSHIFTED_SHARE = 0.5
"""Part of the voxels of the body that must lie in UNSHIFTED_SOFT_TISSUE to call an image such a CT."""


def require_ct(volume: Volume) -> None:
    """Raise unless ``volume`` is a 3D CT in Hounsfield units.

    The modality decides where the file states it. Where it does not (NIfTI ...), the values decide: a CT has air or
    fat below zero.

    Raises:
        InputError: color or 4D, one slice, a size that is no patient's in mm, NaN or infinity, empty, all air, padded
            with values of metal, gray values reversed, an MR or another modality, a CT without rescaling, no
            Hounsfield units.
    """
    require_slices(volume)
    _require_millimeters(volume)
    if volume.modality not in ("", "CT"):
        raise InputError(f"This is {_article(volume.modality)} image, not a CT; choose a CT.")
    require_finite(volume)
    if volume.voxels.dtype.itemsize == 1:
        raise InputError(
            "The image has 8-bit values: a label map or a picture, no Hounsfield units; use the original CT."
        )
    values = sample(volume.voxels)
    if values.min() == values.max():
        raise InputError(f"The image is empty: every voxel has the value {float(values[0]):g}; export it again.")
    if np.mean(values > AIR_BELOW_HU) < MIN_TISSUE:
        raise InputError("The image holds only air (no value above -200 HU); choose a CT that shows the patient.")
    # Before the padding: reversed air is bright, and of one value where it was clipped.
    if looks_inverted(values, volume.voxels):
        raise InputError(
            "The image looks inverted (air bright and bone dark); exchange black and white, or choose the original CT."
        )
    _require_dark_padding(volume.voxels)
    values = values[values > PADDING_BELOW_HU]
    low, high = float(values.min()), float(values.max())
    if high - low < MIN_RANGE_HU:
        raise InputError(
            f"The values run only from {low:g} to {high:g}: a label map or scaled values, no Hounsfield units; "
            "use the original CT."
        )
    if _is_unshifted(values):
        raise InputError(
            "This CT was stored without its rescale intercept (soft tissue lies near 1000 instead of 0); "
            "export it again in Hounsfield units."
        )
    if volume.modality != "CT" and np.mean(values < FAT_BELOW_HU) < MIN_FAT:
        raise InputError(
            "This is no CT in Hounsfield units: nothing lies below -20 HU (air, fat), as in an MR or a clipped image; "
            "choose the original CT."
        )


def require_slices(volume: Volume) -> None:
    """Raise InputError unless ``volume`` has three axes with at least two voxels along each."""
    shape = volume.voxels.shape
    if len(shape) == 4 and shape[-1] in (3, 4):
        raise InputError("The image is in color (RGB); choose the gray-value image.")
    if len(shape) != 3:
        raise InputError(f"The image has {len(shape)} axes; extract one 3D volume and use that.")
    if min(shape) < 2:
        raise InputError("The image has one slice only; choose the whole 3D series.")


def _require_millimeters(volume: Volume) -> None:
    """A header in centimeters or meters gives nonsense, or fills the memory."""
    spacing = volume.geometry.spacing
    extent = [n * step for n, step in zip(volume.geometry.size, spacing, strict=True)]
    is_tiny = max(extent) < SMALL_MM and min(spacing) < FINEST_MM
    if volume.source.kind != "dicom" and (max(extent) > LONGEST_MM or is_tiny):
        size = " x ".join(f"{length:.3g}" for length in extent)
        raise InputError(
            f"The image would be {size} mm large: its voxel size is not in millimeters; correct the header or export "
            "it again."
        )


def require_finite(volume: Volume) -> None:
    """Raise InputError where a voxel is NaN or infinite."""
    if volume.voxels.dtype.kind != "f":
        return
    for plane in volume.voxels:  # NaN passes through min and max, so no mask of the size of the image is needed.
        if not np.isfinite([plane.min(), plane.max()]).all():
            raise InputError("The image has voxels without a value (NaN or infinite); export it again.")


def sample(voxels: NDArray) -> NDArray:
    """About SAMPLES values of ``voxels``, evenly spread."""
    step = max(1, int(np.ceil((voxels.size / SAMPLES) ** (1 / 3))))
    steps = [min(step, n) for n in voxels.shape]
    return voxels[:: steps[0], :: steps[1], :: steps[2]].ravel()


def corners(voxels: NDArray) -> NDArray:
    """The eight corners (2, 2, 2) of ``voxels`` (K, J, I), of two slices or more each way."""
    return voxels[tuple(slice(None, None, size - 1) for size in voxels.shape)]


def _require_dark_padding(voxels: NDArray) -> None:
    """What was not scanned would be taken for metal, and nothing found beside it."""
    ends = corners(voxels)
    values, counts = np.unique(ends[ends > PADDING_ABOVE_HU], return_counts=True)
    if counts.max(initial=0) >= PADDED_CORNERS:
        raise InputError(
            f"The image is padded with the value {float(values[counts.argmax()]):g} where nothing was scanned, which "
            "reads as metal; set those voxels to -1000 and use that."
        )


def _is_unshifted(values: NDArray) -> bool:
    if np.mean(values < FAT_BELOW_HU) >= MIN_FAT:
        return False
    body = values[values > UNSHIFTED_BODY]
    if body.size < MIN_TISSUE * values.size:
        return False
    low, high = UNSHIFTED_SOFT_TISSUE
    return bool(np.mean((body > low) & (body < high)) > UNSHIFTED_SHARE)


def _article(modality: str) -> str:
    """The modality's name with "a" or "an" as it is spelled aloud."""
    return f"{'an' if modality[0] in 'AEFHILMNORSX' else 'a'} {modality}"
