"""Simulated cases to train on.

The detector learns from coarse scans with every field of view, kept as the folders that own data also comes in. The
segmenter learns from fine scans of one femur and from scans of hips and knees, cut into training crops at once: a fine
scan of whole legs would be simulated only to be thrown away.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from orthoai.io.write import write_labels, write_volume
from orthoai.progress import Progress

from orthoai_training.case_seeds import case_seed
from orthoai_training.dataset import IMAGE_FILE, LABELS_FILE, META_FILE
from orthoai_training.femur.recipes import SegmenterRecipe
from orthoai_training.femur.segmenter.crops import check_manifest, cut_case
from orthoai_training.synth.limbs import LimbRecipe, require_sources, simulate_limb

STAGE = "simulate"
"""Name of this stage in progress reports."""

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


def simulate_cases(
    folder: Path, count: int, seed: int, recipe: LimbRecipe, device: str = "cpu", progress: Progress | None = None
) -> None:
    """Write ``count`` cases into ``folder``; those that are complete are kept, so a stopped run goes on.

    Raises InputError where shapes or textures are not there.
    """
    progress = progress or Progress()
    require_sources(recipe)
    for number in range(count):
        progress.report(STAGE, number / count, f"case {number + 1} of {count}")
        case = folder / f"limb_{number:04d}"
        if (case / META_FILE).exists():
            continue
        case.mkdir(parents=True, exist_ok=True)
        made = simulate_limb(recipe, case_seed(seed, number), device)
        write_volume(made.volume, case / IMAGE_FILE)
        write_labels(made.labels, made.volume.geometry, case / LABELS_FILE)
        # Last: a folder with it is complete.
        (case / META_FILE).write_text(json.dumps(made.meta, indent=1))
    progress.report(STAGE, 1.0)


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
