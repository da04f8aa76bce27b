"""What the task says of the slices of a case: every slice of a vertebra has the class that all of them voted for.

The network alone sees one slice, and near a body's rim a fractured one looks sound; a reader sees what the task made of
all slices. The same figures can be counted of either.
"""

from __future__ import annotations

from collections.abc import Sequence

from orthoai.detect.instance import Instance
from orthoai.finding import Finding
from orthoai.result import Result
from orthoai.tasks.ovf.labels import CLASSES, NORMAL
from orthoai.tasks.ovf.pipeline import Spine

from orthoai_training.detector.polygon_mask import polygon_mask
from orthoai_training.ovf.evaluation.matching import PictureAnswer
from orthoai_training.ovf.pictures import ring_of, spread_slices, whole_picture
from orthoai_training.ovf.scenes import BodyBlock, CaseScene, on_grid


def told_answers(scene: CaseScene, result: Result, spine: Spine | None, name: str, slices: int) -> list[PictureAnswer]:
    """On the ``slices`` of one case that the network alone is measured on, whole rather than in tiles.

    Outlines are the surfaces that the task draws on the input's grid, here between the voxels of the working grid. What
    has no finding, or an unclear one, is normal.
    """
    said = {finding.structure: finding for finding in result.findings if finding.label in CLASSES}
    told = [said.get(body.name) for body in spine.bodies] if spine else []
    blocks = _blocks(spine, told, scene) if spine else []
    answers = []
    for one in spread_slices(scene, slices):
        picture = whole_picture(one, name)
        side = picture.pixels.shape[0]
        found = [_instance(block, told[block.id - 1], one.index, side) for block in blocks if block.reaches(one.index)]
        here = [instance for instance in found if instance is not None]
        answers.append(PictureAnswer.of(name, picture.outlines, here, picture.ignored, (side, side)))
    return answers


def _blocks(spine: Spine, told: Sequence[Finding | None], scene: CaseScene) -> list[BodyBlock]:
    """The bodies of ``spine``, numbered from 1, on the grid of ``scene``."""
    blocks = []
    for number, (finding, (place, shares)) in enumerate(zip(told, spine.parts(), strict=True), start=1):
        kind = CLASSES.index(finding.label if finding else NORMAL)
        found = on_grid(shares, place, spine.stack.grid, scene.stack.grid)
        blocks += [] if found is None else [BodyBlock(number, kind, *found, truncated=False)]
    return blocks


def _instance(block: BodyBlock, finding: Finding | None, index: int, side: int) -> Instance | None:
    ring = ring_of(block.drawn(index, (side, side)))
    if ring is None:
        return None
    (x0, y0), (x1, y1) = ring.min(axis=0), ring.max(axis=0)
    mask = polygon_mask((side, side), [ring]).astype(bool)
    label, score = (finding.label, finding.probability) if finding else (NORMAL, 1.0)
    scores = tuple(score if name == label else 0.0 for name in CLASSES)
    return Instance(label, score, (float(x0), float(y0), float(x1), float(y1)), mask, scores)
