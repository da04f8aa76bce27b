"""Where the voxels of each label lie, so that a front end need not look at the whole volume."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from orthoai.progress import Progress
from orthoai.worker.events import Extent


def label_extents(labels: NDArray[np.uint8], progress: Progress | None = None) -> dict[int, Extent]:
    """By label value (i0, i1, j0, j1, k0, k1), half-open, of the tightest box around its voxels.

    Args:
        labels: label map (K, J, I); 0 is no label. Read once, slice by slice.
        progress: may cancel.
    """
    progress = progress or Progress()
    found: dict[int, Extent] = {}
    for k, plane in enumerate(labels):
        progress.check()
        rows = np.flatnonzero(plane.any(axis=1))
        if rows.size == 0:
            continue
        part = plane[rows[0] : rows[-1] + 1]
        for value in np.flatnonzero(np.bincount(part.ravel())[1:]) + 1:
            mask = part == value
            j, i = np.flatnonzero(mask.any(axis=1)) + rows[0], np.flatnonzero(mask.any(axis=0))
            here = (int(i[0]), int(i[-1]) + 1, int(j[0]), int(j[-1]) + 1, k, k + 1)
            found[int(value)] = _joined(found.get(int(value), here), here)
    return dict(sorted(found.items()))


def _joined(a: Extent, b: Extent) -> Extent:
    return min(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), max(a[3], b[3]), min(a[4], b[4]), max(a[5], b[5])
