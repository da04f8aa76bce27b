"""What the task says of the slices of a case: every slice of a vertebra has the class that all of them voted for.

The network alone sees one slice, and near a body's rim a fractured one looks sound; a reader sees what the task made of
all slices. The same figures can be counted of either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from orthoai.detect.instance import Instance
from orthoai.result import Extra, Result
from orthoai.tasks.ovf.labels import CLASSES, NORMAL
from orthoai.tasks.ovf.pipeline import VERTEBRAE

from orthoai_training.detector.polygon_mask import polygon_mask
from orthoai_training.ovf.evaluation.matching import PictureAnswer
from orthoai_training.ovf.pictures import ring_of, spread_slices, whole_picture
from orthoai_training.ovf.scenes import BodyBlock, CaseScene, body_blocks


@dataclass(frozen=True)
class ToldBody:
    """A vertebra of a result: its number in the extra "vertebrae", its class and the probability of that."""

    number: int
    label: str
    score: float


def vertebrae_of(result: Result) -> Extra | None:
    """The map of all bodies; None where there is none."""
    return next((extra for extra in result.extras if extra.name == VERTEBRAE), None)


def told_bodies(result: Result) -> list[ToldBody]:
    """Each vertebra of ``result``; what has no finding, or an unclear one, is normal."""
    bodies = vertebrae_of(result)
    said = {finding.structure: finding for finding in result.findings if finding.label in CLASSES}
    told = []
    for number, name in (bodies.labels if bodies else {}).items():
        finding = said.get(name)
        told.append(ToldBody(number, finding.label if finding else NORMAL, finding.probability if finding else 1.0))
    return told


def told_answers(scene: CaseScene, result: Result, name: str, slices: int) -> list[PictureAnswer]:
    """On the ``slices`` of one case that the network alone is measured on, whole rather than in tiles."""
    bodies = vertebrae_of(result)
    told = {body.number: body for body in told_bodies(result)}
    wanted = [(body.number, CLASSES.index(body.label), False) for body in told.values()]
    blocks = body_blocks(bodies.voxels, result.geometry, wanted, scene.stack.grid) if bodies else ()
    answers = []
    for one in spread_slices(scene, slices):
        picture = whole_picture(one, name)
        side = picture.pixels.shape[0]
        found = [_instance(block, told[block.id], one.index, side) for block in blocks if block.reaches(one.index)]
        here = [instance for instance in found if instance is not None]
        answers.append(PictureAnswer.of(name, picture.outlines, here, picture.ignored, (side, side)))
    return answers


def _instance(block: BodyBlock, body: ToldBody, index: int, side: int) -> Instance | None:
    ring = ring_of(block.drawn(index, (side, side)))
    if ring is None:
        return None
    (x0, y0), (x1, y1) = ring.min(axis=0), ring.max(axis=0)
    mask = polygon_mask((side, side), [ring]).astype(bool)
    scores = tuple(body.score if label == body.label else 0.0 for label in CLASSES)
    return Instance(body.label, body.score, (float(x0), float(y0), float(x1), float(y1)), np.asarray(mask), scores)
