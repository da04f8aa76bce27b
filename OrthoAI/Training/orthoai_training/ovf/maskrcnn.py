"""Mask R-CNN with a ResNet-50 under the same pictures, as the paper's comparison (its section 3 gives no figures).

torchvision's maskrcnn_resnet50_fpn from random weights, at the network's input size; timed and measured like the other.
OUT/mask_rcnn.safetensors      weights
OUT/mask_rcnn.json             seconds, steps, figures on the validation pictures, milliseconds per picture
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
from orthoai.detect.instance import Instance
from orthoai.progress import Progress
from orthoai.tasks.ovf.labels import CLASSES
from safetensors.torch import save_file
from torchvision.models.detection import maskrcnn_resnet50_fpn

from orthoai_training.detector.polygon_mask import polygon_mask
from orthoai_training.ovf.dataset import read_pictures
from orthoai_training.ovf.evaluation.matching import Measure, PictureAnswer
from orthoai_training.ovf.evaluation.precision import picture_figures
from orthoai_training.ovf.pictures import Picture
from orthoai_training.ovf.train import OvfRun, make_pictures
from orthoai_training.segmenter.precision import choose_precision

WEIGHTS_FILE, FIGURES_FILE = "mask_rcnn.safetensors", "mask_rcnn.json"

LEARNING_RATE, WEIGHT_DECAY, WARMUP_STEPS = 2e-4, 5e-5, 50
"""AdamW; detection from random weights diverges at YOLO's rate."""

LEAST_SCORE = 0.05


def train_mask_rcnn(run: OvfRun, progress: Progress | None = None) -> Path:
    """Train, measure and time it; returns the run folder.

    Raises:
        InputError: see :func:`orthoai_training.ovf.train.make_pictures`.
        Canceled: asked for by ``progress``; nothing but the pictures is left.
    """
    progress = progress or Progress()
    folder = make_pictures(run, progress)
    pictures = list(read_pictures(folder, "train"))
    device = choose_precision(run.device).device
    torch.manual_seed(run.seed)
    network = mask_rcnn(run.recipe.yolo.image_size).to(device)
    started = time.monotonic()
    steps = _train(network, pictures, run, device, progress)
    seconds = time.monotonic() - started
    answers, milliseconds = _answers(network.eval(), list(read_pictures(folder, "val")), device)
    figures: dict[str, Any] = {
        "network": "torchvision maskrcnn_resnet50_fpn, random weights",
        "parameters": sum(p.numel() for p in network.parameters()),
        "training_s": seconds,
        "steps": steps,
        "batch": _batch(run),
        "train_pictures": len(pictures),
        "ms_per_picture": milliseconds,
        "device": str(device),
        **{measure.value.lower(): picture_figures(answers, measure).to_json() for measure in Measure},
    }
    save_file({k: v.contiguous() for k, v in network.state_dict().items()}, run.out / WEIGHTS_FILE)
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
    images = [_image(picture).to(device) for picture in pictures]
    targets = [{name: value.to(device) for name, value in target_of(picture).items()} for picture in pictures]
    loss = sum(network(images, targets).values())
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
    optimizer.step()
    return float(loss.detach())


def _image(picture: Picture) -> torch.Tensor:
    gray = torch.from_numpy(picture.pixels.astype(np.float32) / 255)
    return gray[None].repeat(3, 1, 1)


@torch.no_grad()
def _answers(network: Any, pictures: Sequence[Picture], device: torch.device) -> tuple[list[PictureAnswer], float]:
    """Answers on ``pictures`` and the median milliseconds per picture."""
    answers, times = [], []
    for picture in pictures:
        started = time.perf_counter()
        (found,) = network([_image(picture).to(device)])
        times.append(1000 * (time.perf_counter() - started))
        instances = [
            Instance(CLASSES[label - 1], score, (x0, y0, x1, y1), mask[0].numpy() > 0.5, ())
            for label, score, (x0, y0, x1, y1), mask in zip(
                found["labels"].tolist(),
                found["scores"].tolist(),
                found["boxes"].tolist(),
                found["masks"].cpu(),
                strict=True,
            )
        ]
        shape = (picture.pixels.shape[0], picture.pixels.shape[1])
        answers.append(PictureAnswer.of(picture.name, picture.outlines, instances, picture.ignored, shape))
    return answers, float(np.median(times))
