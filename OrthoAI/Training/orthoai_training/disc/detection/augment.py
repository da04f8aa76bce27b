"""Random pictures for the detectors: turned, cut, and in the gray values and resolution of another scanner.

The paper turns by up to 20 degrees and changes brightness by up to a quarter. Pictures are turned here, with the discs'
outlines, because a training loader turns a box's corners and draws a larger box around them. Nothing is mirrored:
sagittal slices look alike from both sides of the body, and the front of the body is always on the left.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from orthoai.detect.detector import Detection
from orthoai.tasks.disc.locate import grown
from orthoai.tasks.disc.picture import Slice, detector_picture
from scipy import ndimage

from orthoai_training.disc.detection.scene import Scene, clipped
from orthoai_training.learning.intensity import changed
from orthoai_training.learning.slice_augmentation import SliceAugmentation
from orthoai_training.turn_2d import turn_2d

LEAST_LUMBAR_SHARE, LEAST_DISC_SHARE = 0.6, 0.5
"""A box of which less is left in a picture is not asked for."""


@dataclass(frozen=True)
class SceneAugmentation:
    """How far training pictures stray from the plain ones.

    Attributes:
        degrees: largest turn.
        cut_probability: how often each edge of a slice is cut, anywhere up to the lumbar region.
        cut_into: how far a cut may run into the region, as a share of its sides: small fields do not show all of it.
        region_jitter: standard deviation of each edge of the region that stage B sees, as a share of its sides: stage
            A never finds it exactly.
        gray: contrast, brightness, coil, noise and resolution.
    """

    degrees: float = 10.0
    cut_probability: float = 0.3
    cut_into: float = 0.15
    region_jitter: float = 0.03
    gray: SliceAugmentation = field(default_factory=SliceAugmentation)


@dataclass(frozen=True)
class Picture:
    """What a detector is trained on: ``pixels`` (H, W) and the boxes in it, in pixel edges."""

    name: str
    pixels: NDArray[np.uint8]
    boxes: tuple[Detection, ...]


def plain_lumbar(scene: Scene) -> Picture | None:
    """The whole slice and its lumbar region, as stage A sees it; None where the region is not known."""
    box = scene.lumbar_box()
    return None if box is None else Picture(scene.name, detector_picture(scene.image), (box,))


def plain_discs(scene: Scene) -> Picture | None:
    """The lumbar region grown as at inference, and its discs, as stage B sees it."""
    region = scene.lumbar_box()
    return None if region is None else _cut(scene, region)


def random_lumbar(scene: Scene, how: SceneAugmentation, random: np.random.Generator) -> Picture | None:
    """A random picture for stage A."""
    turned = _turned(scene, how, random)
    box = turned.lumbar_box()
    if box is None:
        return None
    x0, y0, x1, y1 = _field(turned, box, how, random)
    kept = clipped(box, x0, y0, x1, y1, LEAST_LUMBAR_SHARE)
    image = _regrayed(turned.image, how.gray, random)[y0:y1, x0:x1]
    return Picture(scene.name, detector_picture(image), () if kept is None else (kept,))


def random_discs(scene: Scene, how: SceneAugmentation, random: np.random.Generator) -> Picture | None:
    """A random picture for stage B."""
    turned = _turned(scene, how, random)
    region = turned.lumbar_box()
    if region is None:
        return None
    width, height = region.x1 - region.x0, region.y1 - region.y0
    left, right, top, bottom = random.normal(0, how.region_jitter, 4) * (width, width, height, height)
    moved = replace(region, x0=region.x0 + left, x1=region.x1 + right, y0=region.y0 + top, y1=region.y1 + bottom)
    return _cut(replace(turned, image=_regrayed(turned.image, how.gray, random)), moved)


def _cut(scene: Scene, region: Detection) -> Picture:
    height, width = scene.image.shape
    x0, y0, x1, y1 = grown(region, (height, width))
    found = (clipped(box, x0, y0, x1, y1, LEAST_DISC_SHARE) for box in scene.disc_boxes().values())
    boxes = tuple(box for box in found if box is not None)
    return Picture(scene.name, detector_picture(scene.image[y0:y1, x0:x1]), boxes)


def _turned(scene: Scene, how: SceneAugmentation, random: np.random.Generator) -> Scene:
    """The scene turned about its middle in mm; edge values fill the corners."""
    angle = np.deg2rad(random.uniform(-how.degrees, how.degrees))
    scale = np.array(scene.pixel_mm)
    turn = turn_2d(angle)
    matrix = turn * scale[None, :] / scale[:, None]
    middle = np.array(scene.image.shape) / 2
    # Pixel centers lie half a pixel past their edges.
    offset = middle - 0.5 - matrix @ (middle - 0.5)
    image = ndimage.affine_transform(scene.image, matrix, offset, order=1, mode="nearest")
    outlines = {
        label: ((points[:, ::-1] - middle) @ np.linalg.inv(matrix).T + middle)[:, ::-1]
        for label, points in scene.outlines.items()
    }
    return replace(scene, image=image, outlines=outlines)


def _field(
    scene: Scene, box: Detection, how: SceneAugmentation, random: np.random.Generator
) -> tuple[int, int, int, int]:
    """A random field of view x0, y0, x1, y1 in pixels around the lumbar region ``box``."""
    height, width = scene.image.shape
    sides = (box.x1 - box.x0, box.y1 - box.y0)
    margins = np.array([box.x0, box.y0, width - box.x1, height - box.y1])
    farthest = np.maximum(0.0, margins) + how.cut_into * np.array([*sides, *sides])
    cuts = random.uniform(0, farthest) * (random.random(4) < how.cut_probability)
    return int(cuts[0]), int(cuts[1]), width - int(cuts[2]), height - int(cuts[3])


def _regrayed(image: Slice, gray: SliceAugmentation, random: np.random.Generator) -> Slice:
    return changed(torch.from_numpy(np.ascontiguousarray(image))[None, None], gray, random)[0, 0].numpy()
