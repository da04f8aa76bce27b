"""Where each label lies along the three patient axes: all that is needed to choose slices and crops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from orthoai.progress import Progress
from orthoai.result import Result

CHUNK = 32
"""Slices looked at together: keeps temporary arrays small for a 512x512x1500 mask."""


@dataclass(frozen=True)
class LabelProfile:
    """Voxel counts of one label.

    Attributes:
        value: voxel value.
        name: structure name.
        counts: per axis (i, j, k) of the LPS-ordered grid the number of voxels in each slice across that axis.
    """

    value: int
    name: str
    counts: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]

    @property
    def bounds(self) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
        """First (i, j, k) and one past the last, on the LPS-ordered grid."""
        spans = [np.flatnonzero(count)[[0, -1]] for count in self.counts]
        first = (int(spans[0][0]), int(spans[1][0]), int(spans[2][0]))
        return first, (int(spans[0][1]) + 1, int(spans[1][1]) + 1, int(spans[2][1]) + 1)


def label_profiles(result: Result, progress: Progress | None = None) -> tuple[LabelProfile, ...]:
    """One profile per label of ``result`` that has voxels, by value. One pass, a few slices at a time."""
    progress = progress or Progress()
    mask = result.segmentation
    counts = {value: [np.zeros(size, np.int64) for size in result.geometry.size] for value in result.labels}
    for start in range(0, mask.shape[0], CHUNK):
        progress.check()
        chunk = mask[start : start + CHUNK]
        flat = (chunk != 0).any(axis=0)
        if not flat.any():
            continue
        rows, columns = np.flatnonzero(flat.any(axis=1)), np.flatnonzero(flat.any(axis=0))
        near_j, near_i = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        for value, (along_i, along_j, along_k) in counts.items():
            hit = chunk[:, near_j, near_i] == value
            along_i[near_i] += np.count_nonzero(hit, axis=(0, 1))
            along_j[near_j] += np.count_nonzero(hit, axis=(0, 2))
            along_k[start : start + CHUNK] += np.count_nonzero(hit, axis=(1, 2))
    steps = result.geometry.axes_to("LPS")
    found = []
    for value, name in sorted(result.labels.items()):
        if counts[value][0].any():
            i, j, k = (counts[value][old][::-1] if flip else counts[value][old] for old, flip in steps)
            found.append(LabelProfile(value, name, (i, j, k)))
    return tuple(found)
