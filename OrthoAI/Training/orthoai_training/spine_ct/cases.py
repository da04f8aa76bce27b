"""Folders of simulated spines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from orthoai.dataset.layout import LABELS_FILE
from orthoai.io.write import write_labels
from orthoai.progress import Progress

from orthoai_training.simulated_cases import fill_cases
from orthoai_training.spine_ct.case import CLASSES, SpineCase, class_map, write_case
from orthoai_training.spine_ct.options import SpineOptions
from orthoai_training.spine_ct.simulate import require_sources, simulate


def task_labels(case: SpineCase, task: str) -> NDArray[np.uint8]:
    """The label map (K, J, I) that ``task`` should find: for "ovf" 1 crush, 2 wedge, 3 biconcave; else 1 fracture."""
    classes = class_map(case)
    classes[classes == CLASSES["normal"]] = 0
    return classes if task == "ovf" else (classes > 0).astype(np.uint8)


def simulate_cases(
    folder: Path, count: int, seed: int, options: SpineOptions, task: str, progress: Progress | None = None
) -> None:
    """Write ``count`` cases into ``folder``, each with the labels of ``task``.

    Those that are complete are kept, so that a stopped run goes on.

    Raises:
        InputError: shapes or textures hold nothing to use, or the folder cannot be written.
    """
    require_sources(options)

    def write(one_seed: int, place: Path) -> None:
        case = simulate(one_seed, options)
        place.mkdir(parents=True, exist_ok=True)
        write_labels(task_labels(case, task), case.volume.geometry, place / LABELS_FILE)
        write_case(case, place, task)

    fill_cases(folder, "spine", count, seed, write, progress)
