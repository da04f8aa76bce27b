"""Rods for femora, and what stands in for hours of simulation and training: same files, no learning."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from orthoai.geometry import Geometry
from orthoai.progress import Progress
from orthoai.segment.network import build, save_weights
from orthoai.volume import Volume
from orthoai_training.dataset import CaseFolder, Split
from orthoai_training.femur.detector.recipe import DetectorRecipe
from orthoai_training.femur.part import Part
from orthoai_training.femur.recipes import SegmenterRecipe
from orthoai_training.femur.request import DETECTOR, TrainRequest
from orthoai_training.femur.segmenter.crop_store import save_crop
from orthoai_training.femur.segmenter.networks import spec_of
from orthoai_training.learning.run_folder import Learned
from orthoai_training.synth.limbs import LimbCase, LimbRecipe

Shape = tuple[int, int, int]

GEOMETRY = Geometry((36, 30, 60), (1.0, 1.0, 1.0))


def two_rods(number: int) -> tuple[Volume, NDArray[np.uint8]]:
    """CT and labels of two upright rods, moved a little by ``number``."""
    k, j, i = np.mgrid[:36, :30, :60]
    labels = np.zeros(GEOMETRY.shape, np.uint8)
    long = (k > 3) & (k < 32)
    labels[long & ((j - 15) ** 2 + (i - 44 + number) ** 2 < 36)] = 1
    labels[long & ((j - 15) ** 2 + (i - 16 + number) ** 2 < 36)] = 2
    return Volume(np.where(labels > 0, 400, 40).astype(np.int16), GEOMETRY, "CT"), labels


def rod(shape: Shape, radius: float, seed: int) -> tuple[NDArray, NDArray]:
    """(HU, mask) of a bright upright rod in soft tissue with noise, at a random place."""
    rng = np.random.default_rng(seed)
    k, j, i = np.mgrid[: shape[0], : shape[1], : shape[2]]
    j0, i0 = rng.uniform(0.35, 0.65, 2) * shape[1:]
    mask = ((j - j0) ** 2 + (i - i0) ** 2 < radius**2) & (k >= 4) & (k < shape[0] - 4)
    return np.where(mask, 400.0, 40.0) + rng.normal(0, 15, shape), mask


def write_crops(folder: Path, train: int = 3, validation: int = 1, shape: Shape = (40, 32, 28)) -> Path:
    """Write ``train`` and ``validation`` rods as crops into ``folder``; returns it."""
    for subset, count in (("train", train), ("validation", validation)):
        for number in range(count):
            image, mask = rod(shape, 6.0, seed=number + (100 if subset == "validation" else 0))
            save_crop(folder / subset / f"rod_{number}", image, mask, {"case": f"rod_{number}"})
    return folder


def fake_limb(recipe: LimbRecipe, seed: int) -> LimbCase:
    """A patient of two rods."""
    volume, labels = two_rods(seed % 3)
    return LimbCase(volume, labels, np.zeros_like(labels), {"seed": seed})


def fake_detector(
    request: TrainRequest,
    recipe: DetectorRecipe,
    cases: Sequence[CaseFolder],
    split: Split,
    progress: Progress,
    first: Path | None,
) -> Part:
    """Some bytes and a figure."""
    file = request.out / DETECTOR / "detector.onnx"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"onnx" + (first.read_bytes() if first else b""))
    return Part(file, recipe, {"map50": 0.5})


def fake_segmenter(crops: Path, recipe: SegmenterRecipe, out: Path, **options: object) -> Learned:
    """The network with random weights."""
    out.mkdir(parents=True, exist_ok=True)
    save_weights(build(spec_of(recipe)), out / "segmenter.safetensors")
    figures = ("best_dice", "best_step", "steps", "training_s", "device", "precision")
    return Learned(out / "segmenter.safetensors", dict.fromkeys((*figures, "train_crops", "validation_crops"), 1))
