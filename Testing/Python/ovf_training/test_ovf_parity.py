"""A network trained on drawn vertebrae for some seconds: our runtime against ultralytics' own answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from orthoai.detect.onnx_yolo_seg import OnnxYoloSeg
from orthoai.tasks.ovf.labels import CLASSES
from orthoai_training.detector import ultralytics_engine as engine
from orthoai_training.ovf.dataset import copy_pictures
from orthoai_training.ovf.detector import export_network
from orthoai_training.ovf.recipe import COMPACT
from PIL import Image

onnx = pytest.importorskip("onnx")

# Asked without importing it: only the engine may do that.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("ultralytics") is None, reason="ultralytics is not installed"),
]

MODELS = Path(__file__).resolve().parents[3] / "OrthoAI" / "Resources" / "Models"

SIZE = 96
LEAST_SCORE = 0.05


def draw(height: int, width: int, seed: int) -> tuple[np.ndarray, str]:
    """Three bright bodies in a column of a dark, noisy picture, the middle one low in front, and their label lines."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 40, (height, width)).astype(np.uint8)
    lines = []
    left, right = rng.uniform(0.2, 0.3), rng.uniform(0.6, 0.7)
    for number, top in enumerate((0.08, 0.38, 0.68)):
        kind = 1 if number == 1 else 3
        front = top + (0.11 if kind == 1 else 0.0)
        bottom = top + 0.22
        for column in range(round(left * width), round(right * width)):
            part = (column / width - left) / (right - left)
            upper = front + (top - front) * part
            pixels[round(upper * height) : round(bottom * height), column] = 200
        corners = (left, front, right, top, right, bottom, left, bottom)
        lines.append(" ".join([str(kind), *(f"{v:.6f}" for v in corners)]) + "\n")
    return pixels, "".join(lines)


@dataclass
class Run:
    trained: engine.TrainedDetector
    network: Path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("bodies")
    for split, count in (("train", 48), ("val", 2)):
        (folder / "own" / split).mkdir(parents=True)
        for seed in range(count):
            pixels, lines = draw(SIZE, SIZE, seed + 1000 * (split == "val"))
            Image.fromarray(pixels).save(folder / "own" / split / f"{seed}.png")
            (folder / "own" / split / f"{seed}.txt").write_text(lines)
    dataset = copy_pictures(folder / "pictures", folder / "own")
    recipe = replace(COMPACT.yolo, image_size=SIZE, epochs=5, warmup_epochs=0.5)
    threads = torch.get_num_threads()
    # Layers this small only wait for each other on several threads.
    torch.set_num_threads(1)
    # From layers that know edges already, or it would take minutes to see anything.
    backbone = MODELS / "lumbar_disc" / "discs.onnx"
    trained = engine.train(dataset, recipe, folder / "run", device="cpu", seed=1, backbone=backbone)
    yield Run(trained, export_network(trained.weights, folder / "detector.onnx", SIZE))
    torch.set_num_threads(threads)


def test_training_learns_where_the_bodies_are(run: Run) -> None:
    assert run.trained.metrics["metrics/mAP50(M)"] > 0.2


@pytest.mark.parametrize("shape", [(96, 96), (120, 80), (192, 180)])
def test_boxes_scores_and_outlines_agree_with_ultralytics(run: Run, tmp_path: Path, shape: tuple[int, int]) -> None:
    # Not the file with halved weights: their rounding is no part of the comparison.
    plain = engine.export_onnx(run.trained.weights, tmp_path / "plain.onnx", SIZE)
    image, _ = draw(*shape, seed=7)
    ours = OnnxYoloSeg(plain, CLASSES, threads=1).detect(image, LEAST_SCORE)
    theirs = engine.predict_instances(run.trained.weights, image, SIZE, LEAST_SCORE)
    assert 1 <= len(ours) == len(theirs)
    for one, two in zip(ours, theirs, strict=True):
        assert one.label == two.label
        assert one.score == pytest.approx(two.score, abs=0.01)
        assert one.box == pytest.approx(two.box, abs=0.5)
        assert one.mask.shape == image.shape
        assert (one.mask & two.mask).sum() / (one.mask | two.mask).sum() > 0.98


def test_the_shipped_file_answers_the_same_with_features(run: Run, tmp_path: Path) -> None:
    plain = engine.export_onnx(run.trained.weights, tmp_path / "plain.onnx", SIZE)
    image, _ = draw(SIZE, SIZE, seed=8)
    exact = OnnxYoloSeg(plain, CLASSES, threads=1).answer(image, LEAST_SCORE)
    shipped = OnnxYoloSeg(run.network, CLASSES, threads=1).answer(image, LEAST_SCORE)
    assert exact.features is None
    assert shipped.features is not None and shipped.features.shape == (64, SIZE // 8, SIZE // 8)
    assert [i.label for i in shipped.instances[:2]] == [i.label for i in exact.instances[:2]]
    assert shipped.instances[0].score == pytest.approx(exact.instances[0].score, abs=0.02)
    assert run.network.stat().st_size < 7.5e6


def test_layers_of_an_exported_network_start_another_training(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    for seed in range(9):
        pixels, lines = draw(SIZE, SIZE, seed + 50)
        Image.fromarray(pixels).save(folder / f"{seed}.png")
        (folder / f"{seed}.txt").write_text(lines)
    dataset = copy_pictures(tmp_path / "pictures", folder)
    # At a rate of nothing the weights stay what they were; random ones would find nothing.
    still = replace(COMPACT.yolo, image_size=SIZE, epochs=1, learning_rate=1e-9, warmup_epochs=0.0)
    kept = engine.train(dataset, still, tmp_path / "run", device="cpu", backbone=run.network)
    assert kept.metrics["metrics/mAP50(M)"] > 0.1
