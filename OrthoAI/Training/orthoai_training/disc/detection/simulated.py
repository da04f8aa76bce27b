"""Scenes of simulated patients, beside the real ones: more sacra, fields and contrasts than 60 patients have."""

from __future__ import annotations

import numpy as np
from orthoai.tasks.disc.labels import DISC
from orthoai.tasks.disc.levels import number_of
from orthoai.tasks.disc.picture import normalized
from scipy import ndimage

from orthoai_training.disc.detection.scene import LOWEST_LEVEL, Scene
from orthoai_training.disc.detection.sources import LEAST_DISC_MM2, outline
from orthoai_training.disc.synth_mr.simulate import SeriesRecipe, SimulatedSpine, simulate_spine

FIRST_PATIENT = 1_000_000
"""Simulated patients are numbered from here, away from SPIDER's."""

PIXEL_MM = (0.6, 1.1)
FIELD_MM = ((250.0, 340.0), (170.0, 260.0))


def simulated_scenes(count: int, seed: int) -> list[Scene]:
    """The middle slices of ``count`` simulated patients; the same seed gives the same scenes."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(count):
        recipe = SeriesRecipe(
            pixel_mm=float(random.uniform(*PIXEL_MM)),
            slices=3,
            field_mm=(float(random.uniform(*FIELD_MM[0])), float(random.uniform(*FIELD_MM[1]))),
        )
        spine = simulate_spine(recipe, int(random.integers(2**31)))
        made.append(simulated_scene(spine, f"simulated_{number:04d}", FIRST_PATIENT + number))
    return made


def simulated_scene(spine: SimulatedSpine, name: str, patient: int) -> Scene:
    """The middle slice of ``spine`` with the discs whose middle lies in the field."""
    pieces, _ = ndimage.label(spine.labels[spine.middle] == DISC)
    step = spine.volume.geometry.spacing[0]
    outlines = {}
    for disc in spine.discs:
        row, column = int(np.floor(disc.row)), int(np.floor(disc.column))
        if 0 <= row < pieces.shape[0] and 0 <= column < pieces.shape[1] and pieces[row, column]:
            mask = pieces == pieces[row, column]
            if np.count_nonzero(mask) * step**2 >= LEAST_DISC_MM2:
                outlines[LOWEST_LEVEL + number_of(disc.level)] = outline(mask)
    return Scene(name, patient, normalized(spine.volume.voxels[spine.middle]), (step, step), outlines)
