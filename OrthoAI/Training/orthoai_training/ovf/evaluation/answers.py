"""What a network answers on the slices of cases with known vertebrae."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from orthoai.detect.onnx_yolo_seg import OnnxYoloSeg
from orthoai.models.store import Model
from orthoai.tasks.ovf.labels import CLASSES

from orthoai_training.ovf.evaluation.matching import LEAST_SCORE, PictureAnswer
from orthoai_training.ovf.pictures import Picture, validation_pictures
from orthoai_training.ovf.scenes import CaseScene

MOST_INSTANCES = 100
"""Per picture (COCO's)."""

SLICES_PER_CASE = 5
"""Evenly spread over the slices that show bodies: neighbors say nearly the same."""


def open_network(model: Model) -> OnnxYoloSeg:
    """The detector of ``model``. Raises InputError when the file is damaged or not such a network."""
    return network_in(model.weights("detector"))


def network_in(file: Path) -> OnnxYoloSeg:
    """The network in ``file``, as it is measured: with every score, and one instance per place."""
    return OnnxYoloSeg(file, CLASSES, confidence=LEAST_SCORE, agnostic=True, threads=1)


def answers_on_case(
    network: OnnxYoloSeg, scene: CaseScene, name: str, slices: int = SLICES_PER_CASE
) -> list[PictureAnswer]:
    """On ``slices`` of one case."""
    return list(answers_on_pictures(network, validation_pictures(scene, name, slices), name))


def answers_on_pictures(network: OnnxYoloSeg, pictures: Iterable[Picture], case: str) -> Iterator[PictureAnswer]:
    """Each picture's answer."""
    for picture in pictures:
        found = network.detect(picture.pixels)[:MOST_INSTANCES]
        shape = (picture.pixels.shape[0], picture.pixels.shape[1])
        yield PictureAnswer.of(case, picture.outlines, found, picture.ignored, shape)
