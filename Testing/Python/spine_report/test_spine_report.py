"""The report of a spine CT: masks, boxes, attention, and for each finding its heights and what to look at."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

import numpy as np
import pytest
from orthoai.finding import Finding, Measurement
from orthoai.geometry import Geometry
from orthoai.progress import Progress
from orthoai.result import Extra, Result
from orthoai.volume import Volume, reorient_array
from orthoai_report import theme
from orthoai_report.body_heights import HEIGHTS, around, height_segments, part_at
from orthoai_report.close_up import box_of, genant
from orthoai_report.planes import SAGITTAL, PlanePicture, cut, slice_picture
from orthoai_report.profiles import label_profiles
from orthoai_report.spine import write_report
from orthoai_report.spine_page import draw_spine_page
from orthoai_report.subject import Subject
from PIL import Image
from spine_report_fakes import BROKEN, DEPTH_MM, GRID, NAMES, STEP_MM, body, broken, finding, heights, result, spine


def subject_of(volume: Volume, result: Result) -> Subject:
    return Subject(volume, result, label_profiles(result))


def turned(volume: Volume, made: Result, codes: str) -> tuple[Volume, Result]:
    """The same in another axis order."""
    geometry = volume.geometry.reoriented(codes)
    changed = replace(
        made,
        geometry=geometry,
        boxes=tuple(box.on(GRID, geometry) for box in made.boxes),
        segmentation=np.ascontiguousarray(reorient_array(made.segmentation, GRID, codes)),
        extras=tuple(replace(x, voxels=reorient_array(x.voxels, GRID, codes)) for x in made.extras),
    )
    return volume.reoriented(codes), changed


def words(volume: Volume, made: Result) -> dict[str, list[str]]:
    figure = draw_spine_page(subject_of(volume, made))
    return {axes.get_label(): [text.get_text() for text in axes.texts] for axes in figure.axes}


def flat_text(page: str) -> str:
    return " ".join(page.split())


@pytest.mark.parametrize("name", ["fracture", "ovf"])
def test_both_tasks_have_a_report(name: str) -> None:
    (entry,) = entry_points(group="orthoai.reports", name=name)
    assert entry.load() is write_report


def test_a_run_gets_a_picture_and_a_page_that_says_what_it_is_worth(tmp_path: Path) -> None:
    stages: list[float] = []
    write_report(*broken(), tmp_path, Progress(lambda stage, done, text: stages.append(done)))
    with Image.open(tmp_path / "overview.png") as picture:
        assert picture.size == (1600, 1000)
        assert np.asarray(picture.convert("L")).std() > 10
    page = flat_text((tmp_path / "report.html").read_text())
    for sentence in (
        "learned from simulated fractures", "nothing is known of their accuracy in patients",
        "calibrated on simulated data only", "<h2>Measurements</h2>", "Anterior height", "14.9 mm", "Genant grade",
        "look again", "where the network looked",
    ):  # fmt: skip
        assert sentence in page, sentence
    assert "are not calibrated" not in page
    assert stages[-1] == 1.0


def test_each_finding_has_its_picture_with_class_probability_heights_and_grade() -> None:
    texts = words(*broken())
    assert list(texts) == ["sagittal", "attention", "T11", "T12", "L1", "L3", "table"]
    assert {"L1 wedge 92 %", "Genant 2", "14.9", "19.7", "24.0"} <= set(texts["L1"])
    assert "look again" in texts["T12"]
    assert "look again" not in texts["L1"]
    assert {"T11 biconcave 92 %", "T12 crush 92 %", "L1 wedge 92 %", "L3 wedge 92 %"} <= set(texts["sagittal"])
    assert "Where the network looked" in texts["attention"]


def test_the_table_goes_from_the_head_downward_and_notes_what_to_look_at() -> None:
    table = words(*broken())["table"]
    assert [text for text in table if text in BROKEN] == ["T11", "T12", "L1", "L3"]
    assert {"22.8 / 14.4 / 24.0", "40 %", "3 biconcave", "0.60", "4 %", "T12: look again"} <= set(table)
    assert not any("genant" in text for text in table)


def test_a_loss_beside_a_grade_is_on_the_grades_side_of_the_cut(tmp_path: Path) -> None:
    volume, made = broken()
    near = {"height_loss": Measurement(0.2496, "1"), "posterior_ratio": Measurement(0.7504, "1")}
    first = made.findings[0]
    first = replace(first, measurements={**first.measurements, **near, "genant_grade": Measurement(1.0, "1")})
    made = replace(made, findings=(first, *made.findings[1:]), structures={first.structure: first.measurements})
    table = words(volume, made)["table"]
    assert {"24.96 %", "0.7504"} <= set(table)
    write_report(volume, made, tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<td>24.96 %</td>" in page
    assert "<td>0.7504</td>" in page


def test_a_type_that_differs_from_the_class_is_told_beside_the_grade() -> None:
    volume, made = broken()
    odd = replace(made.findings[0], flags=("genant_crush", "look_again"))
    texts = words(volume, replace(made, findings=(odd, *made.findings[1:])))
    assert "Genant 2 crush" in texts["L1"]
    assert genant(odd) == "2 crush"


@pytest.mark.parametrize("codes", ["LPS", "PIL", "RAS", "ASR"])
def test_the_page_is_the_same_in_any_axis_order(codes: str) -> None:
    volume, made = broken()
    assert words(*turned(volume, made, codes)) == words(volume, made)


def test_without_attention_masks_measurements_or_places_the_page_is_still_drawn() -> None:
    volume, made = broken(attention=False)
    bare = (Finding("L1", "fracture", 0.8), Finding("L2", "fracture", 0.7))
    empty = np.zeros_like(made.segmentation)
    texts = words(volume, replace(made, task="fracture", findings=bare, boxes=(), segmentation=empty))
    assert list(texts) == ["sagittal", "table"]
    assert texts["table"] == ["Structure", "Finding", "L1", "fracture 80 %", "L2", "fracture 70 %"]


def test_nothing_found_is_drawn_and_says_so() -> None:
    volume, labels = spine({})
    texts = words(volume, result(labels, ()))
    assert texts["table"] == ["No findings."]


def test_normal_bodies_get_no_picture_of_their_own() -> None:
    volume, made = broken()
    texts = words(volume, replace(made, findings=(*made.findings, finding("L2", "normal"))))
    assert "L2" not in texts
    assert "normal 92 %" in texts["table"]


def test_a_seventh_fracture_is_in_the_table_only() -> None:
    volume, made = broken()
    more = tuple(replace(made.findings[0], structure=f"X{n}") for n in range(6))
    texts = words(volume, replace(made, findings=(*made.findings, *more)))
    assert sum(name not in ("sagittal", "attention", "table") for name in texts) == 6
    assert {"X0", "X5"} <= set(texts["table"])


def test_a_finding_takes_the_box_around_it_by_structure_before_class() -> None:
    subject = subject_of(*broken())
    for each in subject.result.findings:
        box = box_of(each, subject)
        assert box is not None and box.label == each.label
        place = subject.geometry.lps_to_index(each.place.lps) if each.place else None
        assert (place >= box.index_min).all() and (place <= box.index_max).all()
    assert box_of(replace(subject.result.findings[0], label="crush"), subject) is None


def test_a_class_without_a_mask_takes_no_other_bodys_and_its_own_where_bodies_are_numbered() -> None:
    volume, made = broken()
    odd = replace(made.findings[0], label="unclear")  # L1, between T12 and L2
    boxes = tuple(replace(box, label="unclear") if box.label == "wedge" else box for box in made.boxes)
    mask = np.where(body(NAMES.index("L1"), "wedge"), 0, made.segmentation).astype(np.uint8)
    changed = replace(made, findings=(odd,), boxes=boxes, segmentation=mask)
    assert "19.7" not in words(volume, changed)["L1"]
    numbers = np.where(body(NAMES.index("L1"), "wedge"), 7, 0).astype(np.uint8)
    numbered = replace(changed, extras=(Extra("vertebrae", numbers, {7: "L1"}),))
    assert {"14.9", "19.7", "24.0"} <= set(words(volume, numbered)["L1"])
    assert "L1 unclear, fracture 92 %" in words(volume, numbered)["L1"]


def numbered(subject: Subject) -> set[str]:
    """The words in the sagittal slice that are numbers of vertebrae."""
    (axes,) = [axes for axes in draw_spine_page(subject).axes if axes.get_label() == "sagittal"]
    return {text.get_text() for text in axes.texts if text.get_text().isdecimal()}


def test_vertebrae_without_a_finding_have_their_number_in_the_slice_where_they_are() -> None:
    volume, made = broken()
    bodies = np.zeros_like(made.segmentation)
    for n in range(len(NAMES)):
        bodies[body(n, BROKEN.get(NAMES[n], "normal"))] = n + 1
    names = {n: f"vertebra_{n}" for n in range(1, len(NAMES) + 1)}
    extra = Extra("vertebrae", bodies, names)
    sound = {str(NAMES.index(level) + 1) for level in NAMES if level not in BROKEN}
    findings = tuple(replace(f, structure=names[NAMES.index(f.structure) + 1]) for f in made.findings)
    assert numbered(subject_of(volume, replace(made, findings=findings, extras=(extra,)))) == sound
    clear = replace(made, findings=(), boxes=(), segmentation=np.zeros_like(bodies), extras=(extra,))
    figure = draw_spine_page(subject_of(volume, clear))
    (axes,) = [axes for axes in figure.axes if axes.get_label() == "sagittal"]
    for n in range(len(NAMES)):
        (text,) = [text for text in axes.texts if text.get_text() == str(n + 1)]
        x, y = text.get_position()
        k, j = round(y / GRID.spacing[2]), round(x / GRID.spacing[1])
        assert bodies[k, j, GRID.shape[2] // 2] == n + 1


@pytest.mark.parametrize(("names", "color"), [({1: "vertebra_1"}, theme.TEXT), ({}, theme.WARNING)])
def test_an_all_clear_is_not_written_as_a_warning_and_no_vertebra_is(names: dict[int, str], color: str) -> None:
    volume, labels = spine({})
    bodies = np.where(body(0, "normal") & bool(names), 1, 0).astype(np.uint8)
    made = result(labels, (), extras=(Extra("vertebrae", bodies, names),), message="So it is.")
    (message,) = [text for text in draw_spine_page(subject_of(volume, made)).texts if text.get_text() == "So it is."]
    assert message.get_color() == color


def test_heat_has_a_scale() -> None:
    assert {"less", "more"} <= set(words(*broken())["attention"])


# Heights


@pytest.mark.parametrize("codes", ["LPS", "PIL", "RAS"])
def test_the_drawn_lines_are_as_long_as_the_heights_and_lie_in_the_body(codes: str) -> None:
    volume, made = turned(*broken(), codes)
    drawn = {axes.get_label(): axes.lines for axes in draw_spine_page(subject_of(volume, made)).axes}
    for level, label in BROKEN.items():
        ends = np.array([line.get_xydata() for line in drawn[level][-3:]])
        lengths = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
        assert np.allclose(lengths, heights(label), atol=1.0), level
        front, center = 38 - 2 * NAMES.index(level), 20 + NAMES.index(level) * STEP_MM
        assert np.allclose(ends[:, :, 0].mean(axis=1), front + DEPTH_MM * np.array([0.1, 0.5, 0.9]), atol=1.5)
        assert np.allclose(ends[:, :, 1].mean(axis=1), center, atol=1.0)


def test_no_line_is_drawn_through_two_bodies_that_touch() -> None:
    volume, made = broken()
    number = NAMES.index("L1")
    bridge = np.zeros(GRID.shape, bool)
    bridge[int(20 + number * STEP_MM) : int(20 + (number + 1) * STEP_MM), 40:70, 9:20] = True
    both = replace(
        made, task="fracture", labels={1: "fracture"}, segmentation=((made.segmentation > 0) | bridge).astype(np.uint8)
    )
    assert "19.7" not in words(volume, both)["L1"]
    assert "14.4" in words(volume, replace(both, segmentation=(made.segmentation > 0).astype(np.uint8)))["T11"]


@pytest.mark.parametrize("degrees", [-20, 0, 12, 30])
def test_the_lines_turn_with_the_body(degrees: float) -> None:
    grid = Geometry((120, 120, 12), (3.0, 0.5, 0.5), (-16.5, -29.75, -29.75))
    z, y = np.mgrid[-30:30:0.5, -30:30:0.5] + 0.25
    angle = np.radians(degrees)
    depth, height = y * np.cos(angle) + z * np.sin(angle), z * np.cos(angle) - y * np.sin(angle)
    plane = (np.abs(depth) < 17) & (np.abs(height) < 12 * np.interp(depth, (-17, 17), (0.7, 1.0)))
    segments = height_segments(np.repeat(plane[:, :, None], 12, axis=2), grid)
    assert tuple(segments) == HEIGHTS
    for (lower, upper), share in zip(segments.values(), (0.73, 0.85, 0.97), strict=True):
        _, back, up = upper - lower
        assert np.hypot(back, up) == pytest.approx(24 * share, abs=0.6)
        assert np.degrees(np.arctan2(-back, up)) == pytest.approx(degrees, abs=1.5)
    fronts = [lower[1] for lower, _ in segments.values()]
    assert fronts == sorted(fronts)


def test_a_speck_has_no_heights() -> None:
    speck = np.zeros(GRID.shape, bool)
    assert height_segments(speck, GRID) == {}
    speck[100, 50, 10] = True
    assert height_segments(speck, GRID) == {}


def test_only_the_part_at_the_place_counts() -> None:
    one, other = body(1, "normal"), body(3, "wedge")
    for mine, number in ((one, 1), (other, 3)):
        place = (20 + number * STEP_MM, 55.0 - 2 * number, 14.5)
        assert np.array_equal(part_at(one | other, place, GRID.spacing[::-1]), mine)
        assert np.array_equal(part_at((one | other)[:, :, 14], place[:2], GRID.spacing[:0:-1]), mine[:, :, 14])
    assert not part_at(np.zeros_like(one), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)).any()


def test_voxels_around_a_place_stay_in_the_scan() -> None:
    assert around((15.0, 55.0, 100.0), GRID) == (slice(55, 146), slice(10, 101), slice(0, 30))
    assert around((-900.0, 55.0, 900.0), GRID) == (slice(199, 200), slice(10, 101), slice(0, 1))


def pixel_places(picture: PlanePicture) -> tuple[np.ndarray, np.ndarray]:
    """x of each column's and y of each row's center, in mm."""
    left, right, bottom, top = picture.extent
    rows, columns = picture.labels.shape
    x = left + (np.arange(columns) + 0.5) * (right - left) / columns
    return x, top + (np.arange(rows) + 0.5) * (bottom - top) / rows


def test_a_cut_keeps_pixels_in_their_place() -> None:
    subject = subject_of(*broken())
    whole = slice_picture(subject, SAGITTAL, 14)
    part = cut(whole, (20.2, 50.0, 61.0, 90.0))
    x, y = pixel_places(part)
    all_x, all_y = pixel_places(whole)
    columns = [int(np.abs(all_x - value).argmin()) for value in x]
    rows = [int(np.abs(all_y - value).argmin()) for value in y]
    assert np.allclose(all_x[columns], x) and np.allclose(all_y[rows], y)
    assert np.array_equal(whole.labels[np.ix_(rows, columns)], part.labels)
    assert part.extent[0] <= 20.2 and part.extent[1] >= 61.0 and part.extent[2] <= 50.0 and part.extent[3] >= 90.0
    assert cut(whole, (-500, -500, -400, -400)).labels.shape == (1, 1)
