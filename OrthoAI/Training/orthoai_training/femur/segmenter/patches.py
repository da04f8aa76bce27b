"""Random patches out of cached crops: where they lie, and reading them ahead in one thread."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orthoai_training.femur.recipes import SegmenterRecipe, Size
from orthoai_training.femur.segmenter.crop_store import Crop

AIR_HU = -1024
"""What lies outside a crop."""

JITTER = 0.25
"""A patch aimed at a surface voxel is moved by up to this share of its size, so that the voxel is rarely central."""

READ_AHEAD = 2
"""Batches held ready."""


@dataclass(frozen=True)
class Batch:
    """Raw blocks of one step: ``image`` int16 HU and ``mask`` uint8, each (B, 1, K, J, I)."""

    step: int
    image: NDArray[np.int16]
    mask: NDArray[np.uint8]


def choose_center(crop: Crop, recipe: SegmenterRecipe, rng: np.random.Generator) -> NDArray[np.int64]:
    """The middle voxel (k, j, i) of the next patch: ``near_femur`` of them near the surface, the rest anywhere."""
    if len(crop.centers) and rng.random() < recipe.near_femur:
        points = crop.ends if len(crop.ends) and rng.random() < recipe.hard_regions else crop.centers
        reach = JITTER * np.asarray(recipe.patch)
        return np.rint(points[rng.integers(len(points))] + rng.uniform(-reach, reach)).astype(np.int64)
    # Anywhere the patch lies inside; a crop smaller than the patch is centered. Drawn a little too far and clipped,
    # because at inference the outermost windows, which end with the crop, are frequent.
    half = np.asarray(recipe.patch) / 2
    shape = np.asarray(crop.image.shape)
    low = np.minimum(half, shape / 2)
    high = np.maximum(shape - half, low)
    beyond = JITTER * np.asarray(recipe.patch)
    return np.rint(np.clip(rng.uniform(low - beyond, high + beyond), low, high)).astype(np.int64)


def read_block(array: NDArray, center: NDArray[np.int64], size: Size, fill: int) -> NDArray:
    """Voxels of ``array`` (K, J, I) in a block of ``size`` around ``center``; ``fill`` outside of the array."""
    start = center - np.asarray(size) // 2
    stop = start + np.asarray(size)
    inner_start, inner_stop = np.clip(start, 0, array.shape), np.clip(stop, 0, array.shape)
    source = tuple(slice(a, b) for a, b in zip(inner_start, inner_stop, strict=True))
    if np.array_equal(start, inner_start) and np.array_equal(stop, inner_stop):
        return np.array(array[source])
    block = np.full(size, fill, dtype=array.dtype)
    target = tuple(slice(a, b) for a, b in zip(inner_start - start, inner_stop - start, strict=True))
    block[target] = array[source]
    return block


def block_size(recipe: SegmenterRecipe) -> Size:
    """Size of the blocks read: larger than the patch where rotations and zoom need voxels around it."""
    if recipe.augmentation.affine_probability <= 0:
        return recipe.patch
    grown = [2 * round(size * 1.2 / 2) for size in recipe.patch]
    return grown[0], grown[1], grown[2]


def make_batch(crops: list[Crop], recipe: SegmenterRecipe, seed: int, step: int) -> Batch:
    """The batch of ``step``: depends on nothing but its arguments, so a resumed run sees what the first would have."""
    rng = np.random.default_rng((seed, step))
    size = block_size(recipe)
    images, masks = [], []
    for _ in range(recipe.batch):
        crop = crops[int(rng.integers(len(crops)))]
        center = choose_center(crop, recipe, rng)
        images.append(read_block(crop.image, center, size, AIR_HU)[None])
        masks.append(read_block(crop.mask, center, size, 0)[None])
    return Batch(step, np.stack(images), np.stack(masks))


def batches(crops: list[Crop], recipe: SegmenterRecipe, seed: int, first_step: int = 0) -> Generator[Batch, None, None]:
    """Endless batches from ``first_step`` on, read ahead by one daemon thread that ends with the generator."""
    ready: queue.Queue[Batch | Exception] = queue.Queue(maxsize=READ_AHEAD)
    ended = threading.Event()

    def offer(item: Batch | Exception) -> None:
        while not ended.is_set():
            try:
                ready.put(item, timeout=0.2)
                return
            except queue.Full:
                continue

    def read() -> None:
        step = first_step
        try:
            while not ended.is_set():
                offer(make_batch(crops, recipe, seed, step))
                step += 1
        except Exception as error:  # handed to the trainer, which raises it
            offer(error)

    thread = threading.Thread(target=read, name="patches", daemon=True)
    thread.start()
    try:
        while True:
            item = ready.get()
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        ended.set()
        thread.join()
