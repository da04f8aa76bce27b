"""Scenes of the two SPIDER development sets.

The pixel sizes that come with spider_midsag_dev are not true for all of its pictures: taken at their word, the lumbar
region of patient 207 would be 462 mm long, and several pictures are stretched along the spine. A drawn box comes back
as it was drawn whatever the pixel size; only the region's margins behind and below the discs are wrong by that factor.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from orthoai.tasks.disc.labels import CANAL
from orthoai.tasks.disc.midslice import midslice
from orthoai.tasks.disc.picture import normalized

from orthoai_training.disc.data.pictures import BoxXyxy, PictureCase, read_pictures
from orthoai_training.disc.data.volumes import VolumeCase, read_volumes
from orthoai_training.disc.detection.scene import BOX_MARGIN_MM, HIGHEST_LEVEL, LOWEST_LEVEL, Points, Scene

LEAST_DISC_MM2 = 60.0
"""Less of a disc in a slice is its rim."""

LEAST_LUMBAR_DISCS = 5
"""Of T12/L1 to L5/S1 that a neighboring slice must show; else it runs past a curved spine."""

UNLABELED = 100
"""Added to the place of a disc that has a box and no IVD label, so that it is no lumbar level."""

ELLIPSE = np.linspace(0, 2 * np.pi, 48, endpoint=False)


def scenes(data: Path, patients: Collection[int], offsets_mm: Collection[float] = (0.0,)) -> list[Scene]:
    """The boxed pictures of ``patients`` and the slices of their volumes.

    Args:
        data: the folder that holds both sets.
        offsets_mm: where to cut volumes, from the mid-sagittal slice; 0 is that slice.
    """
    found = [picture_scene(case) for case in read_pictures(data, patients) if case.is_boxed]
    for case in read_volumes(data, patients):
        found += volume_scenes(case, offsets_mm)
    return found


def picture_scene(case: PictureCase) -> Scene:
    """A boxed picture; each outline is the ellipse in the drawn box without its margin."""
    outlines = {}
    for place, disc in enumerate(case.discs):
        if disc.box is not None:
            label = UNLABELED + place if disc.ivd_label is None else disc.ivd_label
            outlines[label] = ellipse(disc.box, case.pixel_mm)
    return Scene(f"picture_{case.patient:03d}", case.patient, normalized(case.image), case.pixel_mm, outlines)


def volume_scenes(case: VolumeCase, offsets_mm: Collection[float]) -> Iterator[Scene]:
    """Slices of a volume, each index once; the mid-sagittal one always, others where they show the lumbar discs."""
    middle = midslice(case.labels)
    if middle is None:
        return
    picked = {middle + round(offset / case.spacing_mm[0]) for offset in offsets_mm}
    for index in sorted(picked & set(range(len(case.image)))):
        scene = _slice_scene(case, index)
        lumbar = [label for label in scene.outlines if LOWEST_LEVEL <= label <= HIGHEST_LEVEL]
        seen = len(lumbar) >= LEAST_LUMBAR_DISCS and bool(np.any(case.labels[index] == CANAL))
        if index == middle or seen:
            yield scene


def outline(mask: NDArray[np.bool_]) -> Points:
    """Corners (n, 2) of x, y of the outermost pixels of each row of ``mask`` (H, W), in pixel edges."""
    rows = np.flatnonzero(mask.any(axis=1))
    left = mask[rows].argmax(axis=1)
    right = mask.shape[1] - mask[rows, ::-1].argmax(axis=1)
    x = np.concatenate([left, right, left, right])
    y = np.concatenate([rows, rows, rows + 1, rows + 1])
    return np.stack([x, y], axis=1).astype(np.float64)


def _slice_scene(case: VolumeCase, index: int) -> Scene:
    pixel_mm = case.spacing_mm[1:]
    discs = case.discs[index]
    areas = np.bincount(discs.ravel()) * pixel_mm[0] * pixel_mm[1]
    labels = [label for label in range(1, len(areas)) if areas[label] >= LEAST_DISC_MM2]
    outlines = {label: outline(discs == label) for label in labels}
    name = f"volume_{case.patient:03d}_{index:03d}"
    return Scene(name, case.patient, normalized(case.image[index]), pixel_mm, outlines)


def ellipse(box: BoxXyxy, pixel_mm: tuple[float, float]) -> Points:
    """Corners (n, 2) of x, y of the ellipse in ``box`` without its margin, in pixel edges."""
    left, top, right, bottom = box
    # A box as small as its margins belongs to a disc cut off at the edge of the picture.
    half_width = max(0.5, (right - left) / 2 - BOX_MARGIN_MM / pixel_mm[1])
    half_height = max(0.5, (bottom - top) / 2 - BOX_MARGIN_MM / pixel_mm[0])
    center = np.array([(left + right) / 2, (top + bottom) / 2])
    return center + np.stack([half_width * np.cos(ELLIPSE), half_height * np.sin(ELLIPSE)], axis=1)
