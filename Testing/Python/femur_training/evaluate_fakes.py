"""Two rods for femora, and predictors whose answers are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from orthoai.box import Box
from orthoai.geometry import Geometry
from orthoai.models.card import Card, Network
from orthoai.models.store import Model
from orthoai.progress import Progress
from orthoai.volume import Volume
from orthoai_training.data_kinds import FROM_REAL_SHAPES, SIMULATED
from orthoai_training.evaluate.subject import Subject
from orthoai_training.femur.evaluation.predict import Prediction
from orthoai_training.femur.evaluation.subjects import Loaded

GRID = Geometry(shape=(30, 24, 50), spacing=(2.0, 3.0, 4.0), origin=(-49.0, -34.5, 0.0))

LABELS = {1: "femur_left", 2: "femur_right"}


def rods(sides: tuple[int, ...] = (1, 2)) -> NDArray[np.uint8]:
    """True labels on GRID: 16 x 8 x 10 voxels each."""
    labels = np.zeros(GRID.shape, np.uint8)
    if 1 in sides:
        labels[8:24, 8:16, 35:45] = 1
    if 2 in sides:
        labels[8:24, 8:16, 5:15] = 2
    return labels


def scan(labels: NDArray[np.uint8]) -> Volume:
    """Bone in muscle in air."""
    voxels = np.full(labels.shape, -1000, np.int16)
    voxels[:, 4:20, 2:48] = 40
    voxels[labels > 0] = 900
    return Volume(voxels, GRID, "CT")


def prediction(labels: NDArray[np.uint8], score: float = 0.9) -> Prediction:
    """An answer with the tightest boxes around its labels."""
    boxes = [Box.around(name, labels == value, GRID, score) for value, name in LABELS.items()]
    timings = {"Load": 5.0, "DRR": 1.0, "Segment left": 2.0}
    return Prediction(labels, tuple(box for box in boxes if box), timings, 100.0, cpu_s=6.0, segmented_l=1.5)


@dataclass
class ListedCases:
    """A source whose cases count how often they are loaded."""

    truths: tuple[NDArray[np.uint8], ...]
    loaded: list[str] = field(default_factory=list)

    def split(self, measured: int) -> str:
        return f"{measured} rods"

    def identity(self) -> dict[str, Any]:
        return {"source": "rods", "count": len(self.truths)}

    def subjects(self) -> list[Subject[Loaded]]:
        return [Subject(f"rod_{n}", self._load(n)) for n in range(len(self.truths))]

    def _load(self, number: int) -> Callable[[], Loaded]:
        def load() -> Loaded:
            self.loaded.append(f"rod_{number}")
            truth = self.truths[number]
            return Loaded(scan(truth), truth, (SIMULATED, FROM_REAL_SHAPES)[number % 2], {"field": "thighs"})

        return load


@dataclass
class Shifted:
    """Answers the bright voxels moved by ``shift`` voxels along i."""

    name: str
    shift: int = 0
    digest: str = "0" * 64
    folder: Path = Path()
    calls: int = 0
    metrics: dict[str, dict[str, Any]] = field(default_factory=lambda: {"segmenter": {"training_s": 7, "steps": 14}})

    @property
    def model(self) -> Model:
        networks = {
            "detector": Network("detector.onnx", self.digest, "yolov8n"),
            "segmenter": Network("segmenter.safetensors", self.digest, "segresnet", {"patch": [32, 32, 32]}),
        }
        card = Card(self.name, "1", "femur", "", "", (), LABELS, networks, metrics=self.metrics)
        return Model(self.name, self.folder, card)

    def predict(self, volume: Volume, progress: Progress) -> Prediction:
        self.calls += 1
        progress.check()
        bright = np.roll(volume.voxels > 500, self.shift, axis=2)
        labels = np.zeros(bright.shape, np.uint8)
        labels[..., 25:][bright[..., 25:]] = 1
        labels[..., :25][bright[..., :25]] = 2
        return prediction(labels)
