"""From an answer and the truth to scores."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray
from orthoai.box import Box
from orthoai.geometry import Geometry
from orthoai.tasks.femur.assemble import SMALLEST_ML
from orthoai.tasks.femur.crop import with_margin

from orthoai_training.evaluate.surface import Slices, SurfaceScores, cropped_masks, label_boxes, surface_scores
from orthoai_training.femur.evaluation.overlap import Overlap, Table, collapsed, confusion
from orthoai_training.femur.evaluation.predict import Prediction
from orthoai_training.femur.evaluation.scores import SIDES, FemurScores, Scores, SubjectScores

Labels = NDArray[np.uint8]


def measure(truth: Labels, prediction: Prediction, geometry: Geometry) -> SubjectScores:
    """Score ``prediction`` against ``truth`` (K, J, I), both on ``geometry``.

    A femur of which less than SMALLEST_ML is in view is not expected to be found: it is scored as absent.
    """
    found = prediction.labels
    table = confusion(truth, found)
    boxes = label_boxes(truth), label_boxes(found)
    crops = {}
    femora = {}
    for value, side in SIDES.items():
        truth_ml, found_ml = (
            float(v) * geometry.voxel_volume / 1000 for v in (table[value].sum(), table[:, value].sum())
        )
        present = truth_ml >= SMALLEST_ML
        answer = next((box for box in prediction.boxes if box.label == f"femur_{side}"), None)
        scores = Scores(**_whole(collapsed(table, [value])))
        if present:
            own = _box(boxes[0][value], geometry, f"femur_{side}")
            window = _crop(own, geometry)
            crops[value] = confusion(truth[window], found[window])
            surface = surface_scores(*cropped_masks(truth, found, value, boxes), geometry.spacing)
            scores = Scores(
                iou=own.iou(answer) if answer else 0.0,
                **_whole(collapsed(table, [value])),
                **_in_crop(collapsed(crops[value], [value])),
                **asdict(surface),
            )
        femora[side] = FemurScores(present, found_ml > 0, answer.score if answer else None, truth_ml, found_ml, scores)
    there = [femur.scores for femur in femora.values() if femur.present]
    both = Scores(
        iou=_mean([scores.iou for scores in there]),
        **_whole(table),
        **(_in_crop(sum(crops.values(), np.zeros_like(table))) if crops else {}),
        **{name: _mean([getattr(s, name) for s in there]) for name in SurfaceScores.__dataclass_fields__},
    )
    return SubjectScores(
        femora=femora,
        both=both,
        foreground_dice=Overlap.of(collapsed(table, SIDES)).dice,
        raw_foreground_dice=_raw_dice(truth, prediction),
        timings_s=dict(prediction.timings_s),
        inference_s=prediction.inference_s,
        peak_rss_mb=prediction.peak_rss_mb,
        cpu_s=prediction.cpu_s,
        segmented_l=prediction.segmented_l,
    )


def _whole(table: Table) -> dict[str, float | None]:
    return asdict(Overlap.of(table))


def _in_crop(table: Table) -> dict[str, float | None]:
    overlap = Overlap.of(table)
    return {"crop_specificity": overlap.specificity, "crop_pixel_accuracy": overlap.pixel_accuracy}


def _raw_dice(truth: Labels, prediction: Prediction) -> float | None:
    if prediction.raw is None:
        return None
    return Overlap.of(collapsed(confusion(truth, prediction.raw.view(np.uint8)), SIDES)).dice


def _box(spans: Slices, geometry: Geometry, label: str) -> Box:
    """The box whose edges are the outer faces of the voxels of ``spans`` (k, j, i)."""
    k, j, i = spans
    return Box.from_index(
        label, 1.0, (i.start - 0.5, j.start - 0.5, k.start - 0.5), (i.stop - 0.5, j.stop - 0.5, k.stop - 0.5), geometry
    )


def _crop(box: Box, geometry: Geometry) -> Slices:
    (i0, j0, k0), (i1, j1, k1) = with_margin(box, geometry)
    return slice(k0, k1), slice(j0, j1), slice(i0, i1)


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
