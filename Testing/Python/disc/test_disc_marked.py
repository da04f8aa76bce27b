"""Discs by the masks alone: known boxes, and nothing where there is too little."""

from __future__ import annotations

import numpy as np
import pytest
from disc_fakes import engines, series
from orthoai.tasks import RunOptions
from orthoai.tasks.disc.engines import Engines
from orthoai.tasks.disc.labels import CANAL, DISC
from orthoai.tasks.disc.marked import FROM_MASKS, marked_discs
from orthoai.tasks.disc.pipeline import run


class Blind:
    """A detector that finds nothing."""

    def detect(self, image: np.ndarray) -> list:
        return []


def blind(options: RunOptions) -> Engines:
    made = engines()
    return Engines(Blind(), Blind(), made.segmenter, made.classifier)


def marks(discs: int = 2, canal: bool = True, side: int = 30) -> np.ndarray:
    labels = np.zeros((120, 80), np.uint8)
    for n in range(discs):
        labels[10 + 30 * n : 20 + 30 * n, 10 : 10 + side] = DISC
    if canal:
        labels[:, 60:70] = CANAL
    return labels


def test_the_boxes_are_the_patches() -> None:
    found = marked_discs(marks(), (1.0, 1.0))
    assert {(disc.x0, disc.y0, disc.x1, disc.y1) for disc in found} == {(10, 10, 40, 20), (10, 40, 40, 50)}


@pytest.mark.parametrize("labels", [marks(discs=1), marks(canal=False), marks(side=5)])
def test_too_little_is_nothing(labels: np.ndarray) -> None:
    assert marked_discs(labels, (1.0, 1.0)) == ()


def test_a_spine_that_the_detectors_miss_is_read_from_its_masks_and_flagged() -> None:
    found = run(series(), RunOptions(), load=blind).findings
    assert [finding.structure for finding in found][:2] == ["L5/S1", "L4/L5"]
    assert all(FROM_MASKS in finding.flags for finding in found)
