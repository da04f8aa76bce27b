"""Graded discs: where each lies in which slice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from orthoai.tasks.disc.crop import CROP_PIXEL_MM, CROP_SHAPE, disc_crop
from orthoai.tasks.disc.picture import PixelMm, normalized

from orthoai_training.disc.data.grading import Grading
from orthoai_training.disc.data.pictures import BoxXyxy, PictureCase
from orthoai_training.disc.data.reviewed import ReviewedCase
from orthoai_training.disc.data.volumes import VolumeCase

Center = tuple[float, float]
"""Row and column; pixel n's center is n."""

SLICES_PER_VOLUME = 5
"""Slices of a volume, about its middle, whose discs are used; a herniation may lie beside the middle one."""

SMALLEST_SHARE = 0.5
"""A disc counts in a slice where its area is at least this share of its largest."""

CANAL = 3


@dataclass(frozen=True)
class GradedSample:
    """One disc of one slice.

    Attributes:
        patient: SPIDER id, or the number of a reviewed case's subject.
        image: the normalized slice (H, W) 0..1, shared by its discs.
        center: of the disc.
        grading: what the radiologist says.
        from_volume: the slice is one of a 3D volume (T2-SPACE), not a clinical mid-sagittal picture.
        boxed: the center comes from one of the set's or a reviewer's boxes or masks, not from a network.
    """

    patient: int
    image: NDArray[np.float32]
    pixel_mm: PixelMm
    center: Center
    grading: Grading
    from_volume: bool = False
    boxed: bool = True

    def crop(self) -> NDArray[np.float32]:
        """What the classifier sees of it at inference."""
        return disc_crop("", self.image, self.pixel_mm, self.center).pixels


def box_center(box: BoxXyxy) -> Center:
    """The center of a box whose edges are pixel edges."""
    left, top, right, bottom = box
    return (top + bottom) / 2 - 0.5, (left + right) / 2 - 0.5


def picture_samples(
    cases: Iterable[PictureCase], located: Mapping[int, Mapping[int, Center]] | None = None
) -> Iterator[GradedSample]:
    """The graded discs of pictures, at their boxes or else where ``located`` says; the others are left out.

    Args:
        located: patient to IVD label to center.
    """
    for case in cases:
        image = normalized(case.image)
        centers = (located or {}).get(case.patient, {})
        for disc in case.discs:
            if disc.grading is None or disc.ivd_label is None:
                continue
            center = box_center(disc.box) if disc.box is not None else centers.get(disc.ivd_label)
            if center is not None:
                yield GradedSample(case.patient, image, case.pixel_mm, center, disc.grading, boxed=disc.box is not None)


def volume_samples(cases: Iterable[VolumeCase], slices: int = SLICES_PER_VOLUME) -> Iterator[GradedSample]:
    """The graded discs of volumes, in ``slices`` slices about the one with the most canal."""
    for case in cases:
        middle = int((case.labels == CANAL).sum((1, 2)).argmax())
        first = int(np.clip(middle - slices // 2, 0, max(0, len(case.image) - slices)))
        areas = {label: (case.discs == label).sum((1, 2)) for label in case.gradings}
        for index in range(first, min(first + slices, len(case.image))):
            image = normalized(case.image[index])
            for label, grading in case.gradings.items():
                if areas[label][index] > 0 and areas[label][index] >= SMALLEST_SHARE * areas[label].max():
                    row, column = np.argwhere(case.discs[index] == label).mean(0)
                    center = (float(row), float(column))
                    yield GradedSample(case.patient, image, case.spacing_mm[1:], center, grading, from_volume=True)


def reviewed_samples(case: ReviewedCase) -> list[GradedSample] | None:
    """The discs of a reviewed case, in the slices and at the places where they were graded; None for none."""
    images = {disc.slice_index: normalized(case.image[disc.slice_index]) for disc in case.discs}
    return [
        GradedSample(case.patient, images[disc.slice_index], case.pixel_mm, disc.center, disc.grading)
        for disc in case.discs
    ] or None


def whole_picture_samples(cases: Iterable[PictureCase]) -> Iterator[GradedSample]:
    """One sample per picture, for the paper's ablation "no ROI cropping": the crop shows all of it.

    The grading is that of the worst disc. The pixels are declared so small that the picture fits into a crop.
    """
    for case in cases:
        gradings = [disc.grading for disc in case.discs if disc.grading is not None]
        if not gradings:
            continue
        worst = Grading(
            any(grading.herniated for grading in gradings),
            any(grading.bulging for grading in gradings),
            max((grading.pfirrmann for grading in gradings if grading.pfirrmann is not None), default=None),
        )
        height, width = case.image.shape
        shrunk = min(rows / sides for rows, sides in zip(CROP_SHAPE, (height, width), strict=True)) * CROP_PIXEL_MM
        center = ((height - 1) / 2, (width - 1) / 2)
        yield GradedSample(case.patient, normalized(case.image), (shrunk, shrunk), center, worst)
