"""Vertebral bodies from masks of sagittal MR: sides drawn to a slab, levels told by discs, broken and cut ones left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.io.write import write_labels
from orthoai_training.spine_ct.credits import spine_credits
from orthoai_training.spine_ct.mr_map import DISCS_SUFFIX, MR_SUFFIX, read_mr_bodies
from orthoai_training.spine_ct.options import SpineOptions
from orthoai_training.spine_ct.real_shapes import find_shapes, is_mr
from orthoai_training.spine_ct.real_vertebra import RealVertebra
from orthoai_training.spine_ct.simulate import simulate
from orthoai_training.spine_ct.widened import widened

HEIGHT, DEPTH, DISC = 24, 32, 8
LOWEST = 12
"""Row of the lowest disc's lower edge."""

PATIENT = "042"
WEDGED = 2
"""The third body from below is broken."""


def _masks(bodies: int) -> tuple[np.ndarray, np.ndarray]:
    """Voxels of 1 mm (z up, y back, x): ``bodies`` above as many discs, a canal, spinous processes; 20 mm wide."""
    shape = (LOWEST + bodies * (HEIGHT + DISC) + 30, 90, 20)
    seg, discs = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    seg[:LOWEST, 10 : 10 + DEPTH] = 1
    for n in range(bodies):
        low = LOWEST + n * (HEIGHT + DISC)
        seg[low : low + DISC, 10 : 10 + DEPTH] = 2
        discs[low : low + DISC, 10 : 10 + DEPTH] = 201 + n
        seg[low + DISC : low + DISC + HEIGHT, 10 : 10 + DEPTH] = 1
        seg[low + DISC : low + DISC + HEIGHT - 6, 64:84, 6:14] = 1
    low = LOWEST + WEDGED * (HEIGHT + DISC) + DISC
    for y in range(DEPTH):
        seg[low + HEIGHT - (DEPTH - y) * 12 // DEPTH : low + HEIGHT, 10 + y] = 0
    # The field ends within the uppermost vertebra.
    seg[LOWEST + bodies * (HEIGHT + DISC) + DISC :, 10 : 10 + DEPTH] = 1
    seg[:, 45:58, 3:17] = 3
    return seg, discs


def _write(folder: Path, bodies: int) -> Path:
    folder.mkdir()
    seg, discs = _masks(bodies)
    geometry = Geometry(seg.shape)
    write_labels(seg, geometry, folder / f"{PATIENT}{MR_SUFFIX}")
    write_labels(discs, geometry, folder / f"{PATIENT}{DISCS_SUFFIX}")
    return folder / f"{PATIENT}{MR_SUFFIX}"


@pytest.fixture(scope="module")
def spine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _write(tmp_path_factory.mktemp("mr") / "spider_t2space_dev", 6)


def test_a_slab_becomes_a_body_of_the_given_width_that_narrows_to_its_sides() -> None:
    slab = np.zeros((30, 50, 14), bool)
    slab[4:28, 8:40, 1:13] = True
    made = widened(slab, (1.5, 1.0, 1.0), 1.4)
    assert made is not None
    body, before = made
    assert np.array_equal(body[:, :, before + 1 : before + 13], slab[:, :, 1:13])
    depths = body[15].sum(axis=0)
    seen = np.flatnonzero(depths)
    assert np.ptp(seen) * 1.5 == pytest.approx(1.4 * 32, abs=5)
    assert (np.diff(depths[seen[0] : before + 1]) >= 0).all()
    assert (np.diff(depths[before + 13 : seen[-1] + 1]) <= 0).all()
    assert depths[seen[0]] < 0.6 * 32
    # Less is lost at the back than at the front.
    side = np.flatnonzero(body[15, :, seen[0]])
    assert 39 - side[-1] < side[0] - 8


def test_slices_that_hardly_show_the_body_are_drawn_anew_and_none_gives_nothing() -> None:
    slab = np.zeros((30, 50, 12), bool)
    slab[4:28, 8:40, 1:11] = True
    slab[10:14, 20:24, 0] = True
    made = widened(slab, (2.0, 1.0, 1.0), 1.3)
    assert made is not None
    body, before = made
    assert body[:, :, before].sum() > 0.8 * body[:, :, before + 1].sum()
    assert widened(np.zeros((30, 50, 12), bool), (2.0, 1.0, 1.0), 1.3) is None


def test_levels_are_counted_from_the_lowest_disc_and_unsound_bodies_are_left_out(spine: Path) -> None:
    found = read_mr_bodies(spine)
    own = {number: bodies[0] for number, bodies in found.items() if bodies[0].level.id == number}
    # L5, L4, no L3 (broken), L2, L1, T12; the sacrum and the cut T11 are none.
    assert sorted(own) == [19, 20, 21, 23, 24]
    for body in own.values():
        assert body.body.heights() == pytest.approx((HEIGHT,) * 3, abs=1.0)
        assert body.body.depth == pytest.approx(DEPTH, abs=2.0)
        assert not isinstance(body, RealVertebra)
    # Levels above take the uppermost ones.
    assert {body.level.name for body in found[13]} == {"T12", "L1", "L2"}


def test_masks_of_too_few_bodies_or_without_discs_are_refused(tmp_path: Path) -> None:
    few = _write(tmp_path / "few", 3)
    with pytest.raises(InputError, match="three vertebral bodies"):
        read_mr_bodies(few)
    discs = few.with_name(f"{PATIENT}{DISCS_SUFFIX}")
    discs.write_bytes(_write(tmp_path / "others", 5).with_name(discs.name).read_bytes())
    with pytest.raises(InputError, match="different grids"):
        read_mr_bodies(few)
    discs.unlink()
    read_mr_bodies.cache_clear()
    with pytest.raises(InputError, match=DISCS_SUFFIX):
        read_mr_bodies(few)


def test_a_folder_of_masks_gives_cases_that_name_the_patient_and_whom_to_credit(spine: Path) -> None:
    assert [is_mr(path) for path in find_shapes((spine.parent,))] == [True]
    options = SpineOptions(
        field="lumbar", pixel_mm=(1.8, 1.8), slice_mm=(3.0, 3.0), thick_mm=None, shapes=(spine.parent,)
    )
    made = simulate(3, options)
    assert made.kind == "simulated from real shapes"
    assert made.sources == (f"spider_t2space_dev_{PATIENT}",)
    assert "SPIDER" in spine_credits(made.sources)[0]


def test_a_patient_who_cannot_be_used_is_passed_over_and_one_alone_is_refused(spine: Path, tmp_path: Path) -> None:
    few = _write(tmp_path / "few", 3)
    options = SpineOptions(field="lumbar", pixel_mm=(1.8, 1.8), slice_mm=(3.0, 3.0), thick_mm=None)
    for seed in range(4):
        made = simulate(seed, replace(options, shapes=(few, spine)))
        assert made.sources == (f"spider_t2space_dev_{PATIENT}",)
    with pytest.raises(InputError, match="three vertebral bodies"):
        simulate(0, replace(options, shapes=(few,)))


@pytest.mark.realdata
def test_the_spider_set_gives_many_bodies(real_data: Path) -> None:
    files = find_shapes((real_data / "spider_t2space_dev",))
    assert len(files) == 30
    some = [read_mr_bodies(path) for path in files[:6]]
    own = [bodies[0] for each in some for number, bodies in each.items() if bodies[0].level.id == number]
    assert len(own) >= 30
    assert all(18 < body.body.height < 35 and 24 < body.body.depth < 45 for body in own)
