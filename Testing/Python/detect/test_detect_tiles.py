"""What a tile and a picture share."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.detect.tiles import Tile


@pytest.mark.parametrize(
    ("tile", "expected"),
    [
        (Tile(-2, -2, 4), [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 2], [0, 0, 5, 6]]),
        (Tile(1, 2, 2), [[7, 8], [11, 12]]),
        (Tile(2, 3, 2), [[12, 0], [0, 0]]),
        (Tile(40, 1, 2), [[0, 0], [0, 0]]),
        (Tile(-9, -9, 2), [[0, 0], [0, 0]]),
    ],
)
def test_a_tile_is_empty_beyond_the_picture(tile: Tile, expected: list[list[int]]) -> None:
    picture = np.arange(1, 13).reshape(3, 4)
    assert tile.cut(picture).tolist() == expected
    there, here = tile.shared((3, 4))
    back = np.zeros_like(picture)
    back[there] = tile.cut(picture)[here]
    assert set(back[back > 0]) == {value for row in expected for value in row if value}
