"""Bodies in their slices as the outline network learns from them: three slices around one, and the body's share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from orthoai.errors import InputError
from orthoai.progress import Progress
from orthoai.tasks.ovf.outline import LEAST_AREA, around, around_middle
from orthoai.tasks.ovf.outline_network import SLICES

from orthoai_training.identity import files_sha256
from orthoai_training.made_from import forget_source, is_made_from, note_source
from orthoai_training.ovf.scenes import BodyBlock, CaseScene, case_scene
from orthoai_training.spine_ct.case import case_files, read_case

SIDE = 112
"""Pixels of a stored window: room to turn, zoom and shift what the network sees of it."""

Samples = NDArray[np.uint8]
"""(N, SLICES + 1, SIDE, SIDE): gray values of the slices around one, then 255 times the body's share of each pixel."""


def draw_samples(folder: Path, cases: Sequence[Path], count: int, seed: int, progress: Progress) -> Samples:
    """``count`` slices of every body of every case; those in ``folder``, one file a case, are kept.

    Samples of other files, another seed or another count are drawn again.

    Raises:
        InputError: a case that cannot be read, or none that shows a body.
        Canceled: asked for by ``progress``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for number, case in enumerate(cases):
        progress.report("samples", number / len(cases), f"case {number + 1} of {len(cases)}")
        file = folder / f"{case.name}.npy"
        source = {"files": files_sha256(case_files(case)), "seed": seed, "count": count}
        if not is_made_from(file, source):
            forget_source(file)
            drawn = body_samples(case_scene(read_case(case)), case.name, count, seed)
            aside = file.with_suffix(".partial")
            with aside.open("wb") as stream:
                np.save(stream, drawn)
            aside.replace(file)
            note_source(file, source)
        found.append(np.load(file, allow_pickle=False))
    if not any(len(samples) for samples in found):
        raise InputError("No case shows a vertebral body: give cases of a spine.")
    return np.concatenate(found)


def body_samples(scene: CaseScene, name: str, count: int, seed: int) -> Samples:
    """``count`` slices, or all, of every body in ``scene``; the same seed and name give the same ones."""
    random = np.random.default_rng([seed, *name.encode()])
    found = []
    for block in scene.blocks:
        areas = (block.occupancy > 0.5).sum(axis=(1, 2))
        seen = np.flatnonzero(areas >= LEAST_AREA)
        found += [_sample(scene, block, int(place)) for place in np.sort(random.permutation(seen)[:count])]
    return np.stack(found) if found else np.zeros((0, SLICES + 1, SIDE, SIDE), np.uint8)


def _sample(scene: CaseScene, block: BodyBlock, place: int) -> Samples:
    index = block.start[0] + place
    share = block.drawn(index, scene.stack.pictures.shape[1:])
    rows, cols = np.nonzero(share > 0.5)
    middle = (int(rows.min() + rows.max() + 1) // 2, int(cols.min() + cols.max() + 1) // 2)
    pictures = scene.stack.pictures
    tile = around_middle(middle, SIDE)
    planes = [tile.cut(pictures[n]) for n in around(index, len(pictures))]
    return np.stack([*planes, np.rint(255 * tile.cut(share)).astype(np.uint8)])
