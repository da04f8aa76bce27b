"""Dice of the shipped segmenter on held-out volumes, as they are and as another scanner would have shown them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from orthoai.progress import Progress
from orthoai.tasks.disc.engines import SliceLabeler
from orthoai.tasks.disc.picture import PixelMm, normalized, resampled

from orthoai_training.disc.data.volumes import VolumeCase
from orthoai_training.disc.segmentation.dice import STRUCTURES, dice_per_structure, mean_dice
from orthoai_training.evaluate.intervals import Summary

Planes = NDArray[np.float32]

Look = Callable[[Planes, PixelMm], tuple[Planes, PixelMm]]
"""Slices (S, H, W) 0..1 and their pixel to the same as another scanner shows them."""

HIGH_GAMMA, LOW_GAMMA = 2.0, 0.5
NOISE = 0.1
COARSER = 2.0
SEED = 0


@dataclass(frozen=True)
class DiceTable:
    """Of one look: per structure, and their mean, over the patients.

    Attributes:
        patients: SPIDER ids, ascending.
        structures: structure name, or "mean", to its summary.
        cases: per patient, by structure.
    """

    patients: tuple[int, ...]
    structures: Mapping[str, Summary | None]
    cases: Mapping[int, Mapping[str, float | None]]

    def to_json(self) -> dict:
        """For a results file."""
        return asdict(self)


def evaluate_segmenter(
    segmenter: SliceLabeler, cases: Iterable[VolumeCase], look: Look | None = None, progress: Progress | None = None
) -> DiceTable:
    """Dice over all slices of each case, seen through ``look`` and labeled on what it shows."""
    found: dict[int, Mapping[str, float | None]] = {}
    for case in cases:
        image = np.stack([normalized(plane) for plane in case.image])
        pixel_mm: PixelMm = case.spacing_mm[1:]
        labels = case.labels
        if look is not None:
            image, pixel_mm = look(image, pixel_mm)
            image = np.stack([normalized(plane) for plane in image])
        if image.shape[1:] != labels.shape[1:]:
            labels = labels_at(labels, case.spacing_mm[1:], pixel_mm)
        found[case.patient] = dice_per_structure(labels, segmenter.labels(image, pixel_mm, progress or Progress()))
    return table_of(found)


def table_of(found: Mapping[int, Mapping[str, float | None]]) -> DiceTable:
    """Summaries with confidence intervals over the patients."""
    structures = {name: Summary.of(scores[name] for scores in found.values()) for name in STRUCTURES.values()}
    structures["mean"] = Summary.of(mean_dice(scores) for scores in found.values())
    return DiceTable(tuple(sorted(found)), structures, found)


# Other looks


def high_contrast(image: Planes, pixel_mm: PixelMm) -> tuple[Planes, PixelMm]:
    """Dark tissue darker."""
    return image**HIGH_GAMMA, pixel_mm


def low_contrast(image: Planes, pixel_mm: PixelMm) -> tuple[Planes, PixelMm]:
    """Dark tissue brighter."""
    return image**LOW_GAMMA, pixel_mm


def noisy(image: Planes, pixel_mm: PixelMm) -> tuple[Planes, PixelMm]:
    """Noise of a tenth of the gray scale."""
    return image + np.float32(NOISE) * np.random.default_rng(SEED).standard_normal(image.shape, np.float32), pixel_mm


def coarse(image: Planes, pixel_mm: PixelMm) -> tuple[Planes, PixelMm]:
    """Pixels twice as large."""
    target = COARSER * pixel_mm[0]
    return np.stack([resampled(plane, pixel_mm, target) for plane in image]), (target, target)


LOOKS: Mapping[str, Look] = {
    "high contrast": high_contrast,
    "low contrast": low_contrast,
    "noise": noisy,
    "pixels twice as large": coarse,
}
"""The looks under which the loss of Dice is reported."""


def labels_at(labels: NDArray[np.uint8], source: PixelMm, target: PixelMm) -> NDArray[np.uint8]:
    """``labels`` (S, H, W) with pixels ``target``, each by the largest share of its area."""
    shares = [
        np.stack([resampled((plane == value).astype(np.float32), source, target[0]) for plane in labels])
        for value in (0, *STRUCTURES)
    ]
    return np.stack(shares).argmax(0).astype(np.uint8)
