"""Networks that read a phantom by its gray values, as good ones would read a patient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import SimpleITK as sitk
from disc_phantom import FLUID, MARROW, NUCLEUS, Phantom
from numpy.typing import NDArray
from orthoai.detect.detector import Detection
from orthoai.geometry import Geometry
from orthoai.progress import Progress
from orthoai.tasks import RunOptions
from orthoai.tasks.disc.crop import CROP_SHAPE, DiscCrop
from orthoai.tasks.disc.engines import Engines
from orthoai.tasks.disc.grades import DiscGrades
from orthoai.tasks.disc.labels import CANAL, DISC, VERTEBRA
from orthoai.volume import Volume

UPRIGHT = (0, 0, 1, 1, 0, 0, 0, -1, 0)
"""Direction of a grid whose columns run posterior, rows caudal and slices to the left."""

NEAR = 0.06
"""Of a normalized gray value."""


def read_labels(picture: NDArray) -> NDArray[np.uint8]:
    """Labels of a normalized picture 0..1, or of several; of noise alone, which is nowhere dark, there are none."""
    if picture.ndim == 3:
        return np.stack([read_labels(plane) for plane in picture])
    labels = np.zeros(picture.shape, np.uint8)
    if np.mean(picture < NEAR) < 0.2:
        return labels
    for value, gray in ((VERTEBRA, MARROW), (DISC, NUCLEUS), (CANAL, FLUID)):
        labels[np.abs(picture - gray / FLUID) < NEAR] = value
    return labels


class FakeLumbar:
    """Around everything that is no background."""

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        rows, columns = np.nonzero(read_labels(image / 255))
        if rows.size < 50:
            return []
        edges = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        return [Detection("lumbar", 0.9, *(float(edge) for edge in edges))]


def is_upright(labels: NDArray[np.uint8]) -> bool:
    """Of a phantom, whose lowest disc has no vertebra below and whose canal lies behind."""
    rows = [np.nonzero(labels == value)[0] for value in (DISC, VERTEBRA)]
    columns = [np.nonzero(labels == value)[1] for value in (DISC, CANAL)]
    if min(len(each) for each in (*rows, *columns)) == 0:
        return False
    return bool(rows[0].max() > rows[1].max() and columns[0].mean() < columns[1].mean())


class FakeDiscs:
    """Discs, whichever way the spine stands."""

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        labels = read_labels(image / 255)
        parts = sitk.GetArrayFromImage(
            sitk.ConnectedComponent(sitk.GetImageFromArray((labels == DISC).astype(np.uint8)))
        )
        found = []
        for value in range(1, int(parts.max()) + 1):
            r, c = np.nonzero(parts == value)
            if r.size > 30:
                edges = (float(c.min()), float(r.min()), float(c.max() + 1), float(r.max() + 1))
                found.append(Detection("disc", 0.9, *edges))
        return found


class FakeSegmenter:
    """Labels by gray value; surer by ``lead`` of an upright spine."""

    def __init__(self, lead: float = 0.1) -> None:
        self.lead = lead

    def labels(
        self, slices: NDArray[np.float32], pixel_mm: tuple[float, float], progress: Progress
    ) -> NDArray[np.uint8]:
        progress.report("Segment", 0.5)
        return read_labels(slices)

    def certainty(self, slices: NDArray[np.float32], index: int, pixel_mm: tuple[float, float]) -> float:
        return 0.8 + self.lead * is_upright(read_labels(slices[index]))


class FakeGrader:
    """Herniated where a level is named so."""

    def __init__(self, herniated: str = "L4/L5", bulging: str = "L5/S1") -> None:
        self.herniated, self.bulging = herniated, bulging
        self.crops: list[DiscCrop] = []

    def grade(self, crops: Sequence[DiscCrop]) -> list[DiscGrades]:
        self.crops = list(crops)
        return [
            DiscGrades(
                0.8 if crop.level == self.herniated else 0.1,
                0.7 if crop.level == self.bulging else 0.2,
                (0.0, 0.1, 0.2, 0.7, 0.0),
                herniation_spread=0.05,
            )
            for crop in crops
        ]

    def heat_map(self, crop: DiscCrop) -> NDArray[np.float32]:
        return np.ones(CROP_SHAPE, np.float32)


def engines(segmenter: FakeSegmenter | None = None, grader: FakeGrader | None = None) -> Engines:
    return Engines(FakeLumbar(), FakeDiscs(), segmenter or FakeSegmenter(), grader or FakeGrader())


def load(options: RunOptions) -> Engines:
    return engines()


def grain(shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Noise that no fake minds, so that a phantom is no label map."""
    return np.random.default_rng(0).integers(0, 12, shape)


def series(phantom: Phantom | None = None, slices: int = 9, middle: int = 3, slice_mm: float = 4.0) -> Volume:
    """A series with the phantom in slice ``middle`` and its neighbors, where only half of the canal is seen."""
    phantom = phantom or Phantom(tilt=8)
    full = phantom.pixels()
    stack = np.zeros((slices, *phantom.shape))
    for index in range(max(0, middle - 1), min(slices, middle + 2)):
        stack[index] = full
        if index != middle:
            stack[index, : phantom.shape[0] // 3][full[: phantom.shape[0] // 3] == FLUID] = 0
    stack += grain(stack.shape)
    spacing = (phantom.pixel_mm[1], phantom.pixel_mm[0], slice_mm)
    return Volume(stack.astype(np.int16), Geometry(stack.shape, spacing, (-12, -60, 150), UPRIGHT), "MR")
