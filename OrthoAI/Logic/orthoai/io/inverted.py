"""Are the gray values of a CT reversed, as in some exports? Then air is bright and bone dark."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PADDING_BELOW_HU = -1500.0
"""Air is -1000 HU: what lies below was not scanned, such as the corners around a round field."""

REVERSED_12_BIT = 2047.0
"""What HU and reversed HU add up to where a scanner's 12 bits, from -1024 HU on, were reversed."""

SOFT_HU, LEAST_SOFT = 200.0, 0.5
"""Fat, organs and muscle lie within so many HU of water, and are at least this share of a body, bones and metal
included: 0.79 or more of it in 17 whole CT, real and simulated."""

BODY_ABOVE_HU = -300.0
"""Anything in a patient but lung and gas lies above."""

TAIL_HU, FAR_HU = 250.0, 700.0
"""Beyond the first, upward, lies bone, and downward air. Most air lies beyond the second, -1000 HU as it is, and most
bone does not."""

LEAST_BONE, MOST_BONE = 3e-3, 0.3
"""Share of the voxels that are bone in a CT of bones. Parts of real CT 5 cm long held up to 0.19."""

LEAST_AIR = 0.02
"""Share of the voxels that air has at least, where the image shows what is around the patient, or lungs."""

LEAST_ALONE = 0.02
"""Share that bone must have where there is no air to tell by: what has less may be gas in a belly."""

FAT_HU, MUSCLE_HU = (-130.0, -80.0), (20.0, 80.0)
"""Where fat and muscle lie. Reversed they lie beside these two."""

MOST_FAR_BONE, LEAST_FAR_AIR = 0.5, 0.5
"""Share of all bone that lies above FAR_HU, at most (0.34 in those 17); of all air that lies below
its negative, at least (0.8)."""

NO_AIR = 0.05
"""Less air than this share of the bone is gas, or the noise of fat, in an image that is cropped inside the body."""

DEEPEST_HU, MOST_DEEP = -1300.0, 1e-4
"""Share of the voxels that may lie below, where there is no more than air. Reversed metal lies there."""


def looks_inverted(values: NDArray, voxels: NDArray) -> bool:
    """Whether ``values`` are no CT of bones in HU as they are, and one when they are reversed.

    They may be negated, mirrored in their own range or mirrored in a scanner's 12 bits. Told by bone, whose values
    spread, and by air, whose values do not: metal, contrast medium, lung, or a field cropped inside the body, is not
    taken for it. Not told is a part with much gas and no other air in it.

    Args:
        values: any of the image's.
        voxels: all of the image's; read only where ``values`` show no bone.
    """
    own = values.astype(np.float32)
    if _has_bone(own):
        return False
    ends = float(voxels.min()) + float(voxels.max())
    ways = (total - own for total in (0.0, ends, REVERSED_12_BIT))
    return any(_has_bone(hu) and (_has_dark_air(hu) or _is_cropped_inside(hu, own)) for hu in ways)


def _has_bone(hu: NDArray[np.float32]) -> bool:
    """Whether most of a body is soft tissue, and bone lies above."""
    hu = hu[hu > PADDING_BELOW_HU]
    body = hu[hu > BODY_ABOVE_HU]
    if not body.size or np.mean(np.abs(body) < SOFT_HU) < LEAST_SOFT:
        return False
    bone = float(np.mean(hu > TAIL_HU))
    return LEAST_BONE <= bone <= MOST_BONE and bool(np.mean(hu > FAR_HU) <= MOST_FAR_BONE * bone)


def _has_dark_air(hu: NDArray[np.float32]) -> bool:
    """Whether much lies below soft tissue, most of it as far as air does and nothing deeper."""
    hu = hu[hu > PADDING_BELOW_HU]
    air = float(np.mean(hu < -TAIL_HU))
    is_air = air >= LEAST_AIR and np.mean(hu < -FAR_HU) >= LEAST_FAR_AIR * air
    return bool(is_air and np.mean(hu < DEEPEST_HU) <= MOST_DEEP)


def _is_cropped_inside(hu: NDArray[np.float32], own: NDArray[np.float32]) -> bool:
    """Whether there is bone and no air, and fat and muscle lie in their places rather than with the values ``own``."""
    bone, air = float(np.mean(hu > TAIL_HU)), float(np.mean(hu < -TAIL_HU))
    return bone >= LEAST_ALONE and air <= NO_AIR * bone and _in_place(hu) > _in_place(own)


def _in_place(hu: NDArray[np.float32]) -> float:
    """Share of what may be fat or muscle."""
    return float(sum(np.mean((hu > low) & (hu < high)) for low, high in (FAT_HU, MUSCLE_HU)))
