"""How well the two detectors do on slices whose discs are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from orthoai.detect.detector import Detection, Detector
from orthoai.tasks.disc.levels import NAMES, name_levels
from orthoai.tasks.disc.locate import Located, locate

from orthoai_training.disc.data.grading import level_name
from orthoai_training.disc.detection.augment import plain_discs, plain_lumbar
from orthoai_training.disc.detection.scene import HIGHEST_LEVEL, LOWEST_LEVEL, Scene
from orthoai_training.evaluate.average_precision import COCO_THRESHOLDS, Candidate, LabelBoxes

FOUND_IOU = 0.5
"""Overlap from which a disc counts as found."""

LUMBAR_LEVELS = range(1, 6)
"""SPIDER's IVD labels of L5/S1 to L1/L2."""

RESAMPLES = 1000

Interval = tuple[float, float]


@dataclass(frozen=True)
class PictureBoxes:
    """What is in one picture and what was found in it.

    Attributes:
        patient: for resampling.
        truths: boxes to find.
        found: boxes with scores.
        ignored: boxes that need not be found; what lies on one counts neither for nor against.
    """

    patient: int
    truths: Sequence[Detection]
    found: Sequence[Detection]
    ignored: Sequence[Detection] = ()


@dataclass(frozen=True)
class Precision:
    """Average precision over pictures, and its 95 % interval by percentile bootstrap over patients (fixed seed).

    Attributes:
        map50, map50_95: at IoU 0.5, and averaged over 0.50, 0.55 ... 0.95.
        truths: boxes that there are.
    """

    pictures: int
    patients: int
    truths: int
    map50: float
    map50_95: float
    map50_interval: Interval
    map50_95_interval: Interval

    @classmethod
    def of(cls, pictures: Sequence[PictureBoxes]) -> Precision:
        """Over ``pictures``, at least one of which shows a box."""
        matched = [_Matched.of(picture) for picture in pictures]
        patients = sorted({picture.patient for picture in pictures})
        groups = {patient: [one for one in matched if one.patient == patient] for patient in patients}
        random = np.random.default_rng(0)
        drawn = []
        for _ in range(RESAMPLES):
            picked = [one for n in random.integers(0, len(patients), len(patients)) for one in groups[patients[n]]]
            if any(one.truths for one in picked):
                drawn.append(_averages(picked))
        low, high = np.quantile(np.array(drawn), [0.025, 0.975], axis=0)
        map50, map50_95 = _averages(matched)
        return cls(
            pictures=len(pictures),
            patients=len(patients),
            truths=sum(one.truths for one in matched),
            map50=map50,
            map50_95=map50_95,
            map50_interval=(float(low[0]), float(high[0])),
            map50_95_interval=(float(low[1]), float(high[1])),
        )


@dataclass(frozen=True)
class LevelRecall:
    """Of slices through both stages as a run does them.

    Attributes:
        shown, found: slices that show a level, and those where it was found, by level name.
        named: slices in which a lumbar disc was found, and each found one got its true name.
        complete: slices that show a lumbar disc, and in which every shown one from L1/L2 to L5/S1 was found.
    """

    slices: int
    shown: dict[str, int]
    found: dict[str, int]
    named: int
    complete: int


def region_pictures(scenes: Iterable[Scene], lumbar: Detector) -> list[PictureBoxes]:
    """Stage A on whole slices; slices whose region is not known are left out."""
    pictures = ((scene, plain_lumbar(scene)) for scene in scenes)
    return [PictureBoxes(scene.patient, one.boxes, lumbar.detect(one.pixels)) for scene, one in pictures if one]


def disc_pictures(scenes: Iterable[Scene], discs: Detector) -> list[PictureBoxes]:
    """Stage B on the true lumbar regions grown as at inference, as the paper measures it."""
    pictures = ((scene, plain_discs(scene)) for scene in scenes)
    return [PictureBoxes(scene.patient, one.boxes, discs.detect(one.pixels)) for scene, one in pictures if one]


def run_pictures(scenes: Iterable[Scene], lumbar: Detector, discs: Detector, confidence: float) -> list[PictureBoxes]:
    """Stage B on the regions that stage A found; discs above T12/L1 and below L5/S1 are ignored."""
    made = []
    for scene in scenes:
        boxes = scene.disc_boxes()
        inside = [box for label, box in boxes.items() if LOWEST_LEVEL <= label <= HIGHEST_LEVEL]
        others = [box for label, box in boxes.items() if not LOWEST_LEVEL <= label <= HIGHEST_LEVEL]
        located = locate(scene.image, scene.pixel_mm, lumbar, discs, confidence)
        made.append(PictureBoxes(scene.patient, inside, located.discs, others))
    return made


def level_recall(scenes: Sequence[Scene], locator: Callable[[Scene], Located]) -> LevelRecall:
    """Which levels are found and rightly named by ``locator``."""
    names = [level_name(label) for label in LUMBAR_LEVELS]
    shown, found = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    named = complete = 0
    for scene in scenes:
        located = locator(scene)
        levels = name_levels(located.discs, scene.pixel_mm, scene.image.shape[0])
        boxes = {label: box for label, box in scene.disc_boxes().items() if label in LUMBAR_LEVELS}
        hits = {label: _best(box, levels.discs) for label, box in boxes.items()}
        for label, hit in hits.items():
            shown[level_name(label)] += 1
            found[level_name(label)] += hit is not None
        right = [hit.label == NAMES[label - 1] for label, hit in hits.items() if hit is not None]
        named += bool(right) and all(right)
        complete += bool(hits) and len(right) == len(hits)
    return LevelRecall(len(scenes), shown, found, named, complete)


def _best(truth: Detection, found: Sequence[Detection]) -> Detection | None:
    best = max(found, key=truth.iou, default=None)
    return best if best is not None and truth.iou(best) >= FOUND_IOU else None


@dataclass(frozen=True)
class _Matched:
    """One picture's boxes after matching: for each threshold the scores and whether they are right."""

    patient: int
    truths: int
    candidates: tuple[tuple[Candidate, ...], ...]

    @classmethod
    def of(cls, picture: PictureBoxes) -> _Matched:
        candidates = tuple(tuple(_candidates(picture, threshold)) for threshold in COCO_THRESHOLDS)
        return cls(picture.patient, len(picture.truths), candidates)


def _candidates(picture: PictureBoxes, threshold: float) -> Iterable[Candidate]:
    """Each found box, the best score first, takes the free true box that it overlaps most (COCO's matching)."""
    free = list(picture.truths)
    for box in sorted(picture.found, key=lambda box: -box.score):
        best = max(free, key=box.iou, default=None)
        if best is not None and box.iou(best) >= threshold:
            free.remove(best)
            yield Candidate(box.score, 1.0)
        elif all(box.iou(other) < FOUND_IOU for other in picture.ignored):
            yield Candidate(box.score, 0.0)


def _averages(matched: Sequence[_Matched]) -> tuple[float, float]:
    truths = sum(one.truths for one in matched)
    values = []
    for n in range(len(COCO_THRESHOLDS)):
        boxes = LabelBoxes([candidate for one in matched for candidate in one.candidates[n]], truths)
        values.append(boxes.average_precision(FOUND_IOU) or 0.0)
    return values[0], float(np.mean(values))
