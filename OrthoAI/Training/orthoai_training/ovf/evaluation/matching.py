"""Which found instance is which true one, picture by picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from orthoai.detect.instance import Instance
from orthoai.tasks.ovf.labels import CLASSES

from orthoai_training.detector.polygon_mask import polygon_mask
from orthoai_training.evaluate.average_precision import COCO_THRESHOLDS, Candidate
from orthoai_training.ovf.pictures import Outline

IGNORED_SHARE = 0.5
"""A found instance that lies so far in bodies that need not be found counts neither for nor against."""


LEAST_SCORE = 0.001
"""Score from which an instance counts for average precision (ultralytics')."""


class Measure(Enum):
    """What is laid over each other; the value is the title in tables."""

    BOX = "Box"
    MASK = "Mask"


@dataclass(frozen=True, eq=False)
class PictureAnswer:
    """One picture's truth and what was found in it.

    Attributes:
        case: for resampling.
        true_kinds, found_kinds: class numbers (T,) and (F,).
        scores: (F,) of these classes, falling.
        class_scores: (F, classes).
        box_iou, mask_iou: (F, T).
        ignored: (F,) found where nothing needs to be found.
    """

    case: str
    true_kinds: NDArray[np.intp]
    found_kinds: NDArray[np.intp]
    scores: NDArray[np.float64]
    class_scores: NDArray[np.float64]
    box_iou: NDArray[np.float64]
    mask_iou: NDArray[np.float64]
    ignored: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        case: str,
        truths: Sequence[Outline],
        found: Sequence[Instance],
        ignore: NDArray[np.bool_] | None = None,
        shape: tuple[int, int] = (384, 384),
    ) -> PictureAnswer:
        """Compare ``found`` with ``truths`` in a picture of ``shape``; ``ignore`` marks bodies not asked for."""
        ordered = sorted(found, key=lambda instance: -instance.score)
        true_masks = _flat([polygon_mask(shape, [truth.ring]).astype(bool) for truth in truths], shape)
        found_masks = _flat([instance.mask for instance in ordered], shape)
        areas = np.maximum(found_masks.sum(axis=1), 1)
        nowhere = np.zeros(shape, bool) if ignore is None else ignore
        return cls(
            case=case,
            true_kinds=np.array([truth.kind for truth in truths], np.intp),
            found_kinds=np.array([CLASSES.index(instance.label) for instance in ordered], np.intp),
            scores=np.array([instance.score for instance in ordered], np.float64),
            class_scores=np.array([_class_scores(instance) for instance in ordered]).reshape(-1, len(CLASSES)),
            box_iou=box_iou(_boxes([i.box for i in ordered]), _boxes([t.box for t in truths])),
            mask_iou=_mask_iou(found_masks, true_masks),
            ignored=found_masks @ nowhere.ravel().astype(np.float32) > IGNORED_SHARE * areas,
        )

    def iou(self, measure: Measure) -> NDArray[np.float64]:
        """(F, T)."""
        return self.box_iou if measure is Measure.BOX else self.mask_iou

    def candidates(self, kind: int, measure: Measure) -> list[tuple[Candidate, ...]]:
        """For each COCO threshold what was found of class ``kind``; ``iou`` is 1 where right, else 0.

        As in ultralytics' validation, which the paper reports, an instance stands for every class that it has a score
        for. The best score first, each takes the free true instance of its class that it overlaps most.
        """
        scores = self.class_scores[:, kind]
        rows = np.array([n for n in np.argsort(-scores, kind="stable") if scores[n] > LEAST_SCORE], np.intp)
        iou = self.iou(measure)[np.ix_(rows, np.flatnonzero(self.true_kinds == kind))]
        return [tuple(self._taken(rows, scores[rows], iou, threshold)) for threshold in COCO_THRESHOLDS]

    def _taken(
        self, rows: NDArray[np.intp], scores: NDArray[np.float64], iou: NDArray[np.float64], threshold: float
    ) -> list[Candidate]:
        free = np.ones(iou.shape[1], bool)
        made = []
        for row, score, overlaps in zip(rows, scores, iou, strict=True):
            open_ones = np.where(free, overlaps, -1.0)
            best = int(open_ones.argmax()) if free.any() else -1
            if best >= 0 and open_ones[best] >= threshold:
                free[best] = False
                made.append(Candidate(float(score), 1.0))
            elif not self.ignored[row]:
                made.append(Candidate(float(score), 0.0))
        return made


def _class_scores(instance: Instance) -> tuple[float, ...]:
    """One score per class; a network that names a single class has a score for that one alone."""
    own = tuple(instance.score if name == instance.label else 0.0 for name in CLASSES)
    return instance.class_scores or own


def box_iou(found: NDArray[np.float64], true: NDArray[np.float64]) -> NDArray[np.float64]:
    """(F, T) of boxes (F, 4) and (T, 4): x0, y0, x1, y1."""
    low = np.maximum(found[:, None, :2], true[None, :, :2])
    high = np.minimum(found[:, None, 2:], true[None, :, 2:])
    overlap = np.clip(high - low, 0, None).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (found, true)]
    return overlap / np.maximum(areas[0][:, None] + areas[1][None] - overlap, 1e-9)


def _boxes(boxes: Sequence[tuple[float, float, float, float]]) -> NDArray[np.float64]:
    return np.array(boxes, np.float64).reshape(-1, 4)


def _flat(masks: Sequence[NDArray[np.bool_]], shape: tuple[int, int]) -> NDArray[np.float32]:
    return np.array(masks, np.float32).reshape(len(masks), shape[0] * shape[1])


def _mask_iou(found: NDArray[np.float32], true: NDArray[np.float32]) -> NDArray[np.float64]:
    overlap = (found @ true.T).astype(np.float64)
    union = found.sum(axis=1)[:, None] + true.sum(axis=1)[None] - overlap
    return overlap / np.maximum(union, 1)
