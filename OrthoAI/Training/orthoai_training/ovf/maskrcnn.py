"""Mask R-CNN with a ResNet-50 under the same pictures, as the paper's comparison (its section 3 gives no figures).

torchvision's maskrcnn_resnet50_fpn from random weights, at the network's input size; timed and measured like the other.
OUT/mask_rcnn                  weights, metrics.json and checkpoint
OUT/mask_rcnn.json             seconds, steps, figures on the validation pictures, milliseconds per picture
OUT/mask_rcnn.md               the same as a table, beside another model
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from orthoai.detect.instance import Instance
from orthoai.models.store import Model
from orthoai.progress import Progress
from orthoai.tasks.ovf.labels import CLASSES
from safetensors.torch import load_file
from torchvision.models.detection import maskrcnn_resnet50_fpn

from orthoai_training.detector.mixed_precision import float32_answers
from orthoai_training.detector.polygon_mask import polygon_mask
from orthoai_training.learning.lesson import Lesson
from orthoai_training.learning.loop import Loop
from orthoai_training.learning.pace import Pace
from orthoai_training.learning.precision import Precision, choose_precision
from orthoai_training.learning.run_folder import Place
from orthoai_training.ovf.dataset import read_pictures
from orthoai_training.ovf.detector import OvfRun, make_pictures
from orthoai_training.ovf.pictures import Picture
from orthoai_training.ovf.side_by_side import markdown, measured, measured_model
from orthoai_training.text_files import write_json, write_text

FOLDER, FIGURES_FILE, TABLE_FILE = "mask_rcnn", "mask_rcnn.json", "mask_rcnn.md"

NAME = "Mask R-CNN, ResNet-50"

STAGE = "mask-rcnn"

MOST_PICTURES = 4
"""Of a step: gradients take ten times the memory of YOLOv8n's."""

REGIONS = 128
"""Proposals of a picture that heads learn from. torchvision's 512 are for pictures of dozens of things; here are seven
bodies, and the masks of a quarter of the proposals are what a step costs most."""

CHECKPOINT_STEPS = 100

LEAST_SCORE = 0.05

MASK_SHARE = 0.5
"""Of a mask's pixel, above which it belongs to the body."""


@dataclass(frozen=True)
class MaskRcnnRecipe:
    """AdamW with a warm-up, then half a cosine; detection from random weights diverges at YOLO's rate.

    Attributes:
        batch: pictures a step.
        regions: see REGIONS.
        ema_decay: 0, the newest weights are the ones kept.
    """

    image_size: int
    epochs: int
    batch: int
    regions: int = REGIONS
    learning_rate: float = 2e-4
    weight_decay: float = 5e-5
    warmup_steps: int = 50
    gradient_clip: float = 5.0
    ema_decay: float = 0.0


def train_mask_rcnn(run: OvfRun, progress: Progress | None = None, beside: Model | None = None) -> Path:
    """Train, measure and time it, and measure and time the model ``beside`` on the same pictures.

    Returns:
        The run folder.

    Raises:
        InputError: see :func:`orthoai_training.ovf.train.make_pictures`.
        Canceled: asked for by ``progress``; the last checkpoint stays.
    """
    progress = progress or Progress()
    folder = make_pictures(run, progress)
    pictures, test = (list(read_pictures(folder, split)) for split in ("train", "val"))
    # Before the long part: a model that cannot be opened, or is replaced meanwhile, costs no training.
    others = [] if beside is None else [measured_model(beside, test)]
    yolo = run.recipe.yolo
    recipe = MaskRcnnRecipe(yolo.image_size, yolo.epochs, min(MOST_PICTURES, yolo.batch))
    torch.manual_seed(run.seed)
    lesson = MaskRcnnLesson(pictures, recipe, run.seed, choose_precision(run.device))
    optimizer = torch.optim.AdamW(lesson.network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    pace = Pace.of(recipe, recipe.epochs * lesson.steps_per_epoch, run.minutes, CHECKPOINT_STEPS)
    device = lesson.precision.device
    facts = {"train_pictures": len(pictures), "device": str(device)}
    place = Place(run.out / FOLDER, STAGE, recipe, run.seed, facts, resume=run.resume)
    learned = Loop(lesson, optimizer, pace, place, progress).train()
    lesson.network.load_state_dict(load_file(learned.weights))
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    detect = MaskRcnn(lesson.network, device).detect
    rows = [measured(NAME, learned.metrics["parameters"], detect, test, clock), *others]
    figures: dict[str, Any] = {
        "network": "torchvision maskrcnn_resnet50_fpn, random weights",
        **{name: learned.metrics[name] for name in ("training_s", "step_cpu_s", "steps", *facts)},
        "batch": recipe.batch,
        **rows[0].to_json(),
        "beside": {row.name: row.to_json() for row in others},
    }
    write_text(run.out / TABLE_FILE, markdown(rows))
    write_json(run.out / FIGURES_FILE, figures)
    return run.out


class MaskRcnnLesson(Lesson[Sequence[Picture]]):
    """Bodies in pictures; nothing is held out, since the comparison has no choice to make."""

    def __init__(self, pictures: Sequence[Picture], recipe: MaskRcnnRecipe, seed: int, precision: Precision) -> None:
        self.network = mask_rcnn(recipe.image_size, precision, recipe.regions)
        self.precision = precision
        self._pictures, self._seed = pictures, seed
        self.steps_per_epoch = math.ceil(len(pictures) / recipe.batch)

    def batches(self, first_step: int) -> Generator[Sequence[Picture], None, None]:
        for step in count(first_step):
            epoch, part = divmod(step, self.steps_per_epoch)
            order = np.random.default_rng((self._seed, epoch)).permutation(len(self._pictures))
            yield [self._pictures[n] for n in np.array_split(order, self.steps_per_epoch)[part]]

    def loss(self, batch: Sequence[Picture]) -> torch.Tensor:
        """The sum of torchvision's own: proposals, classes, boxes and masks."""
        device = self.precision.device
        images = [_image(picture.pixels).to(device) for picture in batch]
        targets = [{name: value.to(device) for name, value in target_of(picture).items()} for picture in batch]
        return torch.stack(list(self.network(images, targets).values())).sum()

    def score(self) -> None:
        return None


def mask_rcnn(image_size: int, precision: Precision, regions: int = REGIONS) -> Any:
    """The network for CLASSES and the background, on the device of ``precision``, without any download.

    Layers work in that precision and answer in float32: torchvision's operators on regions take no bfloat16 on a
    processor, and boxes would have steps of 2 px.
    """
    network: Any = maskrcnn_resnet50_fpn(
        weights=None,
        weights_backbone=None,
        num_classes=len(CLASSES) + 1,
        min_size=image_size,
        max_size=image_size,
        box_score_thresh=LEAST_SCORE,
        box_batch_size_per_image=regions,
    )
    heads = network.roi_heads
    for part in (network.backbone, network.rpn.head, heads.box_head, heads.mask_head, heads.mask_predictor):
        part.forward = float32_answers(part.forward, precision)
    return network.to(precision.device, memory_format=torch.channels_last)


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


def _image(pixels: NDArray[np.uint8]) -> torch.Tensor:
    """(3, H, W) 0..1."""
    gray = torch.from_numpy(pixels.astype(np.float32) / 255)
    return gray[None].repeat(3, 1, 1)
