"""Where in a CT bone is: the rest, air, table and most of the soft tissue, is never resampled."""

from __future__ import annotations

import numpy as np

from orthoai.geometry import Triple
from orthoai.spine.stack import Region, extent
from orthoai.volume import Volume

BONE_HU = 150.0
"""Above lies bone, contrast medium or metal; even osteoporotic vertebrae have a cortex above."""

STEP_MM = 3.0
"""Distance of the voxels that are looked at."""

LEAST_SHARE = 2e-4
"""Share of a plane's voxels that must be bone: a spine has fifty times more, noise hardly any."""

MARGIN_MM = 15.0
"""Kept around the bone, so that networks see its surroundings."""

NO_BONE = "No bone found."
"""What a task says of a CT without any."""


def bone_region(volume: Volume) -> Region | None:
    """The LPS box in mm around the bone in ``volume``, with MARGIN_MM around it; None where there is no bone."""
    # In one axis order, so that the same patient gives the same box whichever way the file is stored.
    volume = volume.reoriented("LPS")
    geometry = volume.geometry
    steps = [max(1, int(STEP_MM / size)) for size in geometry.spacing]
    part = volume.voxels[:: steps[2], :: steps[1], :: steps[0]]
    counts = [np.zeros(size, np.int64) for size in part.shape]
    # Plane by plane: no mask of the whole is needed.
    for k, plane in enumerate(part):
        bone = plane > BONE_HU
        counts[0][k] = np.count_nonzero(bone)
        counts[1] += bone.sum(axis=1)
        counts[2] += bone.sum(axis=0)
    spans = []
    for axis, step in ((2, steps[0]), (1, steps[1]), (0, steps[2])):
        others = part.size / part.shape[axis]
        hits = np.flatnonzero(counts[axis] > LEAST_SHARE * others)
        if hits.size == 0:
            return None
        spans.append((hits[0] * step, (hits[-1] + 1) * step - 1))
    (i0, i1), (j0, j1), (k0, k1) = spans
    box = geometry.cropped((i0, j0, k0), np.minimum((i1 + 1, j1 + 1, k1 + 1), geometry.size))
    low, high = extent(box)
    return _triple(low - MARGIN_MM), _triple(high + MARGIN_MM)


def _triple(values: np.ndarray) -> Triple:
    x, y, z = (float(value) for value in values)
    return x, y, z
