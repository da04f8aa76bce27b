"""From a CT to a mask of fractured bodies, with networks that read gray values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from orthoai.box import Box
from orthoai.errors import Canceled, InputError
from orthoai.geometry import Geometry
from orthoai.models.calibration import Calibration
from orthoai.progress import Progress
from orthoai.result import Result
from orthoai.spine.stack import working_stack
from orthoai.spine.window import windowed
from orthoai.tasks import RunOptions
from orthoai.tasks.fracture.engines import AXIAL, SAGITTAL, Engines, Plane
from orthoai.tasks.fracture.evidence import Evidence, WithHeight
from orthoai.tasks.fracture.fuse import PlaneAnswer, fuse, worth_a_look
from orthoai.tasks.fracture.pipeline import run
from orthoai.tasks.fracture.planes import Seen
from ovf_fakes import HU, Shown, spine

NORMAL, BROKEN = Shown("normal", "normal"), Shown("crush", "crush")
FIVE = [NORMAL, BROKEN, NORMAL, Shown("crush", "wedge"), NORMAL]


class FakeNetwork:
    """``sure`` where the gray value is that of a crushed body and its neighborhood, else 0."""

    outputs = 1

    def __init__(self, sure: float = 0.95) -> None:
        self.sure = sure
        self.tiles = 0

    def __call__(self, tiles: NDArray[np.float32]) -> NDArray[np.float32]:
        self.tiles += len(tiles)
        middle = (windowed(np.array([HU["normal"]]))[0] + windowed(np.array([HU["crush"]]))[0]) / 510
        return np.where(tiles > middle, np.float32(self.sure), np.float32(0))


class BodyNetwork(FakeNetwork):
    """Tells all bodies, too: what is brighter than soft tissue and darker than the fakes' dense bone."""

    outputs = 2

    def __call__(self, tiles: NDArray[np.float32]) -> NDArray[np.float32]:
        low, high = (windowed(np.array([hu]))[0] / 255 for hu in (150, 500))
        bodies = ((tiles > low) & (tiles < high)).astype(np.float32)
        return np.concatenate([super().__call__(tiles), bodies], axis=1)


def loader(
    networks: Mapping[str, FakeNetwork],
    weights: Mapping[str, float] | None = None,
    calibration: Calibration = Calibration(2.0, 0.0),  # noqa: B008 (frozen)
    both: WithHeight | None = None,
    likely: float = 0.5,
):
    shares = weights or dict.fromkeys(networks, 1 / len(networks))

    def load(options: RunOptions) -> Engines:
        planes = {name: Plane(network, shares[name]) for name, network in networks.items()}
        return Engines(planes, evidence=Evidence(calibration, both), likely=likely, model_name="fake")

    return load


def ran(volume, options: RunOptions = RunOptions(), **networks: FakeNetwork) -> Result:  # noqa: B008
    return run(volume, options, Progress(), loader(networks or {SAGITTAL: FakeNetwork(), AXIAL: FakeNetwork()}))


def dice(one: NDArray, other: NDArray) -> float:
    return 2 * float(np.count_nonzero(one & other)) / float(one.sum() + other.sum())


def _inside(box: Box) -> tuple[slice, ...]:
    """The voxels of ``box``."""
    low, high = (np.ceil(edge).astype(int)[::-1] for edge in (box.index_min, np.array(box.index_max) + 0.5))
    return tuple(slice(a, b) for a, b in zip(low, high, strict=True))


@pytest.fixture(scope="module")
def found() -> tuple[NDArray, Result]:
    volume = spine(FIVE)
    return volume.voxels == HU["crush"], ran(volume)


def test_fractured_bodies_are_marked_on_the_inputs_own_grid(found) -> None:
    truth, result = found
    assert dice(result.segmentation == 1, truth) > 0.95
    assert result.labels == {1: "fracture"}
    assert result.message.startswith("Found 2 fractured vertebral bodies.")


def test_each_part_has_its_finding_and_box(found) -> None:
    truth, result = found
    assert [each.structure for each in result.findings] == ["fracture_1", "fracture_2"]
    volumes = [each.measurements["volume"] for each in result.findings]
    assert all(volume.unit == "cm3" for volume in volumes)
    assert sum(volume.value for volume in volumes) == pytest.approx(truth.sum() / 1000, rel=0.07)
    for each, box in zip(result.findings, result.boxes, strict=True):
        assert each.label == box.label == "fracture"
        inside = _inside(box)
        mean = result.extras[0].voxels[inside][result.segmentation[inside] > 0].mean() / 255
        assert each.probability == box.score == pytest.approx(Calibration(2.0, 0.0)(mean), abs=0.01)
        assert each.uncertainty is not None and each.uncertainty < 0.25
        assert each.place is not None
        place = result.geometry.lps_to_index(each.place.lps)
        assert (place >= box.index_min).all() and (place <= box.index_max).all()
        assert each.place.slice_index == round(place[2])


def test_what_is_more_likely_none_is_not_marked_unless_a_box_asks_for_it() -> None:
    volume = spine(FIVE)
    load = loader({SAGITTAL: FakeNetwork(0.7)}, calibration=Calibration(1.0, -2.0))
    nothing = run(volume, RunOptions(), Progress(), load)
    assert not nothing.findings and not nothing.segmentation.any()
    k, j, i = volume.geometry.shape
    whole = Box.from_index("fracture", 1.0, (0, 0, 0), (i - 1, j - 1, k - 1), volume.geometry)
    asked = run(volume, RunOptions(boxes=(whole,)), Progress(), load)
    assert len(asked.findings) == 2
    assert all(each.probability < 0.5 for each in asked.findings)


def test_the_weighed_probability_is_told_beside(found) -> None:
    truth, result = found
    (attention,) = result.extras
    assert attention.name == "attention"
    assert attention.voxels[truth].mean() > 200
    assert attention.voxels[~truth].mean() < 10


@pytest.mark.parametrize("codes", ["SLA", "PIR"])
def test_the_axis_order_changes_nothing(found, codes: str) -> None:
    volume = spine(FIVE)
    turned = volume.reoriented(codes)
    result = ran(replace(turned, voxels=np.ascontiguousarray(turned.voxels)))
    expected = volume.with_voxels(found[1].segmentation).reoriented(codes).voxels
    assert np.mean(expected != result.segmentation) < 1e-3


def test_thick_slices_and_a_tilted_scan_work() -> None:
    c, s = np.cos(np.radians(20)), np.sin(np.radians(20))
    thick = Geometry((40, 64, 54), (1.5, 1.5, 5.0), (-39.5, -47.5, -30.0))
    tilted = Geometry((160, 80, 54), (1.5, 1.5, 1.5), (-39.5, -110.0, -20.0), (1, 0, 0, 0, c, s, 0, -s, c))
    for grid, least in ((thick, 0.85), (tilted, 0.91)):
        volume = spine(FIVE, grid)
        result = ran(volume)
        assert dice(result.segmentation == 1, volume.voxels == HU["crush"]) > least
        assert result.message.endswith(" Slices of 5 mm: mild fractures may not show.") == (grid is thick)


def test_planes_that_differ_are_flagged_and_weighed() -> None:
    volume = spine(FIVE)
    result = ran(volume, sagittal=FakeNetwork(0.95), axial=FakeNetwork(0.2))
    assert len(result.findings) == 2
    for each in result.findings:
        assert "sagittal_and_axial_disagree" in each.flags
    assert not ran(volume, sagittal=FakeNetwork(0.6), axial=FakeNetwork(0.2)).findings


def test_a_body_that_looks_broken_in_its_middle_only_is_marked_as_a_whole() -> None:
    volume = spine(FIVE)
    truth = volume.voxels == HU["crush"]
    sides = truth.copy()
    sides[:, :, 28:52] = False
    volume.voxels[sides] = HU["normal"]
    slices_alone = ran(volume, sagittal=FakeNetwork())
    assert dice(slices_alone.segmentation == 1, truth) < 0.8
    result = ran(volume, sagittal=BodyNetwork())
    assert dice(result.segmentation == 1, truth) > 0.93
    assert len(result.findings) == 2


def test_a_voxels_vote_is_outvoted_by_its_body() -> None:
    volume = spine([NORMAL] * 3)
    volume.voxels[30:46, 40:56, 30:50] = HU["crush"]
    assert len(ran(volume, sagittal=FakeNetwork()).findings) == 1
    assert not ran(volume, sagittal=BodyNetwork()).findings


def test_what_is_no_body_is_no_fracture() -> None:
    volume = spine([NORMAL, BROKEN, NORMAL])
    truth = volume.voxels == HU["crush"]
    volume.voxels[0:24, 5:25, 20:60] = 600  # as dense as a hip, away from the spine
    result = ran(volume, sagittal=BodyNetwork())
    assert len(result.findings) == 1
    assert not result.segmentation[~truth & (volume.voxels == 600)].any()


def test_a_fractured_body_has_its_heights_and_type() -> None:
    (crushed,) = ran(spine([NORMAL, BROKEN, NORMAL]), sagittal=BodyNetwork()).findings
    assert crushed.measurements["anterior_height"].value == pytest.approx(12.0, abs=1.0)
    assert crushed.measurements["genant_grade"].value == 3
    assert "genant_crush" in crushed.flags and "look_again" not in crushed.flags


def test_what_looks_fractured_and_is_not_low_is_told_but_not_marked() -> None:
    volume = spine([NORMAL, Shown("crush", "normal"), NORMAL, BROKEN, NORMAL])
    result = ran(volume, sagittal=BodyNetwork())
    suspicion, crushed = result.findings
    assert (suspicion.structure, suspicion.label) == ("suspicion_1", "unclear")
    assert (crushed.structure, crushed.label) == ("fracture_1", "fracture")
    assert [box.label for box in result.boxes] == ["unclear", "fracture"]
    assert {"look_again", "network_and_measurement_disagree"} <= set(suspicion.flags)
    assert result.message == (
        "Found one fractured vertebral body. Look again at suspicion_1: the network sees a fracture, the heights show "
        "none."
    )
    inside = _inside(result.boxes[0])
    assert not result.segmentation[inside].any()
    assert result.segmentation.any()
    asked = ran(volume, RunOptions(boxes=(result.boxes[0],)), sagittal=BodyNetwork())
    assert asked.findings[0].label == "fracture" and asked.segmentation[inside].any()


def test_a_vote_without_loss_of_height_is_outweighed_but_told_and_one_with_it_stands() -> None:
    volume = spine([NORMAL, BROKEN, NORMAL, Shown("crush", "normal"), NORMAL])
    load = loader({SAGITTAL: BodyNetwork(0.7)}, both=WithHeight(2.0, -3.0, 10.0))
    result = run(volume, RunOptions(), Progress(), load)
    only, outweighed = result.findings
    assert (only.label, outweighed.label, outweighed.structure) == ("fracture", "unclear", "suspicion_1")
    assert outweighed.probability < 0.5 and "look_again" in outweighed.flags
    assert result.segmentation.any() and not result.segmentation[_inside(result.boxes[1])].any()
    assert only.place is not None and abs(only.place.lps[2] - 34) < 3
    vote = 1 / (1 + np.exp(-only.measurements["height_loss"].value * 10 + 3 - 2 * np.log(0.7 / 0.3)))
    assert only.probability == pytest.approx(vote, abs=0.02)


def test_what_is_called_though_less_likely_than_not_is_to_be_looked_at_again() -> None:
    volume = spine([NORMAL, BROKEN, NORMAL])
    networks = {SAGITTAL: BodyNetwork(0.7)}
    load = loader(networks, calibration=Calibration(1.0, -2.0), both=WithHeight(1.0, -6.5, 10.0), likely=0.2)
    result = run(volume, RunOptions(), Progress(), load)
    (only,) = result.findings
    assert only.label == "fracture" and 0.2 < only.probability < 0.5 and result.segmentation.any()
    assert "look_again" in only.flags and "network_and_measurement_disagree" not in only.flags
    assert result.message.endswith("Look again at fracture_1: less likely a fracture than not.")
    plain = loader(networks, calibration=Calibration(1.0, -2.0), both=WithHeight(1.0, -6.5, 10.0))
    assert not run(volume, RunOptions(), Progress(), plain).findings


def test_a_fracture_that_no_height_speaks_for_is_to_be_looked_at_again() -> None:
    """Parts of hips, far from any vertebra to compare them with, were called fractured like any body."""
    lone = ran(spine([BROKEN] * 2), sagittal=BodyNetwork())
    assert [each.label for each in lone.findings] == ["fracture"] * 2
    assert all("look_again" in each.flags and each.probability > 0.5 for each in lone.findings)
    assert lone.message == (
        "Found 2 fractured vertebral bodies. "
        "Look again at fracture_1, fracture_2: the network alone says so, no height could be compared."
    )
    among = ran(spine([NORMAL, BROKEN, NORMAL]), sagittal=BodyNetwork())
    assert among.message == "Found one fractured vertebral body."
    assert "look_again" not in among.findings[0].flags


def test_a_card_without_heights_leaves_the_vote() -> None:
    settings = {"calibration": {"a": 2.0, "b": 1.0}, "calibration_with_height": {"a": 2.0, "b": 1.0}}
    assert Evidence.from_card(settings) == Evidence(Calibration(2.0, 1.0))
    assert Evidence.from_card({}) == Evidence()
    told = Evidence.from_card({"calibration_with_height": {"a": 1.0, "b": -1.0, "c": 5.0}})
    assert told(0.6, None) == pytest.approx(0.6)
    assert told(0.6, 0.0) < told(0.6, 0.1) < told(0.6, 0.3)
    assert told(0.6, -0.2) == told(0.6, 0.0)


def test_what_lies_beside_the_spine_is_no_neighbor_of_a_body_in_a_box() -> None:
    """Parts of the hips, by their height between the vertebrae, turned the spine's direction, and heights were lost."""
    grid = Geometry((150, 96, 160), (1.0, 1.0, 1.0), (-79.5, -47.5, -24.0))
    volume = spine([NORMAL] * 3, grid, start=20.0)
    box = Box.from_index("fracture", 1.0, (55, 25, 60), (105, 70, 95), grid)
    (alone,) = ran(volume, RunOptions(boxes=(box,)), sagittal=BodyNetwork()).findings
    beside = volume.voxels.copy()
    # Two flat parts of one hip, between two levels.
    for level in (81, 93):
        beside[level : level + 8, 30:62, 126:156] = HU["normal"]
    (among,) = ran(replace(volume, voxels=beside), RunOptions(boxes=(box,)), sagittal=BodyNetwork()).findings
    assert among.measurements.keys() == alone.measurements.keys()
    for name, one in alone.measurements.items():
        assert among.measurements[name].value == pytest.approx(one.value, abs=0.05), name
    assert among.probability == pytest.approx(alone.probability, abs=0.01)


def test_where_network_and_heights_both_say_sound_they_do_not_disagree() -> None:
    volume = spine([NORMAL] * 3)
    box = Box.from_index("fracture", 1.0, (15, 25, 45), (65, 70, 70), volume.geometry)
    result = ran(volume, RunOptions(boxes=(box,)), sagittal=BodyNetwork())
    (asked,) = result.findings
    assert asked.measurements["genant_grade"].value == 0
    assert "look_again" in asked.flags and "network_and_measurement_disagree" not in asked.flags
    assert result.message == (
        "Marked one vertebral body in the box. Look again at fracture_1: less likely a fracture than not. "
        "No vertebra outside the box was judged."
    )


def test_a_box_asks_for_the_body_whose_center_it_holds() -> None:
    volume = spine([NORMAL] * 3)
    box = Box.from_index("fracture", 1.0, (15, 25, 45), (65, 70, 70), volume.geometry)
    (asked,) = ran(volume, RunOptions(boxes=(box,)), sagittal=BodyNetwork()).findings
    assert asked.probability < 0.5
    assert asked.place is not None and abs(asked.place.lps[2] - 34) < 3


def test_a_box_that_holds_no_center_asks_for_the_body_that_has_most_in_it() -> None:
    volume = spine([NORMAL, BROKEN, NORMAL])
    front = Box.from_index("fracture", 1.0, (20, 32, 48), (60, 44, 66), volume.geometry)
    (asked,) = (result := ran(volume, RunOptions(boxes=(front,)), sagittal=BodyNetwork())).findings
    assert asked.measurements["genant_grade"].value == 3
    assert asked.place is not None and abs(asked.place.lps[2] - 34) < 3
    marked = np.count_nonzero(result.segmentation)
    assert asked.measurements["volume"].value == pytest.approx(marked / 1000)
    assert 0 < marked < 0.5 * np.count_nonzero(volume.voxels == HU["crush"])


def test_a_box_in_which_there_is_no_body_is_no_all_clear() -> None:
    volume = spine([NORMAL, BROKEN, NORMAL])
    flesh = Box.from_index("fracture", 1.0, (2, 40, 40), (8, 50, 50), volume.geometry)
    result = ran(volume, RunOptions(boxes=(flesh,)), sagittal=BodyNetwork())
    assert result.message == "No vertebra found in the box." and not result.findings


def test_slices_that_say_otherwise_make_a_body_uncertain() -> None:
    volume = spine(FIVE)
    sure = ran(volume, sagittal=BodyNetwork()).findings
    assert all(each.uncertainty is not None and each.uncertainty < 0.2 for each in sure)
    assert not any("sagittal_and_axial_disagree" in each.flags for each in sure)
    volume.voxels[:, :, 26:40][volume.voxels[:, :, 26:40] == HU["crush"]] = HU["normal"]
    doubtful = ran(volume, sagittal=BodyNetwork()).findings
    assert all(each.uncertainty is not None and each.uncertainty > 0.35 for each in doubtful)


def test_axial_slices_that_can_change_nothing_are_not_looked_at() -> None:
    sagittal, axial, all_axial = FakeNetwork(), FakeNetwork(), FakeNetwork()
    few, many = {SAGITTAL: 0.7, AXIAL: 0.3}, {SAGITTAL: 0.4, AXIAL: 0.6}
    pruned = run(spine(FIVE), RunOptions(), load=loader({SAGITTAL: sagittal, AXIAL: axial}, few))
    whole = run(spine(FIVE), RunOptions(), load=loader({SAGITTAL: FakeNetwork(), AXIAL: all_axial}, many))
    assert axial.tiles < 0.7 * all_axial.tiles
    assert dice(pruned.segmentation == 1, whole.segmentation == 1) > 0.95


def test_slices_worth_a_look_surround_what_the_sagittal_plane_marks() -> None:
    volume = spine(FIVE)
    sagittal, axial = (working_stack(volume, plane, 1.0, 3.0) for plane in (SAGITTAL, AXIAL))
    probability = np.zeros(sagittal.hu.shape, np.float32)
    answer = PlaneAnswer(sagittal, Seen(probability, None), 0.5)
    assert worth_a_look(answer, axial, 0.5, 0.6) == []
    probability[10, 40] = 0.9
    height = sagittal.grid.index_to_lps((0, 40, 0))[2]
    heights = [axial.grid.index_to_lps((0, 0, n))[2] for n in worth_a_look(answer, axial, 0.5, 0.6)]
    assert 2 <= len(heights) <= 4 and min(heights) <= height <= max(heights)
    assert len(worth_a_look(answer, axial, 0.5, 0.4)) == len(axial.hu)


def test_the_sagittal_plane_finds_the_bodies_whatever_the_weights() -> None:
    """Votes are calibrated in its bodies; the plane of the larger weight once took them over in a run."""
    volume = spine(FIVE)
    sagittal, axial = (working_stack(volume, plane, 1.0, 3.0) for plane in (SAGITTAL, AXIAL))
    own, other = (np.full(stack.hu.shape, share, np.float32) for stack, share in ((sagittal, 0.9), (axial, 0.2)))
    answers = {
        AXIAL: PlaneAnswer(axial, Seen(other, other), 0.6),
        SAGITTAL: PlaneAnswer(sagittal, Seen(own, own), 0.4),
    }
    bodies = fuse(answers, sagittal.grid).bodies
    assert bodies is not None and np.allclose(bodies, 0.9)
    answers[SAGITTAL] = PlaneAnswer(sagittal, Seen(own, None), 0.4)
    bodies = fuse(answers, sagittal.grid).bodies
    assert bodies is not None and bodies.max() == pytest.approx(0.2)


def test_small_parts_and_nothing_at_all_are_no_finding() -> None:
    volume = spine([NORMAL] * 3)
    volume.voxels[30:36, 44:50, 38:44] = HU["crush"]
    result = ran(volume)
    assert result.message == "No fractured vertebra found."
    assert not result.segmentation.any() and not result.findings and not result.boxes
    soft = ran(spine([], Geometry((80, 96, 80), (1.0, 1.0, 1.0), (-39.5, -47.5, -24.0))))
    assert soft.message == "No bone found."


def test_where_the_network_sees_no_vertebra_there_is_no_all_clear() -> None:
    """Of a leg it was said that no fractured vertebra was found, as of a sound spine."""
    volume = spine([], Geometry((80, 96, 80), (1.0, 1.0, 1.0), (-39.5, -47.5, -24.0)))
    volume.voxels[:, 40:60, 30:50] = 900
    assert ran(volume, sagittal=BodyNetwork()).message == "No vertebra found."
    assert ran(volume, sagittal=FakeNetwork(sure=0.1)).message == "No fractured vertebra found."


def test_a_spine_that_is_stored_back_to_front_is_told() -> None:
    volume = spine([NORMAL] * 3, Geometry((150, 160, 80), (1.0, 1.0, 1.0), (-39.5, -79.5, -24.0)))
    assert "back to front" not in ran(volume, sagittal=BodyNetwork()).message
    volume.voxels[:, 40:46, 34:46] = 900
    assert "back to front" in ran(volume, sagittal=BodyNetwork()).message


@pytest.mark.parametrize("flag", ["heights_not_measured", "cut_by_field_of_view"])
def test_what_looks_fractured_and_has_no_endplates_is_told_but_not_marked(flag: str) -> None:
    """Parts of hips were marked as fractured vertebrae."""
    volume = spine([], Geometry((120, 96, 80), (1.0, 1.0, 1.0), (-39.5, -47.5, -24.0)))
    k, j, i = np.indices(volume.voxels.shape)
    steep = np.abs((j - 48) + 0.6 * (k - 60)) < 14
    volume.voxels[steep & (np.abs(k - 60) < 40) & (np.abs(i - 40) < 20)] = HU["crush"]
    if flag == "cut_by_field_of_view":
        volume = volume.cropped((0, 0, 28), (80, 96, 120))
    result = ran(volume, sagittal=BodyNetwork())
    assert [each.label for each in result.findings] == ["unclear"]
    assert {"look_again", flag} <= set(result.findings[0].flags)
    assert result.message == (
        "No fractured vertebra found. Look again at suspicion_1: no heights can be measured, as in parts of a hip."
    )
    assert len(result.boxes) == 1 and not result.segmentation.any()
    asked = ran(volume, RunOptions(boxes=result.boxes), sagittal=BodyNetwork())
    assert asked.findings[0].label == "fracture" and asked.segmentation.any()


def test_a_part_at_the_border_is_flagged() -> None:
    result = ran(spine([BROKEN, NORMAL, NORMAL], start=-22.0))
    assert "cut_by_field_of_view" in result.findings[0].flags


def test_given_boxes_limit_what_is_marked(found) -> None:
    _, first = found
    result = ran(spine(FIVE), RunOptions(boxes=(first.boxes[1],)))
    assert len(result.findings) == 1
    assert result.boxes[0].index_min == first.boxes[1].index_min
    flat = Box.from_index("fracture", 1.0, (1, 1, 1), (1, 2, 2), first.geometry)
    with pytest.raises(InputError, match="no extent"):
        ran(spine(FIVE), RunOptions(boxes=(flat,)))


def test_a_cancel_between_batches_stops_the_run() -> None:
    network = FakeNetwork()
    with pytest.raises(Canceled):
        run(
            spine(FIVE), RunOptions(), Progress(is_canceled=lambda: network.tiles >= 8),
            loader({SAGITTAL: network, AXIAL: network}),
        )  # fmt: skip
    assert network.tiles == 8
