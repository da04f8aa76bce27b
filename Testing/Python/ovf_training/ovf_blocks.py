"""A spine of three blocks whose sizes are known to the millimeter."""

from __future__ import annotations

import numpy as np
from orthoai.geometry import Geometry
from orthoai.volume import Volume, reorient_array
from orthoai_training.data_kinds import SIMULATED
from orthoai_training.spine_ct.case import SpineCase, VertebraTruth

MARROW, TISSUE = 400, 40

BODIES = {20: (20, 38), 21: (44, 56), 22: (62, 80)}
"""VerSe number to (first, last) mm above the lower edge; L2 (21) is lower than its neighbors. All 30 mm deep (20 to 50
mm from the front) and 36 mm wide (12 to 48 mm from the right)."""


def blocks_case(codes: str = "LPS", whole: bool = True) -> SpineCase:
    """Voxels of 1 x 1 x 1 mm in a field of 60 x 70 x 100 mm, axes stored as ``codes``."""
    grid = Geometry(shape=(100, 70, 60), spacing=(1.0, 1.0, 1.0), origin=(0.5, 0.5, 0.5))
    bodies = np.zeros(grid.shape, np.uint8)
    truths = []
    for number, (low, high) in sorted(BODIES.items(), reverse=True):
        bodies[low:high, 20:50, 12:48] = number
        label = "crush" if number == 21 else "normal"
        height = float(high - low)
        cut = number == 22 and not whole
        truth = VertebraTruth(number, f"L{number - 19}", label, 2 * (number == 21), height, height, height, "", not cut)
        truths.append(truth)
    hu = np.where(bodies > 0, MARROW, TISSUE).astype(np.int16)
    stored = grid.reoriented(codes)
    return SpineCase(
        Volume(reorient_array(hu, grid, codes).copy(), stored, "CT"),
        reorient_array(bodies, grid, codes).copy(),
        tuple(sorted(truths, key=lambda truth: truth.id)),
        SIMULATED,
        7,
    )
