"""Simulated scans to train on.

The detector learns from coarse scans with every field of view, kept as the folders that own data also comes in
(``synth/cases.py``). The segmenter learns from fine scans of one femur and from scans of hips and knees, cut into
training crops at once: a fine scan of whole legs would be simulated only to be thrown away.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from orthoai.progress import Progress

from orthoai_training.case_seeds import case_seed
from orthoai_training.femur.recipes import SegmenterRecipe
from orthoai_training.femur.segmenter.crops import check_manifest, cut_case
from orthoai_training.simulated_cases import STAGE
from orthoai_training.synth.limbs import LimbRecipe, require_sources, simulate_limb

PROJECTED_SPACING = (1.8, 1.8, 3.5)
"""mm (i, j, k) of scans for the detector: its pictures of 416 pixels do not show more."""

CROP_SCANS = (
    ("femur", (0.9, 0.9, 1.0)),
    ("hips", (3.0, 3.0, 3.0)),
    ("femur", (1.1, 1.1, 2.0)),
    ("hips", (1.5, 1.5, 2.0)),
    ("femur", (1.2, 1.2, 1.2)),
    ("hips", (2.0, 2.0, 3.0)),
    ("femur", (0.9, 0.9, 2.5)),
    ("hips", (2.5, 2.5, 2.5)),
    ("femur", (1.0, 1.0, 1.5)),
    ("knees", (2.0, 2.0, 3.0)),
)
"""Field of view and mm (i, j, k) of scans for the segmenter, in turn: thin and thick slices, and above all hips, where
a worn joint in a coarse scan is what is hardest to see."""

CROP_METAL = 0.25
"""Chance of metal in these scans: more than people have, since streaks are hard as well."""


def simulate_crops(
    folder: Path,
    count: int,
    validation: int,
    seed: int,
    limbs: LimbRecipe,
    recipe: SegmenterRecipe,
    progress: Progress | None = None,
) -> None:
    """Cut the crops of ``count`` simulated scans (:data:`CROP_SCANS`) into ``folder``/train and /validation.

    The first ``validation`` cases validate. They are parametric, so that no real bone is on both sides. Crops that are
    complete are kept.

    Raises:
        InputError: shapes or textures are not there, or ``folder`` holds crops of another recipe or seed.
    """
    progress = progress or Progress()
    require_sources(limbs)
    check_manifest(folder, recipe, seed)
    for number in range(count):
        progress.report(STAGE, number / count, f"scan {number + 1} of {count}")
        subset = folder / ("validation" if number < validation else "train")
        name = f"limb_{number:04d}"
        if (subset / f"{name}.done").exists():
            continue
        field, spacing = CROP_SCANS[number % len(CROP_SCANS)]
        one = replace(
            limbs,
            field=field,
            spacing=spacing,
            metal=CROP_METAL,
            real_share=0.0 if number < validation else limbs.real_share,
        )
        made = simulate_limb(one, case_seed(seed, number))
        cut_case(made.volume, made.labels, name, recipe, subset, seed=0, missing=number >= validation)
        (subset / f"{name}.done").touch()
    progress.report(STAGE, 1.0)
