"""Mask R-CNN beside the YOLO network, on pictures small enough for a test."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from orthoai.tasks.ovf.labels import CLASSES
from orthoai_training.ovf.dataset import copy_pictures
from orthoai_training.ovf.maskrcnn import MaskRcnn, mask_rcnn, target_of, train_mask_rcnn
from orthoai_training.ovf.pictures import Outline, Picture
from orthoai_training.ovf.recipe import COMPACT
from orthoai_training.ovf.train import OvfRun
from PIL import Image

SQUARE = np.array([[10, 12], [30, 12], [30, 28], [10, 28]], np.float64)


def test_targets_have_labels_from_one_and_masks_of_the_outlines() -> None:
    picture = Picture("one", np.zeros((40, 40), np.uint8), (Outline(2, SQUARE),), np.zeros((40, 40), bool))
    target = target_of(picture)
    assert target["labels"].tolist() == [3] and target["boxes"].tolist() == [[10, 12, 30, 28]]
    assert target["masks"].shape == (1, 40, 40) and int(target["masks"].sum()) == 20 * 16


def test_a_picture_without_bodies_has_empty_targets() -> None:
    target = target_of(Picture("none", np.zeros((40, 40), np.uint8), (), np.zeros((40, 40), bool)))
    assert target["boxes"].shape == (0, 4) and target["masks"].shape == (0, 40, 40)


@pytest.mark.slow
def test_it_is_trained_timed_and_measured_on_the_same_pictures(tmp_path: Path) -> None:
    own = tmp_path / "own"
    for split in ("train", "val"):
        (own / split).mkdir(parents=True)
        for number in range(2):
            Image.fromarray(np.random.default_rng(number).integers(0, 255, (64, 64)).astype(np.uint8)).save(
                own / split / f"{number}.png"
            )
            (own / split / f"{number}.txt").write_text("1 0.2 0.2 0.7 0.2 0.7 0.6 0.2 0.6\n")
    (tmp_path / "run").mkdir()
    copy_pictures(tmp_path / "run" / "pictures", own)
    recipe = replace(COMPACT, yolo=replace(COMPACT.yolo, image_size=64, epochs=1))
    out = train_mask_rcnn(OvfRun(tmp_path / "run", recipe, device="cpu", resume=True))
    figures = json.loads((out / "mask_rcnn.json").read_text())
    assert figures["steps"] == 1 and figures["ms_per_picture"] > 0 and figures["step_cpu_s"] > 0
    assert set(figures["mask"]["by_class"]) == {"all", *CLASSES}
    assert (out / "mask_rcnn.safetensors").is_file()
    assert "Mask R-CNN" in (out / "mask_rcnn.md").read_text()


@pytest.mark.slow
def test_the_network_answers_as_the_detectors_of_models_do() -> None:
    found = MaskRcnn(mask_rcnn(64), torch.device("cpu")).detect(np.zeros((64, 64), np.uint8))
    assert all(one.label in CLASSES and one.mask.shape == (64, 64) and one.mask.dtype == bool for one in found)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
