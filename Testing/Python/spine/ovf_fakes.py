"""A spine of analytic bodies whose gray value tells their class, and a network that reads it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from orthoai.detect.instance import Instance
from orthoai.detect.letterbox import Letterbox
from orthoai.detect.onnx_yolo_seg import Answer
from orthoai.geometry import Geometry
from orthoai.spine.genant import Heights
from orthoai.spine.stack import OVF_SIZE
from orthoai.spine.window import windowed
from orthoai.tasks import RunOptions
from orthoai.tasks.ovf.engines import Engines
from orthoai.tasks.ovf.labels import CLASSES
from orthoai.volume import Volume

HU = {"crush": 400, "wedge": 520, "biconcave": 640, "normal": 280}
"""Of a body by what the network calls it."""

HEIGHTS = {
    "normal": Heights(24.0, 23.5, 25.0),
    "wedge": Heights(13.0, 18.0, 24.5),
    "biconcave": Heights(22.0, 14.0, 24.0),
    "crush": Heights(12.0, 11.0, 13.0),
}

DEPTH, WIDTH, STEP = 32.0, 40.0, 34.0

NEAR = 12
"""Of a gray value."""


@dataclass(frozen=True)
class Shown:
    """A body: what the network calls it, and the shape it has."""

    called: str
    shape: str


def spine(bodies: list[Shown], grid: Geometry | None = None, start: float = 0.0) -> Volume:
    """``bodies`` from the lowest upward in soft tissue and air; ``start`` moves the lowest body's center."""
    low = -24.0
    length = STEP * len(bodies) + 14
    if grid is None:
        grid = Geometry((round(length), 96, 80), (1.0, 1.0, 1.0), (-39.5, -47.5, low))
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")[::-1], axis=-1)
    x, y, z = np.moveaxis(grid.index_to_lps(index), -1, 0)
    hu = np.where(np.hypot(x, y) < 44, 40, -1000).astype(np.int16)
    for number, body in enumerate(bodies):
        curve = np.polyfit([-0.4 * DEPTH, 0.0, 0.4 * DEPTH], np.asarray(HEIGHTS[body.shape]) / 2, 2)
        inside = np.abs(z - start - number * STEP) < np.polyval(curve, y)
        hu[inside & (np.abs(y) < DEPTH / 2) & (np.abs(x) < WIDTH / 2)] = HU[body.called]
    return Volume(hu, grid, "CT")


class FakeDetector:
    """Outlines connected patches of each class's gray value."""

    image_size = OVF_SIZE

    def __init__(self, score: float = 0.9) -> None:
        self.score = score
        self.calls = 0

    def answer(self, picture: NDArray[np.uint8], confidence: float | None = None) -> Answer:
        self.calls += 1
        instances = []
        for n, name in enumerate(CLASSES):
            gray = int(windowed(np.array([HU[name]]))[0])
            near = (np.abs(picture.astype(np.int16) - gray) < NEAR).astype(np.uint8)
            if near.sum() < 150:
                continue
            rows, cols = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
            window = (slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1))
            # Partial volume at the edges passes through other classes' values.
            opened = sitk.BinaryMorphologicalOpening(sitk.GetImageFromArray(near[window]), (1, 1), sitk.sitkBox)
            parts = sitk.GetArrayFromImage(sitk.ConnectedComponent(opened))
            for value in range(1, int(parts.max()) + 1):
                mask = np.zeros(picture.shape, bool)
                mask[window] = parts == value
                if mask.sum() < 150 or self.score < (confidence or 0):
                    continue
                rows, cols = np.nonzero(mask)
                box = (float(cols.min()), float(rows.min()), float(cols.max() + 1), float(rows.max() + 1))
                scores = tuple(self.score if m == n else 0.02 for m in range(len(CLASSES)))
                instances.append(Instance(name, self.score, box, mask, scores))
        side = OVF_SIZE // 8
        features = np.stack([picture[4::8, 4::8], 255 - picture[4::8, 4::8]]).astype(np.float32)
        assert features.shape == (2, side, side)
        return Answer(instances, features, Letterbox((OVF_SIZE, OVF_SIZE), OVF_SIZE))


def loader(detector: FakeDetector | None = None):
    """What the pipeline loads instead of a model."""
    own = detector or FakeDetector()

    def load(options: RunOptions) -> Engines:
        return Engines(own, confidence=options.confidence or 0.25, model_name="fake")

    return load
