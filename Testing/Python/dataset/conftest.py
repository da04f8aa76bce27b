"""A reviewed case whose answer is known: two leaning rods of bone in air."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from leaning_rods import leaning_rods
from orthoai import file_lock
from orthoai.box import Box
from orthoai.finding import Finding, Measurement, Place
from orthoai.geometry import Geometry
from orthoai.result import Provenance, Result
from orthoai.review import Review, Verdict
from orthoai.volume import Source, Volume

LABELS = {1: "femur_left", 2: "femur_right"}

GRID = Geometry((40, 30, 36), (2.0, 2.0, 3.0), (-35.0, -30.0, 100.0))

Case = tuple[Volume, Review]


def review_of(volume: Volume, labels: np.ndarray, task: str = "femur", names: dict[int, str] | None = None) -> Review:
    """An approved review of ``labels`` on ``volume``."""
    table = names or LABELS
    boxes = [Box.around(name, labels == value, volume.geometry, 0.9) for value, name in table.items()]
    result = Result(
        task=task,
        source=volume.source,
        geometry=volume.geometry,
        boxes=tuple(box for box in boxes if box is not None),
        segmentation=labels,
        labels=table,
        findings=tuple(
            Finding(name, name, 0.9, 0.1, {"volume": Measurement(31.5, "cm3")}, Place((1.0, 2.0, 3.0), 4), ("cut",))
            for name in table.values()
        ),
        message="Found 2.",
        provenance=Provenance("0.1.0", "model_a", {"detector": "ab12"}, "cpu", "float32", {"numpy": "2"}, "2025-01-01"),
        timings_s={"Detect": 1.5},
    )
    return Review(result, Verdict.APPROVED, "fine", "Dr. A", 12.5, created="2025-11-20T10:00:00Z")


@pytest.fixture(scope="session")
def rods() -> Callable[..., Case]:
    """Builder of (volume, approved review); another ``seed`` is another image, another ``study`` another subject."""

    def build(seed: int = 0, codes: str = "LPS", study: str = "", task: str = "femur") -> Case:
        labels = leaning_rods(GRID.shape, (0.2, 0.25), (0.16, 0.3))
        source = Source(
            "dicom", f"{seed:064x}", {"study": study, "series": "1.2.3.4"} if study else {}, "Thigh of Jane"
        )
        lps = Volume(np.where(labels > 0, 1400 + seed, -1000).astype(np.int16), GRID, "CT", source)
        volume = lps.reoriented(codes)
        marks = lps.with_voxels(labels).reoriented(codes).voxels
        return volume, review_of(volume, np.ascontiguousarray(marks), task)

    return build


@pytest.fixture(scope="session")
def edited() -> Callable[..., Review]:
    """The next revision of a review, corrected: voxel (0, 0, 0) of the mask painted with ``value``."""

    def edit(review: Review, value: int = 1, **changes: object) -> Review:
        labels = review.result.segmentation.copy()
        labels[0, 0, 0] = value
        result = replace(review.result, segmentation=labels)
        given = {"result": result, "verdict": Verdict.CORRECTED, "created": "2025-11-21T10:00:00Z", **changes}
        return replace(review, revision=review.revision + 1, **given)

    return edit


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that offers no locks, as some shares do."""

    def refuse(handle: int) -> bool:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(file_lock, "try_lock", refuse)
