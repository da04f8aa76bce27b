"""A scout among the slices of a series: the overview from which a scan is planned, where no mark tells it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from orthoai.errors import InputError
from orthoai.io.dicom_frame import Frame
from orthoai.io.dicom_stack import stack

ACROSS = 0.5
"""Largest cosine between the normals of two planes that lie across each other: 60 degrees or more apart. A scout stands
at right angles on the slices, on those of a tilted gantry at 60 degrees or more; a header that is wrong about one slice
rarely turns it so far."""

FEWEST_SLICES = 3
"""From so many on slices at equal distances show that nothing is lacking; two always are."""


def without_scout(frames: Sequence[Frame]) -> Sequence[Frame]:
    """``frames`` without the one that is a scout beyond doubt; all of them where none is.

    It is a file of its own, it lies across all others, and these are a whole grid without it.
    """
    scout = _across(frames)
    if scout is None or sum(frame.path == frames[scout].path for frame in frames) > 1:
        return frames
    slices = [frame for n, frame in enumerate(frames) if n != scout]
    try:
        stack(slices)
    except InputError:
        return frames
    return slices


def _across(frames: Sequence[Frame]) -> int | None:
    """The number of the one image that lies across the others, which are at least FEWEST_SLICES."""
    orientations = [frame.orientation for frame in frames if frame.orientation is not None]
    if len(orientations) < len(frames) or len(frames) <= FEWEST_SLICES:
        return None
    axes = np.array(orientations)
    normals = np.cross(axes[:, :3], axes[:, 3:])
    if not np.allclose(np.linalg.norm(normals, axis=1), 1, atol=0.01):  # Damaged, so nothing tells how it lies.
        return None
    is_across = np.abs(normals @ normals[0]) <= ACROSS
    odd = np.flatnonzero(is_across if is_across.sum() == 1 else ~is_across)
    return int(odd[0]) if len(odd) == 1 else None
