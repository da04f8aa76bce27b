"""Training crops on disk: plain .npy arrays that are memory-mapped, so a patch costs one small read.

CROPS/train/<name>/image.npy    int16 HU (K, J, I) on the recipe's spacing
CROPS/train/<name>/mask.npy     uint8 0 or 1, the wanted femur only
CROPS/train/<name>/centers.npy  int16 (N, 3) voxels (k, j, i) on the femur's surface
CROPS/train/<name>/ends.npy     the same for the hip and the knee end
CROPS/train/<name>/crop.json    case, side, spacing
CROPS/validation/...            the same, of held-out subjects
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from orthoai.errors import InputError

HU_RANGE = (-1024, 4095)
"""Kept of a CT; far more than the networks' own range, so that intensity changes have something to work on."""

CENTERS_KEPT = 4000
"""Surface voxels kept per crop: enough that two patches hardly share a center."""

HIP_SHARE, KNEE_SHARE = 0.22, 0.15
"""Shares of a femur's length that hold the hip end (head, neck, trochanters) and the knee end (condyles)."""


@dataclass(frozen=True)
class Crop:
    """One opened training crop. Arrays (K, J, I) are read-only maps of the files."""

    name: str
    image: NDArray[np.int16]
    mask: NDArray[np.uint8]
    centers: NDArray[np.int16]
    ends: NDArray[np.int16]


def save_crop(folder: Path, image: NDArray, mask: NDArray, meta: Mapping[str, object], seed: int = 0) -> None:
    """Write one crop: ``image`` HU (K, J, I) and a binary ``mask`` of the same shape."""
    folder.mkdir(parents=True, exist_ok=True)
    hu = np.clip(np.rint(image), *HU_RANGE).astype(np.int16)
    mask = np.ascontiguousarray(mask, dtype=np.uint8)
    centers, ends = surface_centers(mask, np.random.default_rng(seed))
    for name, array in (("image", hu), ("mask", mask), ("centers", centers), ("ends", ends)):
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    # Last, so that a folder with crop.json is complete.
    (folder / "crop.json").write_text(json.dumps(meta, indent=1))


def open_crop(folder: Path) -> Crop:
    """Map the crop in ``folder``; InputError when it is not one or is damaged."""
    try:
        arrays = {
            name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
            for name in ("image", "mask", "centers", "ends")
        }
    except (OSError, ValueError) as error:
        raise InputError(f"The training crop {folder.name} is incomplete or damaged: cut the crops again.") from error
    if arrays["image"].shape != arrays["mask"].shape or arrays["image"].ndim != 3:
        raise InputError(
            f"The training crop {folder.name} has an image and a mask of other sizes: cut the crops again."
        )
    return Crop(folder.name, **arrays)


def open_crops(crops_dir: Path, subset: str) -> list[Crop]:
    """All crops of ``subset`` in name order; an empty list when there is none."""
    folder = crops_dir / subset
    return [open_crop(child.parent) for child in sorted(folder.glob("*/crop.json"))]


def surface_centers(mask: NDArray, rng: np.random.Generator) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Surface voxels of ``mask`` (K, J, I): (all along the bone, at the hip and knee ends), each (N, 3) as (k, j, i).

    k grows toward the head. Both are empty for an empty mask.
    """
    inside = mask.astype(bool)
    inner = inside.copy()
    for axis in range(3):
        ahead, behind = np.roll(inside, 1, axis), np.roll(inside, -1, axis)
        # What rolled over the border of the crop is no neighbor.
        np.moveaxis(ahead, axis, 0)[0] = False
        np.moveaxis(behind, axis, 0)[-1] = False
        inner &= ahead & behind
    points = np.argwhere(inside & ~inner).astype(np.int16)
    if len(points) == 0:
        return points, points
    low, high = int(points[:, 0].min()), int(points[:, 0].max())
    length = high - low
    at_end = (points[:, 0] >= high - HIP_SHARE * length) | (points[:, 0] <= low + KNEE_SHARE * length)
    return _some(points, rng), _some(points[at_end], rng)


def _some(points: NDArray[np.int16], rng: np.random.Generator) -> NDArray[np.int16]:
    if len(points) <= CENTERS_KEPT:
        return points
    return points[np.sort(rng.choice(len(points), CENTERS_KEPT, replace=False))]
