"""The part of the volume that stage 2 looks at: a femur's box with a margin (Xie et al. 2025, "Cropping")."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orthoai.box import Box
from orthoai.geometry import Geometry
from orthoai.volume import Volume

MARGIN_MM = 12.0
"""Added to each face: more than the boxes are off, in the middle of what the segmenter is trained with (0 to 25 mm)."""

Index = tuple[int, int, int]


@dataclass(frozen=True)
class Crop:
    """One femur's part of a volume in LPS order.

    Attributes:
        box: around the femur, in the volume's index space, without margin.
        start, stop: voxels ``start`` <= (i, j, k) < ``stop`` of the volume.
        volume: those voxels, as a view.
    """

    box: Box
    start: Index
    stop: Index
    volume: Volume

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """Where it lies in an array (K, J, I) of the whole volume."""
        (i0, j0, k0), (i1, j1, k1) = self.start, self.stop
        return slice(k0, k1), slice(j0, j1), slice(i0, i1)


def with_margin(box: Box, geometry: Geometry, margin_mm: float = MARGIN_MM) -> tuple[Index, Index]:
    """Voxels ``start`` <= (i, j, k) < ``stop`` of ``geometry`` that the box grown by ``margin_mm`` touches.

    At the edges of the volume the crop ends with it. A box outside the volume gives an empty crop: start == stop.
    """
    margin = margin_mm / np.asarray(geometry.spacing)
    # A box edge lies between voxels: n - 0.5 is the lower edge of voxel n. The small number absorbs rounding.
    low = np.floor(np.asarray(box.index_min) - margin + 0.5 + 1e-6).astype(int)
    high = np.ceil(np.asarray(box.index_max) + margin + 0.5 - 1e-6).astype(int)
    low = np.clip(low, 0, geometry.size)
    high = np.maximum(np.clip(high, 0, geometry.size), low)
    return (int(low[0]), int(low[1]), int(low[2])), (int(high[0]), int(high[1]), int(high[2]))


def crop(volume_lps: Volume, box: Box, margin_mm: float = MARGIN_MM) -> Crop:
    """The part of ``volume_lps`` around ``box``, which lies in its index space. Nothing is copied."""
    start, stop = with_margin(box, volume_lps.geometry, margin_mm)
    return Crop(box, start, stop, volume_lps.cropped(start, stop))
