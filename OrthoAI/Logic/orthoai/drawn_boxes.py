"""What any box that a person drew or corrected must be: in the image, with an extent, and the only one of its label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from orthoai.box import Box
from orthoai.errors import InputError
from orthoai.geometry import Geometry

ROUNDING = 1e-6
"""Part of a voxel that counts as rounding: a box that only touches the image lies outside."""


def require_in_image(box: Box, image: Geometry) -> None:
    """Refuse a box in the index space of ``image`` that has no extent or lies outside (InputError)."""
    low, high = np.array([box.index_min, box.index_max])
    if not np.isfinite([low, high]).all() or (high <= low).any():
        raise InputError(f"The box of {box.label} has no extent: draw it again.")
    if (high <= -0.5 + ROUNDING).any() or (low >= np.array(image.size) - 0.5 - ROUNDING).any():
        raise InputError(f"The box of {box.label} lies outside the image: draw it again.")


def require_single(labels: Sequence[str]) -> None:
    """Refuse two boxes of one label (InputError)."""
    for label in labels:
        if labels.count(label) > 1:
            raise InputError(f"There are two boxes labeled {label}: delete one of them.")
