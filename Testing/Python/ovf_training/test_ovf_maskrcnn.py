"""Mask R-CNN beside the YOLO network, on pictures small enough for a test."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from orthoai.errors import Canceled, InputError
from orthoai.progress import Progress
from orthoai.tasks.ovf.labels import CLASSES
from orthoai_training.learning.precision import choose_precision
from orthoai_training.ovf.detector import OvfRun
from orthoai_training.ovf.maskrcnn import MaskRcnn, mask_rcnn, target_of, train_mask_rcnn
from orthoai_training.ovf.pictures import Outline, Picture
from orthoai_training.ovf.recipe import COMPACT
from PIL import Image
from safetensors.torch import load_file

SQUARE = np.array([[10, 12], [30, 12], [30, 28], [10, 28]], np.float64)


def test_targets_have_labels_from_one_and_masks_of_the_outlines() -> None:
    picture = Picture("one", np.zeros((40, 40), np.uint8), (Outline(2, SQUARE),), np.zeros((40, 40), bool))
    target = target_of(picture)
    assert target["labels"].tolist() == [3] and target["boxes"].tolist() == [[10, 12, 30, 28]]
    assert target["masks"].shape == (1, 40, 40) and int(target["masks"].sum()) == 20 * 16


def test_a_picture_without_bodies_has_empty_targets() -> None:
    target = target_of(Picture("none", np.zeros((40, 40), np.uint8), (), np.zeros((40, 40), bool)))
    assert target["boxes"].shape == (0, 4) and target["masks"].shape == (0, 40, 40)


def own_run(out: Path, epochs: int = 1, batch: int = 2) -> OvfRun:
    """Two pictures of noise to train on, and two to measure on."""
    own = out / "own"
    for split in ("train", "val"):
        (own / split).mkdir(parents=True)
        for number in range(2):
            Image.fromarray(np.random.default_rng(number).integers(0, 255, (64, 64)).astype(np.uint8)).save(
                own / split / f"{number}.png"
            )
            (own / split / f"{number}.txt").write_text("1 0.2 0.2 0.7 0.2 0.7 0.6 0.2 0.6\n")
    recipe = replace(COMPACT, yolo=replace(COMPACT.yolo, image_size=64, epochs=epochs, batch=batch))
    return OvfRun(out / "run", recipe, pictures=own, device="cpu")


def weights_of(run: OvfRun) -> dict[str, torch.Tensor]:
    return load_file(run.out / "mask_rcnn" / "weights.safetensors")


@pytest.mark.slow
def test_it_is_trained_timed_and_measured_on_the_same_pictures(tmp_path: Path) -> None:
    out = train_mask_rcnn(own_run(tmp_path))
    figures = json.loads((out / "mask_rcnn.json").read_text())
    assert figures["steps"] == 1 and figures["ms_per_picture"] > 0 and figures["step_cpu_s"] > 0
    assert set(figures["mask"]["by_class"]) == {"all", *CLASSES}
    assert "Mask R-CNN" in (out / "mask_rcnn.md").read_text()


class Stub(torch.nn.Module):
    """Takes and answers what torchvision's network does, in no time."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Conv2d(3, 1, 3)

    def forward(
        self, images: list[torch.Tensor], targets: list[dict[str, torch.Tensor]] | None = None
    ) -> dict[str, torch.Tensor] | list[dict[str, torch.Tensor]]:
        if targets is None:
            empty = {"labels": torch.zeros(0), "scores": torch.zeros(0), "boxes": torch.zeros(0, 4)}
            return [{**empty, "masks": torch.zeros(0, 1, *image.shape[1:])} for image in images]
        noise = torch.rand(1)
        return {"boxes": (self.layer(images[0]) - targets[0]["boxes"].mean() / 100 * noise).square().mean()}


def test_a_canceled_training_goes_on_to_the_weights_of_one_that_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orthoai_training.ovf.maskrcnn.CHECKPOINT_STEPS", 2)
    monkeypatch.setattr("orthoai_training.ovf.maskrcnn.mask_rcnn", lambda *_: Stub())
    whole, parted = (own_run(tmp_path / name, epochs=4, batch=1) for name in ("whole", "parted"))
    train_mask_rcnn(whole)
    said: list[str] = []

    def listen(stage: str, fraction: float, message: str) -> None:
        said.append(message)

    with pytest.raises(Canceled):
        train_mask_rcnn(parted, Progress(listen, lambda: any("step 5" in message for message in said)))
    assert weights_of(parted).keys() == weights_of(whole).keys()
    assert not any(torch.equal(weights_of(parted)[name], one) for name, one in weights_of(whole).items())
    train_mask_rcnn(replace(parted, resume=True), Progress(listen))
    assert all(torch.equal(weights_of(parted)[name], one) for name, one in weights_of(whole).items())
    assert not any("Dice" in message for message in said), "nothing is held out"
    with pytest.raises(InputError, match="--resume"):
        train_mask_rcnn(parted)


@pytest.mark.slow
def test_the_network_answers_as_the_detectors_of_models_do() -> None:
    found = MaskRcnn(mask_rcnn(64, choose_precision("cpu")), torch.device("cpu")).detect(np.zeros((64, 64), np.uint8))
    assert all(one.label in CLASSES and one.mask.shape == (64, 64) and one.mask.dtype == bool for one in found)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
