"""Which bones go on beyond what was scanned."""

from __future__ import annotations

import numpy as np
import pytest
from femur_fakes import GRID, engines, legs
from numpy.typing import NDArray
from orthoai.box import Box
from orthoai.finding import Finding
from orthoai.tasks import RunOptions
from orthoai.tasks.femur.findings import ENDS_AT_BOX, MUCH_SHORTER, TRUNCATED
from orthoai.tasks.femur.pipeline import run
from orthoai.volume import Volume

FILLS = [-1000, -1024, -2000, -3024, 0]
"""What scanners and programs put where nothing was scanned."""


def _findings(volume: Volume) -> list[Finding]:
    return list(run(volume, RunOptions(), load=lambda _: engines()).findings)


def _noisy(volume: Volume) -> Volume:
    noise = np.random.default_rng(0).normal(0, 15, volume.voxels.shape)
    return volume.with_voxels((volume.voxels + noise).astype(np.int16))


def _spread() -> tuple[Volume, NDArray[np.float64]]:
    """A left thigh that hangs straight down and a right one that is spread: (CT, mm of each (j, i) from the middle)."""
    volume, _ = legs(("femur_left",))
    x = (np.arange(60) - 29.5) * GRID.spacing[0]
    y = (np.arange(24)[:, None] - 11.5) * GRID.spacing[1]
    for k in range(4, 26):
        volume.voxels[k, np.hypot(x + 70 + 6 * (25 - k), y) < 18] = 1000
    return _noisy(volume), np.hypot(x, y)


@pytest.mark.parametrize("fill", FILLS)
def test_a_femur_that_a_round_field_cuts_is_called_cut_and_not_short(fill: int) -> None:
    volume, away = _spread()
    volume.voxels[:, away > 118] = fill
    left, right = _findings(volume)
    assert right.measurements["length_mm"].value < 0.8 * left.measurements["length_mm"].value
    assert TRUNCATED in right.flags and MUCH_SHORTER not in right.flags
    assert not {TRUNCATED, MUCH_SHORTER} & set(left.flags)


@pytest.mark.parametrize("fill", FILLS)
def test_a_femur_that_ends_at_added_slices_is_called_cut(fill: int) -> None:
    volume, _ = legs()
    volume = _noisy(volume)
    volume.voxels[18:] = fill
    assert all(TRUNCATED in item.flags for item in _findings(volume))


def test_air_around_a_leg_is_no_end_of_the_field() -> None:
    volume, _ = legs()
    assert not any(TRUNCATED in item.flags for item in [*_findings(volume), *_findings(_noisy(volume))])


@pytest.mark.parametrize(("top", "is_flagged"), [(15, True), (25.5, False), (29.5, False)])
def test_a_femur_that_its_box_cuts_says_so(top: float, is_flagged: bool) -> None:
    volume, _ = legs(("femur_left",))
    box = Box.from_index("femur_left", 1.0, (38.0, 5.0, 3.5), (50.0, 19.0, top), GRID)
    (item,) = run(volume, RunOptions(boxes=(box,)), load=lambda _: engines()).findings
    assert (ENDS_AT_BOX in item.flags) is is_flagged
    assert TRUNCATED not in item.flags


def test_a_femur_that_the_image_cuts_does_not_blame_its_box() -> None:
    volume, _ = legs()
    volume = volume.cropped((0, 0, 10), (60, 24, 30))
    assert all(TRUNCATED in item.flags and ENDS_AT_BOX not in item.flags for item in _findings(volume))


def test_a_trace_of_another_bone_at_the_end_of_the_box_is_no_cut() -> None:
    volume, _ = legs(("femur_left",))
    volume.voxels[10, 12, 44:56] = 1000
    box = Box.from_index("femur_left", 1.0, (38.0, 5.0, 3.5), (50.0, 19.0, 25.5), GRID)
    result = run(volume, RunOptions(boxes=(box,)), load=lambda _: engines())
    assert result.segmentation[10, 12, 52]
    assert ENDS_AT_BOX not in result.findings[0].flags
