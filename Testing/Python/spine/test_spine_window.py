"""Which tiles show enough bone to be looked at."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.spine.window import holds_bone, windowed


@pytest.mark.parametrize(
    ("hu", "pixels", "pixel_mm", "found"),
    [
        (300, 100, 1.0, True),
        (300, 99, 1.0, False),
        (100, 4000, 1.0, False),
        (300, 100, 0.9, False),
        (300, 25, 2.0, True),
    ],
)
def test_a_square_centimeter_of_bone_is_looked_at(hu: int, pixels: int, pixel_mm: float, found: bool) -> None:
    tile = np.full((64, 64), -50)
    tile.flat[:pixels] = hu
    assert holds_bone(windowed(tile), pixel_mm) is found
