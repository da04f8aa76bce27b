"""Scenes of reviewed cases, which show no disc that the reviewer said nothing of.

What a disc's box is, is told by the box as the reviewer left it; where the reviewer painted discs and left the box
alone, by the mask in it. A disc that was marked and has no box counts, too: that is how a missed one is corrected.

Stage B takes every part of a picture without a box for background. So its picture ends half way to the disc above the
highest one that is told, and below the lowest one unless that is L5/S1; where a level between them is not told, it
shows those on one side only. Stage A learns the lumbar region as the reviewer left it; without one, as it is defined,
where L5/S1 and T12/L1 are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import mode

import numpy as np
from numpy.typing import NDArray
from orthoai.detect.detector import Detection
from orthoai.tasks.disc.labels import DISC
from orthoai.tasks.disc.levels import name_levels, number_of
from orthoai.tasks.disc.locate import LUMBAR, square_pixels
from orthoai.tasks.disc.picture import PixelMm, normalized
from scipy import ndimage

from orthoai_training.disc.data.reviewed import ReviewedCase
from orthoai_training.disc.detection.dataset import Stage
from orthoai_training.disc.detection.scene import (
    HIGHEST_LEVEL,
    LOWEST_LEVEL,
    Margins,
    Points,
    Scene,
    around,
    disc_box,
)
from orthoai_training.disc.detection.sources import LEAST_DISC_MM2, ellipse, outline

Edges = tuple[float, float, float, float]


@dataclass(frozen=True)
class _Told:
    """What is known of the discs of a slice.

    Attributes:
        outlines: IVD label to points of x, y, from the lowest upward.
        unplaced: boxes of what is marked as a disc and has no clear place among them.
    """

    outlines: Mapping[int, Points]
    unplaced: Sequence[Detection]


def reviewed_scene(case: ReviewedCase, stage: Stage) -> Scene | None:
    """The slice of the boxes of ``case`` as ``stage`` learns it; None where that teaches it nothing."""
    if not case.disc_boxes:
        return None
    index = mode(disc.slice_index for disc in case.disc_boxes.values())
    told = _told(case, index)
    # As a picture of SPIDER's: there is one of a subject, and it is drawn as often.
    scene = Scene(
        f"picture_{case.name}", case.patient, normalized(case.image[index]), case.pixel_mm, dict(told.outlines)
    )
    found = _with_region(scene, case, index) if stage is Stage.LUMBAR else _with_told_discs(scene, told.unplaced)
    return None if found is None or found.lumbar_box() is None else _square(found)


def _told(case: ReviewedCase, index: int) -> _Told:
    boxes = {level: disc for level, disc in case.disc_boxes.items() if disc.slice_index == index}
    marks = _marks(case.labels[index] == DISC, case.pixel_mm)
    outlines = {}
    for level, disc in boxes.items():
        own = [mark for mark in marks if _holds(_edges(disc.box), disc_box(mark, case.pixel_mm))]
        marks = [mark for mark in marks if all(mark is not other for other in own)]
        painted = case.discs_painted and not disc.moved and len(own) == 1
        outlines[number_of(level) + 1] = own[0] if painted else ellipse(_edges(disc.box), case.pixel_mm)
    known = {number_of(level) + 1: disc.box for level, disc in boxes.items()}
    placed = _placed(known, [disc_box(mark, case.pixel_mm) for mark in marks], case)
    outlines |= {label: marks[place] for label, place in placed.items()}
    rest = [disc_box(mark, case.pixel_mm) for place, mark in enumerate(marks) if place not in placed.values()]
    return _Told(dict(sorted(outlines.items())), rest)


def _marks(mask: NDArray[np.bool_], pixel_mm: PixelMm) -> list[Points]:
    """The outline of each connected part of ``mask`` (H, W) that is more than a disc's rim."""
    parts, count = ndimage.label(mask, np.ones((3, 3)))
    areas = np.bincount(parts.ravel(), minlength=count + 1) * pixel_mm[0] * pixel_mm[1]
    return [outline(parts == part) for part in range(1, count + 1) if areas[part] >= LEAST_DISC_MM2]


def _placed(known: Mapping[int, Detection], marked: Sequence[Detection], case: ReviewedCase) -> dict[int, int]:
    """IVD label to the place in ``marked`` of each disc whose level follows from those of the ``known`` ones."""
    levels = name_levels([*known.values(), *marked], case.pixel_mm, case.image.shape[1])
    counted = {_edges(disc): number_of(disc.label) + 1 for disc in levels.discs}
    apart = {label - counted[_edges(box)] for label, box in known.items() if _edges(box) in counted}
    if len(apart) != 1:
        return {}
    (shift,) = apart
    labels = {place: counted[_edges(box)] + shift for place, box in enumerate(marked) if _edges(box) in counted}
    # A mask may be left where the reviewer took the box away: it is not known which of them is meant.
    refused = {*known, *(number_of(level) + 1 for level in case.deleted)}
    return {label: place for place, label in labels.items() if label not in refused and label >= 0}


def _with_region(scene: Scene, case: ReviewedCase, index: int) -> Scene | None:
    """``scene`` with the lumbar region as the reviewer left it, else as it is defined where both its ends are told."""
    lumbar = [box for label, box in scene.disc_boxes().items() if LOWEST_LEVEL <= label <= HIGHEST_LEVEL]
    region = case.boxes.get(LUMBAR)
    if region is None or region.slice_index != index or not lumbar:
        return scene if {LOWEST_LEVEL, HIGHEST_LEVEL} <= set(scene.outlines) else None
    left, top, right, bottom = around(lumbar)
    row_mm, column_mm = scene.pixel_mm
    margins = Margins(
        front=(left - region.box.x0) * column_mm,
        above=(top - region.box.y0) * row_mm,
        behind=(region.box.x1 - right) * column_mm,
        below=(region.box.y1 - bottom) * row_mm,
    )
    return replace(scene, margins=margins)


def _with_told_discs(scene: Scene, unplaced: Iterable[Detection]) -> Scene | None:
    """``scene`` with the longest row of told levels, as high as they are known; None where it may hold another disc."""
    boxes = scene.disc_boxes()
    run = _longest_run(list(boxes))
    if len(run) < 2:
        return None
    rows = {label: (boxes[label].y0 + boxes[label].y1) / 2 for label in run}
    height = scene.image.shape[0]
    left, top, right, bottom = around(boxes[label] for label in run)
    top = max(0.0, min(top, rows[run[-1]] - (rows[run[-2]] - rows[run[-1]]) / 2))
    if run[0] > LOWEST_LEVEL:
        bottom = min(float(height), max(bottom, rows[run[0]] + (rows[run[0]] - rows[run[1]]) / 2))
    else:
        bottom = float(height)
    if any(_holds((left, top, right, bottom), other) for other in unplaced):
        return None
    first, last = int(np.floor(top)), int(np.ceil(bottom))
    outlines = {label: scene.outlines[label] - (0.0, first) for label in run}
    return replace(scene, image=scene.image[first:last], outlines=outlines, margins=Margins())


def _longest_run(labels: Sequence[int]) -> list[int]:
    """The longest row of neighboring levels among the ascending ``labels``; of several the lowest."""
    runs = [[label] for label in labels[:1]]
    for one, other in pairwise(labels):
        if other == one + 1:
            runs[-1].append(other)
        else:
            runs.append([other])
    return max(runs, key=len, default=[])


def _square(scene: Scene) -> Scene:
    """``scene`` with square pixels, as a run shows it to the detectors."""
    image, (rows, columns) = square_pixels(scene.image, scene.pixel_mm)
    outlines = {label: points / (columns, rows) for label, points in scene.outlines.items()}
    return replace(
        scene, image=image, pixel_mm=(scene.pixel_mm[0] * rows, scene.pixel_mm[1] * columns), outlines=outlines
    )


def _edges(box: Detection) -> Edges:
    return box.x0, box.y0, box.x1, box.y1


def _holds(edges: Edges, box: Detection) -> bool:
    """Whether the middle of ``box`` lies inside ``edges``."""
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return edges[0] <= x <= edges[2] and edges[1] <= y <= edges[3]
