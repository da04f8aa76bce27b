"""Small approved cases of the disc task, and recipes that learn from them for a moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from orthoai.box import Box
from orthoai.dataset import DatasetCase, save_case
from orthoai.finding import Finding, Measurement, Place
from orthoai.geometry import Geometry
from orthoai.provenance import provenance
from orthoai.result import Result
from orthoai.review import Change, Review, Verdict
from orthoai.tasks.disc.search import BACK_TO_FRONT, UPSIDE_DOWN
from orthoai.tasks.disc.task import TASK
from orthoai.volume import Source, Volume
from orthoai_training.disc.classification.recipe import COMPACT as GRADER
from orthoai_training.disc.segmentation.recipe import SliceRecipe

SHAPE, PIXEL_MM, SLICE_MM = (5, 120, 100), 0.7, 3.6

DISCS = {"L5/S1": slice(80, 90), "L4/L5": slice(40, 50)}
"""Rows of each disc; its columns are 20 to 56, its slice is number 2."""

SAGITTAL = (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
"""Columns run posterior, rows caudal, slices to the left."""

SLICES = SliceRecipe(crop=(64, 64), batch=4, epochs=1, warmup_steps=0)
"""Of a segmenter that learns for a moment."""

CROPS = replace(GRADER, epochs=1, batch=4)
"""Of a classifier."""

Make = Callable[..., DatasetCase]


def phantom() -> tuple[np.ndarray, np.ndarray]:
    """Image and labels (S, H, W): a bright canal behind three vertebrae with two discs."""
    labels = np.zeros(SHAPE, np.uint8)
    labels[1:4, 4:116, 20:56] = 1
    for rows in DISCS.values():
        labels[1:4, rows, 20:56] = 2
    labels[1:4, 4:116, 64:76] = 3
    noise = np.random.default_rng(0).normal(0, 6, SHAPE)
    return (np.array([20, 110, 60, 220])[labels] + noise).clip(0, 255).astype(np.int16), labels


def reviewed_case(
    folder: Path,
    number: int = 1,
    classes: tuple[str, str] = ("bulging", "normal"),
    keep: tuple[int, ...] = (1, 2, 3),
    codes: str = "PIL",
    turned: bool = False,
    boxes: tuple[str, ...] = tuple(DISCS),
    source: Source | None = None,
    confirmed: dict[str, float] | None = None,
    changes: tuple[Change, ...] = (),
) -> DatasetCase:
    """A reviewed case in ``folder/data``."""
    image, labels = phantom()
    if turned:
        image, labels = image[:, ::-1, ::-1], labels[:, ::-1, ::-1]
    geometry = Geometry(SHAPE, (PIXEL_MM, PIXEL_MM, SLICE_MM), (-7.0, -30.0, 40.0), SAGITTAL)
    findings, found = [], []
    for (level, rows), label in zip(DISCS.items(), classes, strict=True):
        low, high = np.array([19.5, rows.start - 0.5, 1.5]), np.array([55.5, rows.stop - 0.5, 2.5])
        if turned:
            size = np.array([SHAPE[2] - 1, SHAPE[1] - 1, 0])
            low, high = (np.where(size, size - end, end) for end in (high, low))
            low[2], high[2] = 1.5, 2.5
        if level in boxes:
            found.append(Box.from_index(level, 0.9, tuple(low), tuple(high), geometry))
        place = tuple(float(value) for value in geometry.index_to_lps((low + high) / 2))
        findings.append(
            Finding(
                level,
                label,
                0.9,
                measurements={"pfirrmann_grade": Measurement(3.0, "1")},
                place=Place(place, 2),
                flags=(UPSIDE_DOWN, BACK_TO_FRONT) if turned else (),
            )
        )
    volume = Volume(np.ascontiguousarray(image), geometry, "MR").reoriented(codes)
    mask = Volume(np.where(np.isin(labels, keep), labels, 0).astype(np.uint8), geometry).reoriented(codes)
    findings = [
        each.with_confirmed("pfirrmann_grade", confirmed[each.structure])
        if confirmed and each.structure in confirmed
        else each
        for each in findings
    ]
    result = Result(
        task=TASK.name,
        source=source or Source("nifti", f"{number:064x}"),
        geometry=volume.geometry,
        boxes=tuple(box.on(geometry, volume.geometry) for box in found),
        segmentation=np.ascontiguousarray(mask.voxels),
        labels=TASK.label_table,
        findings=tuple(findings),
        message="Found 2 discs.",
        provenance=provenance("lumbar_disc", {"segmenter": "00ff"}, "cpu", "float32"),
    )
    return DatasetCase(
        save_case(folder / "data", volume, Review(result, Verdict.APPROVED, reviewer="R1", changes=changes))
    )
