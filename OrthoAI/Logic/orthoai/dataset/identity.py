"""Names that say which image a case shows, and nothing about whose it is."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from orthoai.review import Review
from orthoai.volume import Source, Volume

ID_DIGITS = 16
"""Hexadecimal digits of a case's and a group's name: 64 bits, far beyond the cases that one data set holds."""

STUDY_UID = "study"
"""Key of Source.uids under which the study's UID is found."""


def input_sha256(volume: Volume, review: Review) -> str:
    """Identity of the image that was reviewed: the file's sha256, or that of voxels and grid without a file."""
    known = review.result.source.sha256 or volume.source.sha256
    if known:
        return known
    digest = hashlib.sha256()
    grid = volume.geometry
    digest.update(repr((grid.shape, grid.spacing, grid.origin, grid.direction, volume.voxels.dtype.str)).encode())
    for plane in volume.voxels:
        digest.update(np.ascontiguousarray(plane).data)
    return digest.hexdigest()


def case_id(task: str, sha256: str) -> str:
    """Folder name of a case; the same image and task always give the same one."""
    return f"{task}-{_short(f'{task}:{sha256}')}"


def group_of(source: Source, sha256: str) -> str:
    """The subject key: all series of one DICOM study share it; without a study every image is a subject."""
    return _short(f"group:{source.uids.get(STUDY_UID) or sha256}")


def anonymous(review: Review, sha256: str) -> Review:
    """The review without DICOM UIDs and series description: with them anybody could look the patient up."""
    result = review.result
    source = replace(result.source, sha256=sha256, uids={}, description="")
    return replace(review, result=replace(result, source=source))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]
