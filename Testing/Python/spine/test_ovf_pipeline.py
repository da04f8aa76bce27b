"""From a CT to fractured vertebrae, with a network that never errs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from orthoai.box import Box
from orthoai.errors import Canceled, InputError
from orthoai.geometry import Geometry
from orthoai.progress import Progress
from orthoai.result import Result
from orthoai.spine.genant import Heights
from orthoai.spine.measured import CUT, DISAGREE, LOOK_AGAIN
from orthoai.tasks import RunOptions
from orthoai.tasks.ovf.findings import message
from orthoai.tasks.ovf.pipeline import run
from orthoai.tasks.ovf.task import TASK
from ovf_fakes import HEIGHTS, HU, FakeDetector, Shown, loader, spine

NORMAL = Shown("normal", "normal")
MIXED = [
    NORMAL,
    Shown("wedge", "wedge"),
    NORMAL,
    Shown("crush", "crush"),
    NORMAL,
    Shown("biconcave", "biconcave"),
    NORMAL,
]


OUTLINE_MM = 2.0
"""The fake network outlines a pixel inside of each surface, where there is no partial volume."""


def ran(volume, options: RunOptions = RunOptions(), detector: FakeDetector | None = None) -> Result:  # noqa: B008
    return run(volume, options, Progress(), loader(detector))


@pytest.fixture(scope="module")
def mixed() -> tuple[np.ndarray, Result]:
    volume = spine(MIXED)
    return volume.voxels, ran(volume)


def test_each_fracture_is_found_with_class_heights_and_grade(mixed) -> None:
    _, result = mixed
    assert [(each.structure, each.label) for each in result.findings] == [
        ("vertebra_2", "wedge"),
        ("vertebra_4", "crush"),
        ("vertebra_6", "biconcave"),
    ]
    assert result.message == "3 of 7 vertebrae fractured: vertebra_2 wedge, vertebra_4 crush, vertebra_6 biconcave."
    for each in result.findings:
        truth = HEIGHTS[each.label]
        for site, height in truth._asdict().items():
            assert each.measurements[f"{site}_height"].value == pytest.approx(height, abs=OUTLINE_MM)
        expected = max(1 - own / normal for own, normal in zip(truth, HEIGHTS["normal"], strict=True))
        assert each.measurements["height_loss"].value == pytest.approx(expected, abs=0.05)
        assert each.measurements["genant_grade"].value == 3
        assert f"genant_{each.label}" in each.flags and "level_not_named" in each.flags
        assert LOOK_AGAIN not in each.flags
        # At its sides a body has partial volume, which the fake network takes for another class.
        assert 0.8 < each.probability < 0.901
        assert each.uncertainty is not None and each.uncertainty < 0.3


def test_masks_lie_on_the_bodies_and_boxes_around_them(mixed) -> None:
    voxels, result = mixed
    for name, value in (("crush", 1), ("wedge", 2), ("biconcave", 3)):
        truth, found = voxels == HU[name], result.segmentation == value
        assert 2 * np.count_nonzero(truth & found) / (truth.sum() + found.sum()) > 0.93
    for box, each in zip(result.boxes, result.findings, strict=True):
        mask = result.segmentation == TASK.label(each.label).value
        around = Box.around(each.label, mask, result.geometry)
        assert around is not None
        assert (box.label, box.index_min, box.index_max) == (each.label, around.index_min, around.index_max)
        assert each.place is not None
        index = result.geometry.lps_to_index(each.place.lps)
        assert mask[tuple(np.rint(index[::-1]).astype(int))]
        assert each.place.slice_index == round(index[2])


def test_all_bodies_and_the_attention_are_told_beside(mixed) -> None:
    _, result = mixed
    vertebrae, attention = result.extras
    assert (vertebrae.name, attention.name) == ("vertebrae", "attention")
    assert vertebrae.labels == {n: f"vertebra_{n}" for n in range(1, 8)}
    assert set(np.unique(vertebrae.voxels)) == set(range(8))
    assert attention.voxels.max() > 200
    inside, outside = attention.voxels[vertebrae.voxels > 0].mean(), attention.voxels[vertebrae.voxels == 0].mean()
    assert inside > 2 * outside


@pytest.mark.parametrize("codes", ["SLA", "PIR"])
def test_the_axis_order_changes_nothing(mixed, codes: str) -> None:
    _, straight = mixed
    volume = spine(MIXED)
    turned = volume.reoriented(codes)
    result = ran(replace(turned, voxels=np.ascontiguousarray(turned.voxels)))
    assert [(each.structure, each.label) for each in result.findings] == [
        (each.structure, each.label) for each in straight.findings
    ]
    back = volume.with_voxels(straight.segmentation).reoriented(codes)
    assert np.mean(back.voxels != result.segmentation) < 1e-4


def test_thick_slices_and_a_tilted_scan_work() -> None:
    thick = Geometry((52, 64, 54), (1.5, 1.5, 5.0), (-39.5, -47.5, -30.0))
    c, s = np.cos(np.radians(20)), np.sin(np.radians(20))
    tilted = Geometry((200, 80, 54), (1.5, 1.5, 1.5), (-39.5, -110.0, -20.0), (1, 0, 0, 0, c, s, 0, -s, c))
    for grid in (thick, tilted):
        result = ran(spine(MIXED, grid))
        assert [each.label for each in result.findings] == ["wedge", "crush", "biconcave"]
        assert result.message.endswith(" Slices of 5 mm: mild fractures may not show.") == (grid is thick)


def test_network_and_heights_that_disagree_are_to_be_looked_at() -> None:
    result = ran(spine([NORMAL, NORMAL, Shown("normal", "wedge"), NORMAL, Shown("crush", "normal"), NORMAL]))
    low, high = result.findings
    assert (low.structure, low.label, high.structure, high.label) == ("vertebra_3", "unclear", "vertebra_5", "unclear")
    for each in (low, high):
        assert {LOOK_AGAIN, DISAGREE} <= set(each.flags)
    assert "genant_wedge" in low.flags
    assert low.probability < 0.2 and high.probability > 0.8
    assert not result.segmentation.any()
    assert "Look again at vertebra_3, vertebra_5" in result.message


def test_the_heights_of_all_vertebrae_are_told(mixed) -> None:
    _, result = mixed
    assert list(result.structures) == [f"vertebra_{n}" for n in range(1, len(MIXED) + 1)]
    for finding in result.findings:
        assert result.structures[finding.structure] == finding.measurements
    normal = [result.structures[f"vertebra_{n}"] for n, shown in enumerate(MIXED, start=1) if shown == NORMAL]
    assert normal and all(each["genant_grade"].value == 0 for each in normal)


def test_a_body_cut_by_the_field_of_view_is_neither_measured_nor_called_fractured() -> None:
    result = ran(spine([Shown("wedge", "wedge"), NORMAL, NORMAL, NORMAL], start=-18.0))
    (cut,) = result.findings
    assert cut.label == "unclear"
    assert {CUT, LOOK_AGAIN} <= set(cut.flags)
    assert DISAGREE not in cut.flags
    assert not cut.measurements
    assert not result.segmentation.any()
    assert "Look again at vertebra_1" in result.message


def test_a_fracture_that_network_and_heights_disagree_on_is_told_with_its_doubt() -> None:
    """It stood among the fractures as if nothing spoke against it; only its own row of the report said so."""
    flagged = replace(ran(spine([NORMAL, Shown("wedge", "wedge"), NORMAL])).findings[0], flags=(LOOK_AGAIN, DISAGREE))
    assert message(3, [flagged]) == (
        "1 of 3 vertebrae fractured: vertebra_2 wedge. Look again at vertebra_2: network and heights disagree."
    )
    assert message(3, [replace(flagged, flags=())]) == "1 of 3 vertebrae fractured: vertebra_2 wedge."


def test_fractures_that_no_height_speaks_for_are_to_be_looked_at_again() -> None:
    """A part of a hip, with no vertebra to compare it with, was called a wedge like any other."""
    result = ran(spine([Shown("crush", "crush")] * 2))
    assert [each.label for each in result.findings] == ["crush"] * 2
    assert all(LOOK_AGAIN in each.flags and DISAGREE not in each.flags for each in result.findings)
    assert result.message == (
        "2 of 2 vertebrae fractured: vertebra_1 crush, vertebra_2 crush. Look again at vertebra_1, vertebra_2: the "
        "network alone says so, no height could be compared."
    )


def test_a_sound_vertebra_that_no_height_speaks_for_is_told() -> None:
    """Without a word, a knee or a body that the field cuts read as an all-clear by heights."""
    assert ran(spine([NORMAL, NORMAL, NORMAL, NORMAL], start=-18.0)).message == (
        "No fracture found in 4 vertebrae. Heights of vertebra_1 could not be compared."
    )
    tall = Geometry((80, 96, 80), (1.0, 1.0, 1.0), (-39.5, -47.5, -40.0))
    assert (
        ran(spine([NORMAL], tall)).message
        == "No fracture found in one vertebra. Heights of vertebra_1 could not be compared."
    )
    volume = spine([NORMAL] * 4, start=-18.0)
    geometry = volume.geometry
    low, high = (np.array(geometry.lps_to_index((*corner,))) for corner in ((-30, -30, -20), (30, 30, -8)))
    boxed = Box.from_index("vertebra", 1.0, tuple(np.minimum(low, high)), tuple(np.maximum(low, high)), geometry)
    assert "in the box. Heights of vertebra_1 could not be compared. No vertebra outside" in (
        ran(volume, RunOptions(boxes=(boxed,))).message
    )


def test_a_sound_vertebra_that_its_heights_would_grade_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The report's table gave it a grade 1, and nothing else spoke of it."""
    monkeypatch.setitem(HEIGHTS, "mild", Heights(17.6, 21.5, 25.0))
    result = ran(spine([NORMAL, Shown("normal", "mild"), NORMAL, NORMAL]))
    assert result.structures["vertebra_2"]["genant_grade"].value == 1 and not result.findings
    assert result.message == ("No fracture found in 4 vertebrae. By heights alone vertebra_2 would be Genant grade 1.")


def test_nothing_to_find_is_a_result() -> None:
    result = ran(spine([NORMAL] * 4))
    assert result.message == "No fracture found in 4 vertebrae."
    assert not result.findings and not result.boxes and not result.segmentation.any()
    volume = spine([])
    grid = Geometry((80, 96, 80), (1.0, 1.0, 1.0), (-39.5, -47.5, -24.0))
    soft = ran(spine([], grid))
    assert soft.message == "No bone found."
    assert soft.segmentation.shape == grid.shape
    assert volume.voxels.shape[0] < 60


def test_a_spine_that_is_stored_back_to_front_is_told() -> None:
    volume = spine([NORMAL] * 3, Geometry((150, 160, 80), (1.0, 1.0, 1.0), (-39.5, -79.5, -24.0)))
    assert ran(volume).message == "No fracture found in 3 vertebrae."
    volume.voxels[:, 40:46, 34:46] = 900
    assert ran(volume).message.startswith("No fracture found in 3 vertebrae. Bone lies in front of the vertebrae")


def test_a_given_box_asks_for_one_vertebra_only(mixed) -> None:
    volume, first = spine(MIXED), mixed[1]
    moved = replace(first.boxes[1], index_min=tuple(v - 2 for v in first.boxes[1].index_min))
    faint = ran(volume, RunOptions(boxes=(moved,)), FakeDetector(0.1))
    assert [(each.label, len(each.measurements)) for each in faint.findings] == [("crush", 5)]
    sure = ran(volume, RunOptions(boxes=(moved,)))
    (only,) = sure.findings
    assert (only.structure, only.label) == ("vertebra_4", "crush")
    assert only.measurements["genant_grade"].value == 3
    assert set(np.unique(sure.segmentation)) == {0, 1}
    normal = Box.from_index("wedge", 1.0, (15, 20, 5), (65, 75, 40), volume.geometry)
    (told,) = ran(volume, RunOptions(boxes=(normal,))).findings
    assert (told.structure, told.label) == ("vertebra_1", "normal")


def test_boxes_are_no_all_clear_for_the_vertebrae_without_one(mixed) -> None:
    volume, crush = spine(MIXED), mixed[1].boxes[1]
    sound = Box.from_index("wedge", 1.0, (15, 20, 5), (65, 75, 40), volume.geometry)
    rest = "No vertebra outside the box was judged."
    assert ran(volume, RunOptions(boxes=(sound,))).message == f"No fracture found in the vertebra in the box. {rest}"
    assert ran(volume, RunOptions(boxes=(crush,))).message == f"Fractured: vertebra_4 crush. {rest}"
    both = ran(volume, RunOptions(boxes=(sound, crush))).message
    rest = rest.replace("box", "boxes")
    assert both == f"1 of the 2 vertebrae in the boxes fractured: vertebra_4 crush. {rest}"


@pytest.mark.parametrize("share", [0.15, 0.3])
def test_a_box_that_is_drawn_too_short_takes_no_height_from_its_vertebra(mixed, share: float) -> None:
    volume = spine(MIXED)
    low, high = (15.0, 20.0, 11.0), (65.0, 75.0, 37.0)
    short = (*high[:2], high[2] - share * (high[2] - low[2]))
    (told,) = ran(volume, RunOptions(boxes=(Box.from_index("wedge", 1.0, low, short, volume.geometry),))).findings
    whole = mixed[1].structures["vertebra_1"]
    assert (told.structure, told.label) == ("vertebra_1", "normal")
    for site in ("anterior", "middle", "posterior"):
        name = f"{site}_height"
        assert told.measurements[name].value == pytest.approx(whole[name].value, abs=0.1)


@pytest.mark.parametrize(
    ("half", "forward"),
    [((0.6, 25.0, 30.0), 0.0), ((20.0, 6.0, 6.0), 0.0), ((4.0, 3.0, 3.0), 10.0)],
    ids=["thin", "small", "in its front"],
)
def test_a_box_too_small_for_an_outline_points_at_the_vertebra_around_it(
    mixed, half: tuple[float, ...], forward: float
) -> None:
    volume, (_, crush, _) = spine(MIXED), mixed[1].boxes
    center = [(low + high) / 2 for low, high in zip(crush.index_min, crush.index_max, strict=True)]
    center[1] -= forward
    low, high = (tuple(c + side * h for c, h in zip(center, half, strict=True)) for side in (-1, 1))
    asked = ran(volume, RunOptions(boxes=(Box.from_index("crush", 1.0, low, high, volume.geometry),)))
    assert [(each.structure, each.label) for each in asked.findings] == [("vertebra_4", "crush")]
    np.testing.assert_array_equal(asked.segmentation > 0, mixed[1].segmentation == TASK.label("crush").value)


def test_a_box_in_which_there_is_no_vertebra_is_told(mixed) -> None:
    volume = spine(MIXED)
    flesh = Box.from_index("wedge", 1.0, (2, 40, 60), (8, 50, 70), volume.geometry)
    asked = ran(volume, RunOptions(boxes=(flesh,)))
    assert asked.message == "No vertebra found in the box." and not asked.findings
    assert len(asked.structures) == len(MIXED)


def test_a_box_around_two_vertebrae_is_refused(mixed) -> None:
    _, crush, biconcave = mixed[1].boxes
    both = Box.from_index("spine", 1.0, crush.index_min, biconcave.index_max, mixed[1].geometry)
    with pytest.raises(InputError, match="The box of spine holds more than one vertebra: draw a box for each"):
        ran(spine(MIXED), RunOptions(boxes=(both,)))


def test_two_boxes_on_the_halves_of_one_vertebra_ask_for_that_one(mixed) -> None:
    volume = spine(MIXED)
    left, right = (
        Box.from_index("normal", 1.0, (low, 20.0, 79.0), (high, 75.0, 105.0), volume.geometry)
        for low, high in ((18.0, 39.5), (39.5, 61.0))
    )
    asked = ran(volume, RunOptions(boxes=(left, right)))
    assert [(each.structure, each.label) for each in asked.findings] == [("vertebra_3", "normal")]
    assert len(asked.structures) == len(MIXED)


def test_what_lies_beside_the_spine_is_no_vertebra_but_where_it_is_pointed_at() -> None:
    grid = Geometry((150, 96, 80), (1.0, 1.0, 1.0), (-39.5, -47.5, -24.0))
    volume = spine([NORMAL] * 3, grid, start=34.0)
    strip, voxels = ((-38.0, 14.0, -9.0), (-20.0, 36.0, 17.0)), volume.voxels.copy()
    low, high = (np.rint(grid.lps_to_index(corner)).astype(int) for corner in strip)
    voxels[low[2] : high[2], low[1] : high[1], low[0] : high[0]] = HU["wedge"]
    with_strip = replace(volume, voxels=voxels)
    assert ran(with_strip).message == "No fracture found in 3 vertebrae."
    asked = ran(with_strip, RunOptions(boxes=[Box.from_index("wedge", 1.0, tuple(low), tuple(high), grid)]))
    assert len(asked.findings) == 1 and asked.findings[0].structure == "vertebra_1"


def test_boxes_that_cannot_be_used_are_refused() -> None:
    volume = spine([NORMAL] * 3)
    flat = Box.from_index("crush", 1.0, (10, 10, 10), (10, 20, 20), volume.geometry)
    away = Box.from_index("crush", 1.0, (500, 500, 500), (510, 510, 510), volume.geometry)
    with pytest.raises(InputError, match="no extent"):
        ran(volume, RunOptions(boxes=(flat,)))
    with pytest.raises(InputError, match="outside"):
        ran(volume, RunOptions(boxes=(away,)))


def test_a_cancel_between_tiles_stops_the_run() -> None:
    detector = FakeDetector()
    with pytest.raises(Canceled):
        run(spine([NORMAL] * 3), RunOptions(), Progress(is_canceled=lambda: detector.calls >= 2), loader(detector))
    assert detector.calls == 2


def test_progress_names_the_stages() -> None:
    stages: list[str] = []
    run(spine([NORMAL] * 3), RunOptions(), Progress(lambda stage, *_: stages.append(stage)), loader())
    assert list(dict.fromkeys(stages)) == ["Load", "Slice", "Detect", "Measure"]
