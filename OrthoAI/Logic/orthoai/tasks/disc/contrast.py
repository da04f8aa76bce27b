"""Is this a T2-weighted MR? By its name, and by its content: on T2 the fluid in the canal is bright."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from orthoai.errors import InputError
from orthoai.io.checks import sample
from orthoai.tasks.disc.labels import CANAL, VERTEBRA
from orthoai.volume import Volume

CT_AIR = -300.0
"""Only a CT has values below; an MR has none, or some ringing where it was resampled."""

CT_SHARE = 5e-3
"""Part of the values that must lie below CT_AIR for a CT."""

LEAST_VALUES = 12
"""Different values of an image, at least; a label map has fewer."""

FLUID_PERCENTILE = 75.0
"""Of the canal's pixels: the fluid between the nerve roots."""

LEAST_RATIO = 1.0
"""Fluid over marrow on T2. In 26 SPIDER series (training and validation patients) it is 1.2 to 3.8; on T1 fluid is
darker than marrow."""

LEAST_PIXELS = 200
"""Of canal and of vertebra, at least, for a judgment."""

T1_NAME = re.compile(r"(?<![a-z0-9])t1(?![0-9])", re.IGNORECASE)
T2_NAME = re.compile(r"(?<![a-z0-9])t2(?![0-9])", re.IGNORECASE)

CHOOSE = "choose the sagittal T2 series of the lumbar spine"


def require_mr_values(volume: Volume) -> None:
    """Raise InputError for what cannot be a T2 MR whatever it shows: empty, a label map, a CT, a series named T1."""
    values = sample(volume.voxels)
    low, high = float(values.min()), float(values.max())
    if low == high:
        raise InputError(f"The image is empty: every voxel has the value {low:g}; export it again.")
    if np.mean(values < CT_AIR) > CT_SHARE:
        raise InputError(f"This looks like a CT (values down to {low:g}); {CHOOSE}.")
    if np.unique(values).size < LEAST_VALUES:
        raise InputError(f"The image has few different values, as a label map has; {CHOOSE}.")
    name = volume.source.description
    if T1_NAME.search(name) and not T2_NAME.search(name):
        raise InputError(f"This series is named as T1-weighted; {CHOOSE}.")


def fluid_ratio(pixels: NDArray, labels: NDArray[np.uint8]) -> float | None:
    """Brightness of the canal's fluid over that of marrow; None where the labels show too little of either.

    Args:
        pixels: a slice or stack in the input's own values.
        labels: 1 vertebra, 2 disc, 3 canal on the same pixels.
    """
    canal, marrow = pixels[labels == CANAL], pixels[labels == VERTEBRA]
    if min(canal.size, marrow.size) < LEAST_PIXELS:
        return None
    dark = float(pixels.min())
    bone = float(np.median(marrow)) - dark
    return (float(np.percentile(canal, FLUID_PERCENTILE)) - dark) / bone if bone > 0 else None


def require_t2(ratio: float | None) -> None:
    """Raise InputError when ``ratio`` of :func:`fluid_ratio` says that fluid is dark."""
    if ratio is not None and ratio < LEAST_RATIO:
        raise InputError(
            f"This is no T2-weighted MR: the fluid in the canal is darker than the vertebrae ({ratio:.2f} of their "
            f"brightness), as on T1 or with black and white exchanged; {CHOOSE}."
        )
