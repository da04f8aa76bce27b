"""Simulated cases to train on, written as the folders that own data also comes in."""

from __future__ import annotations

import json
from pathlib import Path

from orthoai.io.write import write_labels, write_volume
from orthoai.progress import Progress

from orthoai_training.dataset import IMAGE_FILE, LABELS_FILE, META_FILE
from orthoai_training.synth.limbs import LimbRecipe, simulate_limb

STAGE = "simulate"
"""Name of this stage in progress reports."""

SEED_STRIDE = 100_000
"""Cases of two runs with different seeds never share a seed."""


def simulate_cases(
    folder: Path, count: int, seed: int, recipe: LimbRecipe, device: str = "cpu", progress: Progress | None = None
) -> None:
    """Write ``count`` cases into ``folder``; those that are complete are kept, so a stopped run goes on."""
    progress = progress or Progress()
    for number in range(count):
        progress.report(STAGE, number / count, f"case {number + 1} of {count}")
        case = folder / f"limb_{number:04d}"
        if (case / META_FILE).exists():
            continue
        case.mkdir(parents=True, exist_ok=True)
        made = simulate_limb(recipe, seed * SEED_STRIDE + number, device)
        write_volume(made.volume, case / IMAGE_FILE)
        write_labels(made.labels, made.volume.geometry, case / LABELS_FILE)
        # Last: a folder with it is complete.
        (case / META_FILE).write_text(json.dumps(made.meta, indent=1))
    progress.report(STAGE, 1.0)
