"""A small CT of two legs and stand-ins for both networks that really look at what they are given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from orthoai.detect.detector import Detection
from orthoai.geometry import Geometry
from orthoai.progress import Progress
from orthoai.tasks.femur.engines import Engines
from orthoai.volume import Volume

GRID = Geometry(shape=(30, 24, 60), spacing=(5.0, 4.0, 8.0), origin=(-147.5, -46.0, 12.0))
"""300 x 96 x 240 mm in LPS order: both thighs and air around them."""

SIDES = ("femur_left", "femur_right")


def legs(sides: Iterable[str] = SIDES, grid: Geometry = GRID) -> tuple[Volume, NDArray[np.uint8]]:
    """A CT with a femur per side and its true labels (K, J, I). The left femur is the longer one, so a swap shows."""
    k, j, i = np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")
    x = (i - (grid.shape[2] - 1) / 2) * grid.spacing[0]
    y = (j - (grid.shape[1] - 1) / 2) * grid.spacing[1]
    voxels = np.full(grid.shape, -1000, np.int16)
    voxels[(np.abs(x) < 135) & (np.abs(y) < 40)] = 50
    labels = np.zeros(grid.shape, np.uint8)
    if "femur_left" in sides:
        labels[(np.hypot(x - 70, y) < 22) & (k >= 4) & (k < 26)] = 1
    if "femur_right" in sides:
        labels[(np.hypot(x + 70, y - 8) < 18) & (k >= 6) & (k < 24)] = 2
    voxels[labels > 0] = 1000
    return Volume(voxels, grid, "CT"), labels


@dataclass
class PictureDetector:
    """Finds what is bright in a picture, one box per run of bright columns.

    Attributes:
        class_of: classes of the runs from the picture's left edge; the patient's right is on that side.
        blind: numbers of the pictures (0 coronal, 1 axial) in which it sees nothing.
        scores: of the runs.
    """

    class_of: tuple[str, ...] = ("femur_right", "femur_left")
    blind: tuple[int, ...] = ()
    scores: tuple[float, ...] = (0.9, 0.8)
    pictures: list[NDArray[np.uint8]] = field(default_factory=list)

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        self.pictures.append(image)
        if len(self.pictures) - 1 in self.blind:
            return []
        bright = image > 20
        columns = np.flatnonzero(bright.any(axis=0))
        runs = [run for run in np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1) if run.size]
        found = []
        for run, label, score in zip(runs, self.class_of, self.scores, strict=False):
            rows = np.flatnonzero(bright[:, run].any(axis=1))
            found.append(Detection(label, score, run[0], rows[0], run[-1] + 1, rows[-1] + 1))
        return found


@dataclass
class ThresholdSegmenter:
    """Bone is what is brighter than muscle."""

    crops: list[Volume] = field(default_factory=list)

    def foreground(self, volume: Volume, progress: Progress, stage: str) -> NDArray[np.bool_]:
        self.crops.append(volume)
        progress.report(stage, 0.5)
        return volume.voxels > 300


@dataclass
class EmptySegmenter:
    """Finds nothing."""

    def foreground(self, volume: Volume, progress: Progress, stage: str) -> NDArray[np.bool_]:
        return np.zeros(volume.voxels.shape, bool)


def engines(detector: PictureDetector | None = None, segmenter: object | None = None) -> Engines:
    """Both stand-ins."""
    return Engines(
        detector or PictureDetector(),
        segmenter or ThresholdSegmenter(),  # type: ignore[arg-type]
        model_name="stand-in",
        model_sha256={"detector": "0" * 64},
    )
