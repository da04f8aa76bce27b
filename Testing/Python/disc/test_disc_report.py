"""The report of a disc run: the slice that was read, boxes with names, masks, attention and a table."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from disc_fakes import grain, load, series
from disc_phantom import Phantom
from matplotlib.colors import to_rgb
from orthoai.geometry import Geometry
from orthoai.progress import Progress
from orthoai.result import Result
from orthoai.tasks import RunOptions
from orthoai.tasks.disc.findings import ONE_ENDPLATE
from orthoai.tasks.disc.pipeline import run
from orthoai.volume import Source, Volume
from orthoai_report.disc import write_report
from orthoai_report.profiles import label_profiles
from orthoai_report.sagittal_page import draw_sagittal_page, plane_boxes, read_plane
from orthoai_report.subject import Subject
from orthoai_report.table_panel import note_lines
from PIL import Image


@pytest.fixture(scope="module")
def subject() -> Subject:
    volume = series()
    return subject_of(volume, run(volume, RunOptions(), load=load))


def subject_of(volume: Volume, result: Result) -> Subject:
    return Subject(volume, result, label_profiles(result))


def words(subject: Subject) -> dict[str, list[str]]:
    figure = draw_sagittal_page(subject)
    return {axes.get_label(): [text.get_text() for text in axes.texts] for axes in figure.axes}


def test_a_run_gets_a_picture_and_a_page(subject: Subject, tmp_path: Path) -> None:
    stages: list[float] = []
    write_report(subject.original, subject.result, tmp_path, Progress(lambda stage, done, text: stages.append(done)))
    with Image.open(tmp_path / "overview.png") as picture:
        assert picture.size == (1600, 1000)
        assert np.asarray(picture.convert("L")).std() > 10
    page = (tmp_path / "report.html").read_text()
    assert "L4/L5" in page
    assert "mid-sagittal slice" in page
    table = page[page.index("<h2>Findings</h2>") : page.index("<h2>Not assessed</h2>")]
    levels = ["T12/L1", "L1/L2", "L2/L3", "L3/L4", "L4/L5", "L5/S1"]
    assert sorted(levels, key=lambda level: table.index(f">{level}<")) == levels
    assert "No bulge or herniation" in table and "taken for L5/S1" in table
    assert "herniations to the side" in page and "Disc height index" in page
    assert "Uncertainty: how far the classifiers disagree" in page
    assert stages[-1] == 1.0


def test_boxes_masks_attention_and_table_each_have_a_panel(subject: Subject) -> None:
    texts = words(subject)
    assert list(texts) == ["boxes", "masks", "attention", "table"]
    assert {"L5/S1", "L1/L2", "Lumbar"} <= set(texts["boxes"])
    assert "herniated 80 %" in texts["table"]
    assert not any(text.startswith("normal") for text in texts["table"])
    assert any(text.startswith("no bulge or herniation ") for text in texts["table"])
    assert "Levels are counted upward from the lowest disc" in " ".join(texts["table"])
    assert {"Vertebra", "Disc", "Canal"} <= set(texts["masks"])
    assert {"less", "more"} <= set(texts["attention"])
    rows = [text for text in texts["table"] if "/" in text and text[0] in "LT" and " " not in text]
    assert rows == ["T12/L1", "L1/L2", "L2/L3", "L3/L4", "L4/L5", "L5/S1"]


def test_boxes_of_discs_have_the_color_of_discs_and_the_region_that_of_no_mask(subject: Subject) -> None:
    (axes,) = [axes for axes in draw_sagittal_page(subject).axes if axes.get_label() == "boxes"]
    colors = {text.get_text(): to_rgb(text.get_color()) for text in axes.texts}
    assert colors["L4/L5"] == pytest.approx(subject.palette.rgb("disc"))
    assert colors["Lumbar"] not in [pytest.approx(subject.palette.rgb(name)) for name in subject.palette.colors]


def test_words_of_the_table_stay_in_their_panel_and_over_no_other_words(subject: Subject) -> None:
    figure = draw_sagittal_page(subject)
    figure.canvas.draw()
    for axes in figure.axes:
        area = axes.get_window_extent()
        places = [(text.get_text(), text.get_window_extent()) for text in axes.texts if text.get_text()]
        for text, place in places:
            assert place.x0 >= area.x0 - 1 and place.x1 <= area.x1 + 1 and place.y0 >= area.y0 - 1, text
        for (text, place), (other, beside) in combinations(places, 2):
            across = min(place.x1, beside.x1) - max(place.x0, beside.x0)
            up = min(place.y1, beside.y1) - max(place.y0, beside.y0)
            assert axes.get_label() != "table" or across < 1 or up < 3, (text, other)


@pytest.mark.parametrize("codes", ["LPS", "PIL", "RAS", "ASR"])
def test_the_slice_of_the_boxes_is_shown_with_the_head_up_in_any_axis_order(subject: Subject, codes: str) -> None:
    volume = subject.original.reoriented(codes)
    turned = subject_of(volume, run(volume, RunOptions(), load=load))
    plane = read_plane(turned, 2.0)
    discs = plane.labels == 2
    for label, _, (x0, y0, x1, y1) in plane_boxes(turned)[1:]:
        left, right, bottom, top = plane.extent
        rows, columns = discs.shape
        row = round((top - (y0 + y1) / 2) / (top - bottom) * rows - 0.5)
        column = round(((x0 + x1) / 2 - left) / (right - left) * columns - 0.5)
        assert discs[row, column], label
    heights = {label: (y0 + y1) / 2 for label, _, (_, y0, _, y1) in plane_boxes(turned)}
    assert heights["L1/L2"] > heights["L5/S1"]


def test_a_picture_gets_a_report_without_lengths() -> None:
    phantom = Phantom(pixel_mm=(0.4, 0.4), shape=(700, 350))
    pixels = np.rint((phantom.pixels() + grain(phantom.shape)) / 412 * 255).astype(np.uint8)[None]
    volume = Volume(pixels, Geometry(pixels.shape), source=Source("picture"))
    texts = words(subject_of(volume, run(volume, RunOptions(), load=load)))
    assert "– / – / –" not in texts["table"]
    assert "DHI" in texts["table"]
    assert not {"–", "Bulge mm", "Canal mm", "Height a/m/p mm"} & set(texts["table"])
    assert "L4/L5" in texts["boxes"]


def test_an_empty_result_is_drawn_and_says_so(subject: Subject) -> None:
    result = subject.result
    empty = Result(
        result.task, result.source, result.geometry, (), np.zeros_like(result.segmentation), result.labels, (),
        "No lumbar disc found.", result.provenance,
    )  # fmt: skip
    texts = words(subject_of(subject.original, empty))
    assert texts["table"] == ["No findings."]
    assert "attention" not in texts


def test_a_flag_of_all_discs_is_told_once_and_a_flag_of_one_names_it(subject: Subject) -> None:
    lines = " ".join(note_lines(subject.result.findings))
    assert lines == f"L5/S1: {ONE_ENDPLATE}"
