"""The graded discs of SPIDER's patients, as a request takes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from orthoai.models.onnx_network import OnnxNetwork
from orthoai.tasks.disc.segment import SliceSegmenter
from orthoai.tasks.disc.session import Member

from orthoai_training.disc.classification.locate import located
from orthoai_training.disc.classification.request import GraderRequest
from orthoai_training.disc.classification.samples import (
    Center,
    GradedSample,
    picture_samples,
    volume_samples,
    whole_picture_samples,
)
from orthoai_training.disc.data.pictures import PictureCase, read_pictures
from orthoai_training.disc.data.volumes import read_volumes


def graded_discs(request: GraderRequest, patients: Iterable[int], with_volumes: bool = False) -> list[GradedSample]:
    """The graded discs of SPIDER's ``patients``; with ``roi`` off, their whole pictures."""
    if request.data is None:
        return []
    chosen = frozenset(patients)
    cases = list(read_pictures(request.data, chosen))
    if not request.roi:
        return list(whole_picture_samples(cases))
    found = list(picture_samples(cases, _places(request.segmenter, cases)))
    return found + list(volume_samples(read_volumes(request.data, chosen))) if with_volumes else found


def _places(segmenter: Path | None, cases: list[PictureCase]) -> Mapping[int, Mapping[int, Center]]:
    """Where the discs of pictures without boxes are."""
    if segmenter is None:
        return {}
    network = SliceSegmenter([Member(OnnxNetwork(segmenter), 1.0)])
    return located(network, [case for case in cases if not case.is_boxed])
