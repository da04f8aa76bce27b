"""Measures of masks whose heights, bulge and canal are known, at any tilt and pixel size; numbers along the spine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from disc_phantom import FLUID, NUCLEUS, Phantom
from orthoai.tasks.disc.instances import Instances, number_instances
from orthoai.tasks.disc.labels import CANAL, DISC, VERTEBRA
from orthoai.tasks.disc.levels import name_levels
from orthoai.tasks.disc.measure import DiscMeasures, measure_disc


def numbered(phantom: Phantom, labels: np.ndarray | None = None) -> Instances:
    labels = phantom.labels() if labels is None else labels
    levels = name_levels(phantom.boxes(), phantom.pixel_mm, phantom.shape[0])
    return number_instances(labels[None], levels, phantom.pixel_mm)


def measured(phantom: Phantom, level: int = 2) -> DiscMeasures:
    instances = numbered(phantom)
    found = measure_disc(
        instances.disc(level, 0),
        instances.vertebra(level, 0),
        instances.vertebra(level - 1, 0),
        phantom.labels() == CANAL,
        phantom.pixels(),
        phantom.pixel_mm,
    )
    assert found is not None
    return found


TILTS = (-25.0, 0.0, 10.0, 30.0)


@pytest.mark.parametrize("tilt", TILTS)
@pytest.mark.parametrize("height", [4.0, 8.0, 12.0])
def test_heights_and_depth_are_the_known_ones(height: float, tilt: float) -> None:
    found = measured(Phantom(height=height, tilt=tilt))
    for value in (found.anterior_mm, found.middle_mm, found.posterior_mm):
        assert value == pytest.approx(height, abs=0.6)
    assert found.depth_mm == pytest.approx(36, abs=1.0)


def test_the_depth_reaches_from_edge_to_edge_of_the_outer_pixels() -> None:
    # Over all places between two pixels the mean has no rounding.
    columns = 60 + np.arange(8) / 8
    depths = [measured(Phantom(column_mm=column, pixel_mm=(1.0, 1.0))).depth_mm for column in columns]
    assert np.mean(depths) == pytest.approx(36, abs=0.15)


@pytest.mark.parametrize("pixel_mm", [(0.3, 0.3), (1.0, 0.5), (0.5, 1.0)])
def test_the_size_and_shape_of_pixels_do_not_matter(pixel_mm: tuple[float, float]) -> None:
    shape = (round(280 / pixel_mm[0]), round(140 / pixel_mm[1]))
    found = measured(Phantom(pixel_mm=pixel_mm, shape=shape, tilt=12, bulge=4))
    assert found.middle_mm == pytest.approx(10, abs=0.5)
    assert found.bulge_mm == pytest.approx(4, abs=0.7)
    assert found.canal_mm == pytest.approx(15, abs=0.7)


def test_a_wedged_disc_is_higher_in_front() -> None:
    rows, columns = np.mgrid[:100, :100] * 0.5
    across = columns - 25
    wedge = (np.abs(across) <= 18) & (np.abs(rows - 25) <= (10 - across / 6) / 2)
    nothing = np.zeros(wedge.shape, bool)
    found = measure_disc(wedge, nothing, nothing, nothing, np.ones(wedge.shape), (0.5, 0.5))
    assert found is not None
    assert found.anterior_mm == pytest.approx(12, abs=0.4)
    assert found.middle_mm == pytest.approx(10, abs=0.4)
    assert found.posterior_mm == pytest.approx(8, abs=0.4)
    assert (found.height_index, found.signal_ratio, found.bulge_mm, found.canal_mm) == (None, None, None, None)


@pytest.mark.parametrize("tilt", TILTS)
@pytest.mark.parametrize("bulge", [0.0, 3.0, 6.0])
def test_the_bulge_is_what_lies_behind_the_line_between_the_endplates(bulge: float, tilt: float) -> None:
    assert measured(Phantom(bulge=bulge, tilt=tilt, canal=18)).bulge_mm == pytest.approx(bulge, abs=0.7)


def test_above_the_sacrum_the_discs_own_rim_stands_in_for_the_lower_endplate() -> None:
    found = measured(Phantom(bulge=4), level=0)
    assert found.one_endplate
    assert found.bulge_mm == pytest.approx(4, abs=0.8)
    assert not measured(Phantom()).one_endplate


def test_a_spinous_process_behind_the_canal_is_no_corner_of_an_endplate() -> None:
    phantom = Phantom(bulge=4)
    instances = numbered(phantom)
    row, column = (round(value) for value in phantom.center(2))
    above = instances.vertebra(2, 0).copy()
    above[row - 25 : row + 5, column + 60 : column + 75] = True
    masks = (instances.disc(2, 0), above, instances.vertebra(1, 0), phantom.labels() == CANAL)
    found = measure_disc(*masks, phantom.pixels(), phantom.pixel_mm)
    assert found is not None
    assert found.bulge_mm == pytest.approx(measured(phantom).bulge_mm, abs=0.1)


@pytest.mark.parametrize("tilt", TILTS)
@pytest.mark.parametrize("canal", [8.0, 15.0])
def test_the_canal_is_measured_across_itself(canal: float, tilt: float) -> None:
    assert measured(Phantom(canal=canal, tilt=tilt)).canal_mm == pytest.approx(canal, abs=0.6)


def test_the_height_index_is_disc_over_body() -> None:
    assert measured(Phantom(height=9, body=27)).height_index == pytest.approx(1 / 3, abs=0.02)


Masks = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def blocks() -> Masks:
    """A disc, 10 mm high, between two bodies of 30 and 20 mm and before a canal, in pixels of 0.5 mm."""
    rows, columns = np.mgrid[:200, :120]
    column = (columns >= 20) & (columns < 80)
    disc, above, below = ((rows >= low) & (rows < high) & column for low, high in ((90, 110), (30, 90), (110, 150)))
    return disc, above, below, (columns >= 85) & (columns < 95)


def test_the_height_index_is_over_the_mean_of_both_bodies() -> None:
    disc, above, below, canal = blocks()
    found = measure_disc(disc, above, below, canal, np.ones(disc.shape), (0.5, 0.5))
    assert found is not None
    assert found.height_index == pytest.approx(10 / 25, abs=0.005)


def test_the_height_of_a_body_is_the_mean_of_three_as_that_of_a_disc() -> None:
    disc, above, _, canal = blocks()
    rows, columns = np.mgrid[:200, :120]
    above &= (rows >= 30 + (columns - 20) / 3) | (columns < 32)
    found = measure_disc(disc, above, np.zeros_like(disc), canal, np.ones(disc.shape), (0.5, 0.5))
    assert found is not None
    assert found.height_index == pytest.approx(10 / 25.8, abs=0.01)


def in_field(phantom: Phantom, rows: slice, level: int) -> DiscMeasures:
    """Of the disc, where the field of view holds ``rows`` only."""
    labels = np.zeros(phantom.shape, np.uint8)
    labels[rows] = phantom.labels()[rows]
    top = rows.start or 0
    kept = labels[rows]
    boxes = [replace(box, y0=box.y0 - top, y1=box.y1 - top) for box in phantom.boxes()]
    levels = name_levels([box for box in boxes if box.y0 >= 0], phantom.pixel_mm, kept.shape[0])
    instances = number_instances(kept[None], levels, phantom.pixel_mm)
    masks = (instances.disc(level, 0), instances.vertebra(level, 0), instances.vertebra(level - 1, 0))
    found = measure_disc(*masks, kept == CANAL, phantom.pixels()[rows], phantom.pixel_mm)
    assert found is not None
    return found


@pytest.mark.parametrize("left_mm", [3.0, 8.0, 20.0])
@pytest.mark.parametrize("tilt", [0.0, 10.0])
def test_a_vertebra_cut_by_the_field_of_view_does_not_count_for_the_height_index(left_mm: float, tilt: float) -> None:
    phantom = Phantom(height=9, body=27, tilt=tilt)
    upper_edge = phantom.center(3)[0] - (phantom.height / 2 + left_mm) / phantom.pixel_mm[0]
    found = in_field(phantom, slice(round(upper_edge), None), level=3)
    assert found.height_index == pytest.approx(measured(phantom, level=3).height_index, abs=0.01)


def test_between_two_cut_vertebrae_there_is_no_height_index() -> None:
    phantom = Phantom(discs=2)
    row, reach = phantom.center(1)[0], 15 / phantom.pixel_mm[0]
    labels, rows = phantom.labels(), slice(round(row - reach), round(row + reach))
    above, below = labels == VERTEBRA, labels == VERTEBRA
    above[round(row) :], below[: round(row)] = False, False
    masks = [mask[rows] for mask in (labels == DISC, above, below, labels == CANAL)]
    found = measure_disc(*masks, phantom.pixels()[rows], phantom.pixel_mm)
    assert found is not None and found.height_index is None


def test_the_signal_ratio_is_disc_over_fluid() -> None:
    assert measured(Phantom()).signal_ratio == pytest.approx(NUCLEUS / FLUID)


def test_the_signal_is_the_nucleus_over_the_fluid_between_the_roots_near_the_disc() -> None:
    disc, _, _, canal = blocks()
    rows, columns = np.mgrid[:200, :120]
    pixels = np.where(disc, 40.0, 0.0)
    pixels[disc & (columns >= 35) & (columns < 65)] = 100.0  # The nucleus.
    pixels[canal] = 400.0
    pixels[canal & (columns < 91)] = 100.0  # Nerve roots: 60 % of the canal.
    pixels[canal & (np.abs(rows - 99.5) > 42)] = 1000.0  # Another brightness, far away.
    nothing = np.zeros_like(disc)
    found = measure_disc(disc, nothing, nothing, canal, pixels, (0.5, 0.5))
    assert found is not None
    assert found.signal_ratio == pytest.approx(100 / 400, abs=0.01)


def test_a_speck_is_not_measured() -> None:
    speck = np.zeros((50, 50), bool)
    speck[10:12, 10:20] = True
    nothing = np.zeros((50, 50), bool)
    assert measure_disc(speck, nothing, nothing, nothing, np.ones((50, 50)), (1, 1)) is None


# Numbers


def test_vertebrae_and_discs_are_numbered_upward_as_in_spider() -> None:
    instances = numbered(Phantom(discs=5))
    assert instances.names == {
        1: "L5", 2: "L4", 3: "L3", 4: "L2", 5: "L1",
        201: "L5/S1", 202: "L4/L5", 203: "L3/L4", 204: "L2/L3", 205: "L1/L2",
    }  # fmt: skip


@pytest.mark.parametrize("tilt", TILTS)
def test_every_voxel_of_a_named_structure_has_a_number_of_its_kind(tilt: float) -> None:
    phantom = Phantom(tilt=tilt)
    labels, numbers = phantom.labels(), numbered(phantom).numbers[0]
    np.testing.assert_array_equal(numbers > 200, labels == DISC)
    np.testing.assert_array_equal((numbers > 0) & (numbers < 200), labels == VERTEBRA)


def test_structures_beyond_the_boxes_are_numbered_on() -> None:
    phantom = Phantom(discs=6)
    levels = name_levels(phantom.boxes()[:4], phantom.pixel_mm, phantom.shape[0])
    names = number_instances(phantom.labels()[None], levels, phantom.pixel_mm).names
    assert names[206] == "T12/L1"
    assert names[6] == "T12"


def test_a_spinous_process_goes_with_the_body_that_it_hangs_on() -> None:
    """In a slice beside the middle L3's process hangs on a bridge and reaches down to the level of L4."""
    phantom = Phantom()
    labels = np.stack([phantom.labels()] * 2)
    row, column = (round(value) for value in phantom.center(2))
    behind = column + 60
    labels[1, row - 25 : row - 15, column : behind + 10] = VERTEBRA
    labels[:, row - 20 : row + 10, behind : behind + 10] = VERTEBRA
    levels = name_levels(phantom.boxes(), phantom.pixel_mm, phantom.shape[0])
    numbers = number_instances(labels, levels, phantom.pixel_mm).numbers
    assert numbers[0, row + 5, behind + 5] == 3
    assert numbers[1, row + 5, behind + 5] == 3


@pytest.mark.parametrize(("height_mm", "counts"), [(26.0, True), (8.0, True), (2.0, False)])
def test_a_vertebra_below_the_lowest_disc_is_its_lower_neighbor_unless_it_is_a_speck(
    height_mm: float, counts: bool
) -> None:
    phantom = Phantom()
    labels = phantom.labels()
    row, column = (round(value) for value in phantom.center(0))
    top, half = row + round(5 / 0.7), round(18 / 0.7)
    labels[top : top + round(height_mm / 0.7), column - half : column + half] = VERTEBRA
    instances = numbered(phantom, labels)
    below = instances.vertebra(-1, 0)
    assert below.any() == counts
    np.testing.assert_array_equal(instances.numbers, numbered(phantom).numbers)
    found = measure_disc(
        instances.disc(0, 0), instances.vertebra(0, 0), below, labels == CANAL, phantom.pixels(), phantom.pixel_mm
    )
    assert found is not None
    assert found.one_endplate != counts


def test_the_rest_of_a_cut_vertebra_has_its_own_number() -> None:
    phantom = Phantom()
    labels = phantom.labels()
    above_body = round(phantom.center(5)[0] - (phantom.height / 2 + 3) / phantom.pixel_mm[0])
    labels[:above_body] = 0
    numbers = numbered(phantom, labels).numbers[0]
    assert numbers[above_body + 1, round(phantom.center(5)[1])] == 6
    np.testing.assert_array_equal(numbers == 5, numbered(phantom).numbers[0] == 5)


def test_nothing_named_is_nothing_numbered() -> None:
    instances = number_instances(Phantom().labels()[None], replace(name_levels([], (1, 1), 10)), (1, 1))
    assert not instances.numbers.any()
    assert instances.names == {}


def test_one_disc_alone_is_numbered() -> None:
    phantom = Phantom(discs=1)
    assert numbered(phantom).names[201] == "L5/S1"
