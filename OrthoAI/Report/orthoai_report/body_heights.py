"""Where the three heights of a vertebral body run, from its mask, as the tasks measure them."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from orthoai.geometry import Geometry, Triple
from orthoai.spine.heights import measure_body

HEIGHTS = ("anterior_height", "middle_height", "posterior_height")
"""What the measured heights are called, from the front backward."""

REACH_MM = 45.0
"""Around the place of a finding, more than half a body in any direction."""


def around(place: Triple, geometry: Geometry) -> tuple[slice, slice, slice]:
    """The voxels (k, j, i) of ``geometry`` within REACH_MM of ``place`` (i, j, k) along each axis."""
    spans = []
    for at, spacing, count in zip(place, geometry.spacing, geometry.size, strict=True):
        reach = REACH_MM / spacing
        low = int(np.clip(round(at - reach), 0, count - 1))
        spans.append(slice(low, int(np.clip(round(at + reach) + 1, low + 1, count))))
    return spans[2], spans[1], spans[0]


def part_at(mask: NDArray[np.bool_], place: tuple[float, ...], spacing: tuple[float, ...]) -> NDArray[np.bool_]:
    """The connected part of ``mask`` (2D or 3D) nearest to ``place``; empty for an empty mask.

    Args:
        place: index along each axis of ``mask``; spacing: mm along each.
    """
    if not mask.any():
        return mask
    voxels = np.argwhere(mask)
    nearest = voxels[int(np.argmin((((voxels - place) * spacing) ** 2).sum(axis=1)))]
    parts = sitk.GetArrayFromImage(sitk.ConnectedComponent(sitk.GetImageFromArray(mask.astype(np.uint8))))
    own: NDArray[np.bool_] = parts == parts[tuple(nearest)]
    return own


def height_segments(body: NDArray[np.bool_], geometry: Geometry) -> dict[str, NDArray[np.float64]]:
    """(2, 3) LPS mm of the lower and the upper end of each of HEIGHTS; none of them for what cannot be measured.

    Args:
        body: (K, J, I) on ``geometry``, nothing but the one body.
    """
    found = measure_body(body, geometry)
    return {} if found is None else dict(zip(HEIGHTS, found.segments, strict=True))
