"""A simulated CT of any size, quickly and in little memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from orthoai.volume import Source, Volume
from scipy.ndimage import zoom

from orthoai_training.synth.limbs import LimbRecipe, simulate_limb

COARSE = LimbRecipe(field="full", spacing=(3.0, 3.0, 3.0), width=(410.0, 410.0), metal=0.0, one_sided=0.0)
"""Both legs from pelvis to feet in a usual field of view."""

SEED = 2025

Shape = tuple[int, int, int]


def limb_ct(shape: Shape, recipe: LimbRecipe = COARSE, seed: int = SEED) -> Volume:
    """Both legs as int16 HU (K, J, I) of ``shape``, interpolated from a simulation at 3 mm.

    The extent in mm is the coarse simulation's whatever the shape, so the voxel size follows from the shape, and the
    segmenter, which works at 1 mm, has the same work. The detail of a fine scan is missing; the times do not depend on
    it.
    """
    coarse = simulate_limb(recipe, seed).volume
    voxels = np.empty(shape, np.int16)
    # Plane by plane: no float copy of the whole.
    depth = coarse.voxels.shape[0]
    for k, place in enumerate((np.arange(shape[0]) + 0.5) * depth / shape[0] - 0.5):
        low = int(np.clip(np.floor(place), 0, depth - 1))
        high = min(low + 1, depth - 1)
        share = float(np.clip(place - low, 0, 1))
        plane = (1 - share) * coarse.voxels[low].astype(np.float32) + share * coarse.voxels[high].astype(np.float32)
        voxels[k] = np.rint(_resized(plane, (shape[1], shape[2])))
    steps = [
        step * old / new
        for step, old, new in zip(coarse.geometry.spacing, coarse.geometry.size, shape[::-1], strict=True)
    ]
    geometry = coarse.geometry.resampled((steps[0], steps[1], steps[2]))
    # Rounding of the extent must not cost or add a voxel.
    return Volume(voxels, replace(geometry, shape=shape), "CT", Source(kind="simulated"))


def _resized(plane: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    factors = [new / old for new, old in zip(shape, plane.shape, strict=True)]
    resized: NDArray[np.float32] = zoom(plane, factors, order=1, mode="nearest", grid_mode=True)
    return resized
