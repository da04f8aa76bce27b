"""From a case to training crops: what stage 2 sees at inference, a femur with some room around it.

The crop is the true box grown by a random margin per face, as a detector's box with its margin would be. Image and mask
are resampled as at inference. The other femur, where it reaches into the crop, is background.
"""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from orthoai.box import Box
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.output import made_folder
from orthoai.progress import Progress
from orthoai.segment.resample import ModelGrid
from orthoai.volume import Volume, reorient_array

from orthoai_training.dataset import FEMUR_LABELS, CaseFolder, Split
from orthoai_training.femur.recipes import SegmenterRecipe
from orthoai_training.femur.segmenter.crop_store import HU_RANGE, save_crop
from orthoai_training.identity import files_sha256
from orthoai_training.made_from import forget_source, is_made_from, note_source
from orthoai_training.text_files import as_read, read_json, write_json

STAGE = "crops"
"""Name of this stage in progress reports."""

WHOLE = "whole"
"""Instead of a side, in the names of single-stage crops."""

MANIFEST_FILE = "crops.json"
"""Says what the crops of a folder were cut with."""

PLANES = 64
"""Planes resampled at once."""


def cut_crops(
    cases: Sequence[CaseFolder],
    split: Split,
    recipe: SegmenterRecipe,
    out_dir: Path,
    seed: int = 0,
    progress: Progress | None = None,
) -> None:
    """Cut every case of ``split`` into OUT/<subset>/; what is already there is kept, and cut again where
    its image or labels have changed.

    Raises:
        InputError: a case cannot be read, or OUT holds crops that were cut with another recipe or seed.
    """
    progress = progress or Progress()
    check_manifest(out_dir, recipe, seed)
    for number, case in enumerate(cases):
        progress.report(STAGE, number / len(cases), case.name)
        folder = out_dir / split.subset_of(case.name)
        done, source = folder / f"{case.name}.done", files_sha256(case.files)
        if is_made_from(done, source):
            continue
        forget_source(done)
        # Corrected labels may have a femur less.
        for name in crop_names(case.name, recipe):
            shutil.rmtree(folder / name, ignore_errors=True)
        image, labels = case.load()
        cut_case(image, labels.voxels, case.name, recipe, folder, seed)
        done.touch()
        note_source(done, source)
    progress.report(STAGE, 1.0)


def crop_names(case: str, recipe: SegmenterRecipe) -> list[str]:
    """All crops that ``case`` may have."""
    if recipe.whole_volume:
        return [f"{case}_{WHOLE}"]
    return [f"{case}_{side}_{number}" for side in FEMUR_LABELS.values() for number in range(recipe.crops_per_femur)]


def cut_case(
    image: Volume,
    labels: NDArray,
    name: str,
    recipe: SegmenterRecipe,
    folder: Path,
    seed: int = 0,
    missing: bool = False,
) -> list[str]:
    """Cut one case into ``folder``; returns the names of the crops.

    Args:
        image: CT in any orientation.
        labels: (K, J, I) on the image's grid, 1 femur_left, 2 femur_right; other values count as background.
        recipe: whole_volume gives one crop, the whole image with both femora; else one or more per femur.
        missing: where only one femur is there, also cut the place of the other, with an empty mask, so that the network
            learns to leave it empty. Never for labels that people may have drawn on one side only.
    """
    folder.mkdir(parents=True, exist_ok=True)
    volume = image.reoriented("LPS")
    marks = reorient_array(labels, image.geometry, "LPS")
    # Not hash(): it differs between two runs of Python.
    rng = np.random.default_rng((seed, zlib.crc32(name.encode())))
    names = []
    if recipe.whole_volume:
        names.append(f"{name}_{WHOLE}")
        _save(volume, np.isin(marks, list(FEMUR_LABELS)), recipe, folder / names[-1], name, WHOLE, rng)
        return names
    for value, side in FEMUR_LABELS.items():
        femur = marks == value
        box = Box.around(side, femur, volume.geometry)
        if box is None and missing:
            present = Box.around(side, np.isin(marks, list(FEMUR_LABELS)), volume.geometry)
            box = _across(present, volume.geometry) if present else None
        if box is None:
            continue
        for number in range(recipe.crops_per_femur):
            start, stop = grown(box, volume.geometry, rng.uniform(*recipe.margin_mm, size=(2, 3)))
            names.append(f"{name}_{side}_{number}")
            inside = tuple(slice(a, b) for a, b in zip(start[::-1], stop[::-1], strict=True))
            _save(volume.cropped(start, stop), femur[inside], recipe, folder / names[-1], name, side, rng)
    return names


def _across(box: Box, geometry: Geometry) -> Box | None:
    """``box`` mirrored to the other half of an LPS volume; None where the two would meet."""
    last = geometry.size[0] - 1
    low, high = last - box.index_max[0], last - box.index_min[0]
    if low <= box.index_max[0] and box.index_min[0] <= high:
        return None
    return Box.from_index(box.label, 1.0, (low, *box.index_min[1:]), (high, *box.index_max[1:]), geometry)


def check_manifest(out_dir: Path, recipe: SegmenterRecipe, seed: int) -> None:
    """Note in ``out_dir``, which is made, what its crops are cut with, so that they never mix with others.

    Raises:
        InputError: it holds crops that were cut with another recipe or seed.
    """
    names = ("whole_volume", "spacing_mm", "margin_mm", "crops_per_femur")
    manifest = as_read({"seed": seed, **{name: getattr(recipe, name) for name in names}})
    file = out_dir / MANIFEST_FILE
    if file.exists() and read_json(file) != manifest:
        raise InputError(f"The crops in {out_dir} were cut with other settings or another seed: remove that folder.")
    write_json(made_folder(out_dir) / MANIFEST_FILE, manifest)


def grown(box: Box, geometry: Geometry, margins_mm: NDArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """``box`` with ``margins_mm`` (2, 3: low and high face along i, j, k), as voxel ranges (i, j, k) in the volume."""
    margins = margins_mm / np.asarray(geometry.spacing)
    start = np.floor(np.asarray(box.index_min) + 0.5 - margins[0]).astype(np.int64)
    stop = np.ceil(np.asarray(box.index_max) + 0.5 + margins[1]).astype(np.int64)
    return np.clip(start, 0, geometry.size), np.clip(stop, 0, geometry.size)


def _save(
    crop: Volume, mask: NDArray, recipe: SegmenterRecipe, folder: Path, case: str, side: str, rng: np.random.Generator
) -> None:
    hu_range = (float(HU_RANGE[0]), float(HU_RANGE[1]))
    spaced = ModelGrid(crop, recipe.spacing_mm, hu_range)
    # A linear share of the voxel, cut at one half: smoother borders than the nearest voxel gives.
    share = ModelGrid(crop.with_voxels(mask.view(np.uint8)), recipe.spacing_mm, (0.0, 1.0))
    shape = spaced.geometry.shape
    hu, femur = np.empty(shape, np.int16), np.empty(shape, np.uint8)
    for first in range(0, shape[0], PLANES):
        last = min(first + PLANES, shape[0])
        hu[first:last] = np.rint(spaced.planes(first, last) * (hu_range[1] - hu_range[0]) + hu_range[0])
        femur[first:last] = share.planes(first, last) > 0.5
    meta = {"case": case, "side": side, "spacing_mm": list(recipe.spacing_mm), "shape": list(shape)}
    save_crop(folder, hu, femur, meta, seed=int(rng.integers(2**31)))
