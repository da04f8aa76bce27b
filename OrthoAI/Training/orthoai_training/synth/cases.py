"""Folders of simulated legs."""

from __future__ import annotations

from pathlib import Path

from orthoai.progress import Progress

from orthoai_training.simulated_cases import fill_cases, write_simulated
from orthoai_training.synth.limbs import LimbRecipe, require_sources, simulate_limb


def simulate_cases(
    folder: Path, count: int, seed: int, recipe: LimbRecipe, device: str = "cpu", progress: Progress | None = None
) -> None:
    """Write ``count`` cases into ``folder``; those that are complete are kept, so a stopped run goes on.

    Raises InputError where shapes or textures are not there.
    """
    require_sources(recipe)

    def simulate(one_seed: int, case: Path) -> None:
        made = simulate_limb(recipe, one_seed, device)
        write_simulated(made.volume, made.labels, made.meta, case)

    fill_cases(folder, "limb", count, seed, simulate, progress)
