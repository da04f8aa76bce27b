"""Coronal and axial projections along the voxel axes, both from one pass over the voxels.

Along an axis a line integral is a sum, limited by the speed of memory, so nothing is marched or interpolated and there
is never a float copy of the volume.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orthoai.drr.attenuation import SOFT_BONE, Attenuation
from orthoai.drr.host_sums import sum_on_host
from orthoai.geometry import Geometry
from orthoai.progress import Progress
from orthoai.volume import Volume

SLAB_SLICES = 16
"""Most axial slices summed into one slab: 16 clipped voxels still fit an int16."""

SLAB_MM = 16.0
"""Thickness of a slab, so that the axial view can be limited to a range whatever the slice spacing."""


@dataclass(frozen=True)
class ParallelDrrs:
    """Line integrals along the voxel axes of a volume in LPS order.

    Attributes:
        coronal: (K, I) float32, summed along j: attenuation times mm.
        axial_slabs: (S, J, I) float32, summed along k in slabs; slab s holds slab_slices slices from slice
            s * slab_slices on.
        slab_slices: slices in one slab; the last may hold fewer.
        geometry: of the projected volume.
    """

    coronal: NDArray[np.float32]
    axial_slabs: NDArray[np.float32]
    slab_slices: int
    geometry: Geometry

    @property
    def axial(self) -> NDArray[np.float32]:
        """(J, I) float32, summed along k over the whole volume."""
        return self.axial_slabs.sum(axis=0)

    def axial_between(self, k0: float, k1: float) -> NDArray[np.float32]:
        """(J, I) float32, summed over the slabs that touch slices ``k0`` <= k < ``k1``; zeros where none does."""
        first = max(0, int(np.floor(k0 / self.slab_slices)))
        last = max(first, int(np.ceil(k1 / self.slab_slices)))
        return self.axial_slabs[first:last].sum(axis=0)


def parallel_drrs(
    volume_lps: Volume,
    attenuation: Attenuation = SOFT_BONE,
    device: str = "cpu",
    progress: Progress | None = None,
    slab_slices: int | None = None,
) -> ParallelDrrs:
    """Project a volume along j (coronal) and along k (axial, in slabs) in one pass.

    Args:
        volume_lps: HU in LPS order; the voxels may be any strided or flipped view and are not copied.
        attenuation: what a voxel of some HU adds per mm.
        device: "cpu", or a torch device that gets the voxels in chunks.
        progress: asked for a cancel at every chunk.
        slab_slices: axial slices per slab, 16 at most; None for slabs of about 16 mm.

    Raises:
        Canceled: the user stopped the run.
    """
    _, step_j, step_k = volume_lps.geometry.spacing
    slab_slices = slab_slices or int(np.clip(round(SLAB_MM / step_k), 1, SLAB_SLICES))
    # i and j are walked forward in memory; a sum does not mind, and the small results are flipped back. k keeps its
    # order because the slabs are counted along it.
    flips = tuple(axis for axis in (1, 2) if volume_lps.voxels.strides[axis] < 0)
    voxels = np.flip(volume_lps.voxels, flips)
    if device == "cpu":
        coronal, slabs = sum_on_host(voxels, attenuation, (step_j, step_k), slab_slices, progress or Progress())
    else:
        from orthoai.drr.device_sums import sum_on_device

        coronal, slabs = sum_on_device(
            voxels, attenuation, (step_j, step_k), slab_slices, progress or Progress(), device
        )
    return ParallelDrrs(
        coronal=np.flip(coronal, 1) if 2 in flips else coronal,
        axial_slabs=np.flip(slabs, flips),
        slab_slices=slab_slices,
        geometry=volume_lps.geometry,
    )
