"""From one foreground mask per crop to one label per voxel: each voxel to one side, each side in one part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from orthoai.box import Box
from orthoai.segment.components import largest_parts, main_part
from orthoai.tasks.femur.crop import Crop

Mask = NDArray[np.bool_]
Largest = Callable[[Mask], Mask]

SMALLEST_ML = 0.2
"""A smaller part is no femur: it is what a network makes of a box without one."""


@dataclass(frozen=True)
class Part:
    """One femur's mask (K, J, I) on its crop's grid."""

    crop: Crop
    mask: Mask

    @property
    def volume_ml(self) -> float:
        """Milliliters."""
        return float(np.count_nonzero(self.mask)) * self.crop.volume.geometry.voxel_volume / 1000


def assemble(parts: Sequence[Part], largest: Largest = largest_parts) -> list[Part]:
    """The parts in the same order, without shared voxels, each in one piece; tiny ones are left out.

    A piece that hangs on by a thin bridge, such as the tibia's plateau in a narrow knee, is not part of the femur.
    """
    whole = list(parts)
    if len(whole) == 2:
        whole = list(separate(whole[0], whole[1], largest))
    kept = [replace(part, mask=main_part(part.mask, part.crop.volume.geometry.spacing)) for part in whole]
    return [part for part in kept if part.volume_ml >= SMALLEST_ML]


def paste(parts: Sequence[Part], values: Sequence[int], labels: NDArray[np.uint8]) -> None:
    """Write each part's value into ``labels``, an array or view (K, J, I) of the whole volume in LPS order."""
    for part, value in zip(parts, values, strict=True):
        labels[part.crop.slices][part.mask] = value


def separate(first: Part, second: Part, largest: Largest = largest_parts) -> tuple[Part, Part]:
    """Two parts without shared voxels.

    The crop of one femur holds a piece of the other where the knees are close. A voxel that both claim belongs

    1. to the side in whose box alone it lies,
    2. else to the side with whose largest part it is connected, if that is one side only,
    3. else to the side of the plane midway between the boxes on which it lies.
    """
    window = _shared_window(first.crop, second.crop)
    if window is None:
        return first, second
    masks = [first.mask.copy(), second.mask.copy()]
    views = [mask[_inside(part.crop, window)] for mask, part in zip(masks, (first, second), strict=True)]
    if not (views[0] & views[1]).any():
        return first, second
    in_boxes = [_in_box(part.crop.box, window) for part in (first, second)]
    _give_to_own_box(views, in_boxes)
    if (views[0] & views[1]).any():
        kept = [largest(mask) for mask in masks]
        _give_to_connected(
            views, [mask[_inside(p.crop, window)] for mask, p in zip(kept, (first, second), strict=True)]
        )
        _give_by_plane(views, first.crop.box, second.crop.box, window)
    return replace(first, mask=masks[0]), replace(second, mask=masks[1])


# Rules: each changes both views in place


def _give_to_own_box(views: list[Mask], in_boxes: list[Mask]) -> None:
    shared = views[0] & views[1]
    views[0][shared & in_boxes[1] & ~in_boxes[0]] = False
    views[1][shared & in_boxes[0] & ~in_boxes[1]] = False


def _give_to_connected(views: list[Mask], kept: list[Mask]) -> None:
    shared = views[0] & views[1]
    views[0][shared & kept[1] & ~kept[0]] = False
    views[1][shared & kept[0] & ~kept[1]] = False


def _give_by_plane(views: list[Mask], first: Box, second: Box, window: tuple[slice, slice, slice]) -> None:
    shared = views[0] & views[1]
    centers = [(box.index_min[0] + box.index_max[0]) / 2 for box in (first, second)]
    low, high = (first, second) if centers[0] < centers[1] else (second, first)
    plane = (low.index_max[0] + high.index_min[0]) / 2
    is_low = np.arange(window[2].start, window[2].stop) < plane
    is_first = is_low if low is first else ~is_low
    views[0][shared & ~is_first] = False
    views[1][shared & is_first] = False


# Places


def _shared_window(first: Crop, second: Crop) -> tuple[slice, slice, slice] | None:
    """The voxels (k, j, i) of the whole volume that both crops hold."""
    spans = []
    for a, b in zip(first.slices, second.slices, strict=True):
        low, high = max(a.start, b.start), min(a.stop, b.stop)
        if low >= high:
            return None
        spans.append(slice(low, high))
    return spans[0], spans[1], spans[2]


def _inside(crop: Crop, window: tuple[slice, slice, slice]) -> tuple[slice, ...]:
    """``window`` of the whole volume as slices of the crop's own array."""
    return tuple(
        slice(span.start - own.start, span.stop - own.start) for span, own in zip(window, crop.slices, strict=True)
    )


def _in_box(box: Box, window: tuple[slice, slice, slice]) -> Mask:
    """Which voxels of ``window`` have their center in ``box``; broadcasts to the window's shape."""
    sides = []
    for axis, span in enumerate(window):
        places = np.arange(span.start, span.stop)
        inside = (places >= box.index_min[2 - axis]) & (places <= box.index_max[2 - axis])
        sides.append(inside.reshape([-1 if n == axis else 1 for n in range(3)]))
    return sides[0] & sides[1] & sides[2]
