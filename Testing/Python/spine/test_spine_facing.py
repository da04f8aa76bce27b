"""A spine whose back lies in front is seen; a patient with contrast medium or without an arch is not taken for one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from orthoai.geometry import Geometry
from orthoai.spine.facing import seems_turned
from orthoai.spine.stack import OUTSIDE_HU, PLANES, Stack

GRID = Geometry((18, 160, 120), (1.0, 1.0, 3.0), (-25.5, -59.5, 150.0), PLANES["sagittal"])


@dataclass(frozen=True)
class Place:
    center: tuple[float, float, float]

    @property
    def mask(self) -> NDArray[np.bool_]:
        return np.ones((1, 1, 1), bool)


BODIES = [Place((60.0, row, 9.0)) for row in (30.0, 65.0, 100.0, 135.0)]

BEHIND, FRONT = slice(60 + 35, 60 + 45), slice(60 - 45, 60 - 35)


def stack(behind: float, front: float) -> Stack:
    hu = np.zeros(GRID.shape, np.float32)
    hu[7:11, :, BEHIND] = behind
    hu[7:11, :, FRONT] = front
    return Stack(hu, GRID, GRID)


@pytest.mark.parametrize(
    ("behind", "front", "turned"),
    [
        (600, 0, False),
        (600, 600, False),
        (0, 0, False),
        (0, 600, True),
        (0, OUTSIDE_HU, False),
    ],
    ids=["as in every patient", "contrast medium", "no arch", "turned", "not scanned"],
)
def test_bone_in_front_alone_tells_a_turned_spine(behind: float, front: float, turned: bool) -> None:
    assert seems_turned(BODIES, stack(behind, front)) == turned


def test_of_few_bodies_and_of_a_field_that_ends_behind_them_nothing_is_said() -> None:
    turned = stack(0, 600)
    assert not seems_turned(BODIES[:2], turned)
    assert not seems_turned([], turned)
    narrow, field = turned.hu[:, :, : 60 + 40], GRID.cropped((0, 0, 0), (100, 160, 18))
    assert not seems_turned(BODIES, Stack(narrow, field, field))
    # The working stack ends there, since there is no bone, and the scan does not.
    assert seems_turned(BODIES, Stack(narrow, field, GRID))
