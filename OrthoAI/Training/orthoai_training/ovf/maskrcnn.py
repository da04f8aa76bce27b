"""Mask R-CNN with a ResNet-50 under the same pictures, as the paper's comparison (its section 3 gives no figures).

torchvision's maskrcnn_resnet50_fpn from random weights, at the network's input size; timed and measured like the other.
OUT/mask_rcnn.safetensors      weights
OUT/mask_rcnn.json             seconds, steps, figures on the validation pictures, milliseconds per picture
OUT/mask_rcnn.md               the same as a table, beside another model
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from orthoai.detect.instance import Instance
from orthoai.models.store import Model
from orthoai.progress import Progress
from orthoai.segment.tensor_file import save_tensors
from orthoai.tasks.ovf.labels import CLASSES
from torchvision.models.detection import maskrcnn_resnet50_fpn

from orthoai_training.detector.polygon_mask import polygon_mask
from orthoai_training.learning.precision import choose_precision
from orthoai_training.ovf.dataset import read_pictures
from orthoai_training.ovf.pictures import Picture
from orthoai_training.ovf.side_by_side import markdown, measured, measured_model
from orthoai_training.ovf.train import OvfRun, make_pictures

WEIGHTS_FILE, FIGURES_FILE, TABLE_FILE = "mask_rcnn.safetensors", "mask_rcnn.json", "mask_rcnn.md"

NAME = "Mask R-CNN, ResNet-50"

LEARNING_RATE, WEIGHT_DECAY, WARMUP_STEPS = 2e-4, 5e-5, 50
"""AdamW; detection from random weights diverges at YOLO's rate."""

LEAST_SCORE = 0.05

MASK_SHARE = 0.5
"""Of a mask's pixel, above which it belongs to the body."""


def train_mask_rcnn(run: OvfRun, progress: Progress | None = None, beside: Model | None = None) -> Path:
    """Train, measure and time it, and measure and time the model ``beside`` on the same pictures.

    Returns:
        The run folder.

    Raises:
        InputError: see :func:`orthoai_training.ovf.train.make_pictures`.
        Canceled: asked for by ``progress``; nothing but the pictures is left.
    """
    progress = progress or Progress()
    folder = make_pictures(run, progress)
    pictures, test = (list(read_pictures(folder, split)) for split in ("train", "val"))
    # Before the long part: a model that cannot be opened, or is replaced meanwhile, costs no training.
    others = [] if beside is None else [measured_model(beside, test)]
    device = choose_precision(run.device).device
    torch.manual_seed(run.seed)
    network = mask_rcnn(run.recipe.yolo.image_size).to(device)
    started, worked = time.monotonic(), time.process_time()
    steps = _train(network, pictures, run, device, progress)
    seconds, worked = time.monotonic() - started, time.process_time() - worked
    save_tensors(run.out / WEIGHTS_FILE, network.state_dict())
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    parameters = sum(p.numel() for p in network.parameters())
    rows = [measured(NAME, parameters, MaskRcnn(network, device).detect, test, clock), *others]
    figures: dict[str, Any] = {
        "network": "torchvision maskrcnn_resnet50_fpn, random weights",
        "training_s": seconds,
        # Processor seconds, which do not grow on a shared machine as the clock's do.
        "step_cpu_s": worked / max(1, steps),
        "steps": steps,
        "batch": _batch(run),
        "train_pictures": len(pictures),
        "device": str(device),
        **rows[0].to_json(),
        "beside": {row.name: row.to_json() for row in others},
    }
    (run.out / TABLE_FILE).write_text(markdown(rows))
    (run.out / FIGURES_FILE).write_text(json.dumps(figures, indent=1))
    return run.out


def mask_rcnn(image_size: int) -> Any:
    """The network for CLASSES and the background, without any download."""
    return maskrcnn_resnet50_fpn(
        weights=None,
        weights_backbone=None,
        num_classes=len(CLASSES) + 1,
        min_size=image_size,
        max_size=image_size,
        box_score_thresh=LEAST_SCORE,
    )


class MaskRcnn:
    """A trained network that answers as the detectors of the models do."""

    def __init__(self, network: Any, device: torch.device) -> None:
        self._network, self._device = network.eval(), device

    @torch.no_grad()
    def detect(self, picture: NDArray[np.uint8]) -> list[Instance]:
        """Instances in the gray ``picture`` (H, W) uint8, the best score first."""
        (found,) = self._network([_image(picture).to(self._device)])
        parts = (found[name].tolist() for name in ("labels", "scores", "boxes"))
        return [
            Instance(CLASSES[label - 1], score, (x0, y0, x1, y1), mask[0].numpy() > MASK_SHARE, ())
            for label, score, (x0, y0, x1, y1), mask in zip(*parts, found["masks"].cpu(), strict=True)
        ]


def target_of(picture: Picture) -> dict[str, torch.Tensor]:
    """Boxes (N, 4), labels (N,) from 1 on and masks (N, H, W) as torchvision takes them."""
    shape = (picture.pixels.shape[0], picture.pixels.shape[1])
    masks = np.array([polygon_mask(shape, [o.ring]) for o in picture.outlines], np.uint8).reshape(-1, *shape)
    boxes = np.array([o.box for o in picture.outlines], np.float32).reshape(-1, 4)
    labels = np.array([o.kind + 1 for o in picture.outlines], np.int64)
    return {"boxes": torch.from_numpy(boxes), "labels": torch.from_numpy(labels), "masks": torch.from_numpy(masks)}


def _batch(run: OvfRun) -> int:
    # Its gradients take ten times the memory of YOLOv8n's.
    return min(4, run.recipe.yolo.batch)


def _train(network: Any, pictures: Sequence[Picture], run: OvfRun, device: torch.device, progress: Progress) -> int:
    """Passes over ``pictures`` until the recipe's epochs or the minutes are over; returns the steps."""
    random = np.random.default_rng(run.seed)
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    size = _batch(run)
    total = run.recipe.yolo.epochs * math.ceil(len(pictures) / size)
    started = time.monotonic()
    step = 0
    network.train()
    while step < total:
        for chosen in np.array_split(random.permutation(len(pictures)), math.ceil(len(pictures) / size)):
            spent = (time.monotonic() - started) / 60
            done = step / total if run.minutes is None else max(step / total, spent / run.minutes)
            if done >= 1:
                return step
            # A warm-up, then half a cosine down to nothing.
            rate = LEARNING_RATE * min(1.0, (step + 1) / WARMUP_STEPS) * 0.5 * (1 + math.cos(math.pi * done))
            for group in optimizer.param_groups:
                group["lr"] = rate
            loss = _step(network, optimizer, [pictures[n] for n in chosen], device)
            step += 1
            progress.report("mask-rcnn", done, f"step {step}, loss {loss:.2f}")
    return step


def _step(network: Any, optimizer: torch.optim.Optimizer, pictures: Sequence[Picture], device: torch.device) -> float:
    images = [_image(picture.pixels).to(device) for picture in pictures]
    targets = [{name: value.to(device) for name, value in target_of(picture).items()} for picture in pictures]
    loss = sum(network(images, targets).values())
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
    optimizer.step()
    return float(loss.detach())


def _image(pixels: NDArray[np.uint8]) -> torch.Tensor:
    """(3, H, W) 0..1."""
    gray = torch.from_numpy(pixels.astype(np.float32) / 255)
    return gray[None].repeat(3, 1, 1)
