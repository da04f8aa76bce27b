"""Masks and boxes that follow the classes of their findings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from orthoai.box import Box
from orthoai.errors import InputError
from orthoai.finding import Finding
from orthoai.geometry import Geometry
from orthoai.result import Result

OWN_SHARE = 0.5
"""Part of a connected piece that must lie in a finding's box for the piece to be the finding's."""


def with_marked_classes(given: Result, edited: Result) -> Result:
    """``edited``, in which mask and box of a finding have its new class, too.

    Some tasks give what they mark the class as its voxel value: changed in the findings alone, the old class would be
    learned. Such a finding has a box of its class around its place. A class without a voxel value, such as "normal",
    clears the mask.

    Args:
        given: as the task gave it; its voxels are not read.
        edited: as the reviewer left it, with the same findings in the same order but for their classes.

    Raises:
        InputError: a finding has a new class with a voxel value, and no voxel has it.
    """
    pairs = zip(given.findings, edited.findings, strict=True)
    changed = [(old, new) for old, new in pairs if old.label != new.label]
    if not changed:
        return edited
    values = {name: value for value, name in edited.labels.items()}
    labels, boxes = edited.segmentation.copy(), list(edited.boxes)
    for old, new in changed:
        own = _box_of(old, given.boxes, given.geometry)
        if own is None:
            continue
        if old.label in values:
            rivals = [each for each in given.findings if each.label == old.label and each is not old]
            voxels = _voxels_of(edited.segmentation == values[old.label], old, rivals, own, edited.geometry)
            labels[tuple(voxels.T)] = values.get(new.label, 0)
        if new.label in values and not _has(labels, values[new.label], own):
            raise InputError(
                f'{new.structure} is called "{new.label}" and has no mask of that class; '
                "paint one or choose another class."
            )
        shown = _box_of(old, edited.boxes, edited.geometry)
        boxes = [replace(box, label=new.label) if box is shown else box for box in boxes]
    return replace(edited, segmentation=labels, boxes=tuple(boxes))


def _box_of(finding: Finding, boxes: tuple[Box, ...], geometry: Geometry) -> Box | None:
    """The box of the finding's class around its place, of several the one with the nearest middle; None for none."""
    if finding.place is None:
        return None
    place = geometry.lps_to_index(finding.place.lps)

    def distance(box: Box) -> float:
        return float(np.linalg.norm(np.add(box.index_min, box.index_max) / 2 - place))

    around = (box for box in boxes if box.label == finding.label and _holds(box, place[None])[0])
    return min(around, key=distance, default=None)


def _holds(box: Box, indices: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of the points (N, 3) in index space (i, j, k) lie in ``box``."""
    return np.all((np.array(box.index_min) <= indices) & (indices <= np.array(box.index_max)), axis=1)


def _has(labels: NDArray[np.uint8], value: int, box: Box) -> bool:
    low, high = (np.maximum(np.rint(np.array(edge) + 0.5), 0).astype(int) for edge in (box.index_min, box.index_max))
    return bool((labels[tuple(slice(low[n], high[n]) for n in (2, 1, 0))] == value).any())


def _voxels_of(
    mask: NDArray[np.bool_], finding: Finding, rivals: list[Finding], box: Box, geometry: Geometry
) -> NDArray[np.intp]:
    """Indices (N, 3), in the order k, j, i, of the voxels in ``mask`` that are the finding's.

    Neighboring vertebrae of one class may touch: a voxel is the finding's only where none of ``rivals`` is nearer.
    """
    from scipy import ndimage  # Imported here: only a changed class needs it.

    found = np.argwhere(mask)
    if not len(found):
        return found
    points = geometry.index_to_lps(found[:, ::-1])
    places = [each.place.lps for each in (finding, *rivals) if each.place is not None]
    nearest = np.argmin([np.linalg.norm(points - place, axis=1) for place in places], axis=0)
    found = found[nearest == 0]
    if not len(found):
        return found
    low = found.min(axis=0)
    block = np.zeros(found.max(axis=0) - low + 1, bool)
    block[tuple((found - low).T)] = True
    pieces = ndimage.label(block)[0][tuple((found - low).T)]
    inside = np.bincount(pieces, weights=_holds(box, found[:, ::-1]))
    return found[(inside >= OWN_SHARE * np.bincount(pieces))[pieces]]
