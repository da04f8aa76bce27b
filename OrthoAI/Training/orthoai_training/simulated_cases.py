"""Folders of simulated cases, which a stopped simulation goes on filling."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from orthoai.dataset.layout import IMAGE_FILE, LABELS_FILE, META_FILE
from orthoai.io.write import write_labels, write_volume
from orthoai.progress import Progress
from orthoai.volume import Volume

from orthoai_training.case_seeds import case_seed

STAGE = "simulate"
"""Name of this stage in progress reports."""


def fill_cases(
    folder: Path, kind: str, count: int, seed: int, simulate: Callable[[int, Path], None], progress: Progress | None
) -> None:
    """Fill ``folder`` with ``count`` cases; those that are complete are kept.

    Args:
        kind: begins their names, such as "limb" in "limb_0000".
        simulate: writes the case of a seed into a folder that it makes, case.json last: a folder with it is complete.
    """
    progress = progress or Progress()
    for number in range(count):
        progress.report(STAGE, number / count, f"case {number + 1} of {count}")
        case = folder / f"{kind}_{number:04d}"
        if not (case / META_FILE).exists():
            simulate(case_seed(seed, number), case)
    progress.report(STAGE, 1.0)


def write_simulated(volume: Volume, labels: NDArray[np.uint8], meta: Mapping[str, Any], case: Path) -> None:
    """Make the folder ``case`` with image, labels (K, J, I) and, last, case.json."""
    case.mkdir(parents=True, exist_ok=True)
    write_volume(volume, case / IMAGE_FILE)
    write_labels(labels, volume.geometry, case / LABELS_FILE)
    (case / META_FILE).write_text(json.dumps(meta, indent=1))
