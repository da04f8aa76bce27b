"""Simulated spines as case folders, to train and to measure on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from orthoai.dataset.layout import META_FILE
from orthoai.progress import Progress

from orthoai_training.spine_ct.case import write_case
from orthoai_training.spine_ct.options import SpineOptions
from orthoai_training.spine_ct.simulate import simulate

STAGE = "simulate"

TRAINING_SEEDS, TEST_SEEDS = 1_000, 900_000
"""First seeds of cases to train on (and to split) and of cases to measure on: they never meet."""

SEED_STRIDE = 10_000
"""Cases of two runs with different seeds never share a seed; there are fewer than 90 such seeds."""

REAL_SHARE = 0.5
"""Of cases from real shapes, when there are any."""

TORSO_EVERY = 6
"""One case of so many shows the whole body around the spine."""


def spine_options(shapes: Sequence[Path], textures: Sequence[Path], real_share: float = REAL_SHARE) -> SpineOptions:
    """What a training simulates: any field of view around the spine, any slice thickness."""
    return SpineOptions(shapes=tuple(shapes), texture=tuple(textures), real_share=real_share)


def simulate_cases(
    folder: Path, count: int, seed: int, options: SpineOptions, progress: Progress | None = None
) -> None:
    """Write ``count`` cases into ``folder``; those that are complete are kept, so a stopped run goes on."""
    progress = progress or Progress()
    for number in range(count):
        progress.report(STAGE, number / count, f"case {number + 1} of {count}")
        case = folder / f"spine_{number:04d}"
        if not (case / META_FILE).exists():
            chosen = replace(options, field="torso") if number % TORSO_EVERY == TORSO_EVERY - 1 else options
            write_case(simulate(TRAINING_SEEDS + seed * SEED_STRIDE + number, chosen), case, "fracture")
    progress.report(STAGE, 1.0)
