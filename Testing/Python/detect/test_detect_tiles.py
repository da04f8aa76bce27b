"""Tiles cover a picture, and a tile knows what it shares with it."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.detect.instance import Instance
from orthoai.detect.tiles import Tile, tiles


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


@pytest.mark.parametrize(
    ("tile", "box", "cut"),
    [
        (Tile(0, 0, 64), (0.0, 0.0, 20.0, 20.0), False),
        (Tile(0, 0, 64), (50.0, 10.0, 63.0, 20.0), True),
        (Tile(36, 0, 64), (10.0, 1.0, 20.0, 20.0), True),
        (Tile(36, 0, 64), (0.0, 10.0, 20.0, 64.0), False),
        (Tile(0, 26, 64), (1.0, 2.0, 20.0, 20.0), True),
        (Tile(0, 26, 64), (2.0, 2.0, 20.0, 20.0), False),
        (Tile(0, 1, 64), (1.0, 2.0, 20.0, 20.0), True),
        (Tile(1, 0, 64), (2.0, 1.0, 20.0, 20.0), True),
        (Tile(36, 26, 64), (20.0, 20.0, 64.0, 64.0), False),
        (Tile(36, 0, 64), (20.0, 20.0, 64.0, 30.0), True),
        (Tile(0, 26, 64), (20.0, 20.0, 30.0, 64.0), True),
    ],
)
def test_only_a_border_behind_which_the_picture_goes_on_cuts(tile: Tile, box: tuple, cut: bool) -> None:
    instance = Instance("wedge", 1.0, box, np.zeros((64, 64), bool), (0.0, 1.0, 0.0, 0.0))
    assert tile.cuts(instance, (100, 90)) is cut


@pytest.mark.parametrize(
    ("length", "starts"), [(200, [0, 34, 68, 102, 136]), (108, [0, 44]), (109, [0, 22, 45]), (64, [0]), (11, [-26])]
)
def test_no_more_tiles_than_needed_cover_a_picture(length: int, starts: list[int]) -> None:
    assert [tile.col for tile in tiles((64, length), 64, 20)] == starts
    assert [(tile.row, tile.col, tile.size) for tile in tiles((length, 64), 64, 20)] == [(row, 0, 64) for row in starts]
