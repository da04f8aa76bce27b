"""Every word of a spine report has room and reads well, with long names, with many findings and with none."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from orthoai.finding import Finding, Measurement, Place
from orthoai.result import Extra, Result
from orthoai.volume import Volume
from orthoai_report import theme
from orthoai_report.overview import CAPTION
from orthoai_report.panels import draw_box_beside
from orthoai_report.profiles import label_profiles
from orthoai_report.spine import write_report
from orthoai_report.spine_page import draw_spine_page
from orthoai_report.subject import Subject
from orthoai_report.table_panel import note_lines
from orthoai_report.wording import message_text
from spine_report_fakes import BROKEN, NAMES, broken, finding, result, spine

NOTES = ("look_again", "network_and_measurement_disagree", "level_not_named")

SLACK_PX = 1.0
"""Letters' boxes are a little larger than the letters."""


def renamed(made: Result, names: list[str], **changes: object) -> Result:
    """``made`` with its findings named ``names``, as runs name them that know no level."""
    findings = tuple(
        replace(each, structure=name, uncertainty=0.46, flags=("genant_biconcave", *NOTES[n % 3 :]), **changes)
        for n, (each, name) in enumerate(zip(made.findings, names, strict=True))
    )
    told = ", ".join(f"{each.structure} {each.label}" for each in findings)
    return replace(made, findings=findings, message=f"{len(findings)} of 17 vertebrae fractured: {told}.")


def one() -> tuple[Volume, Result]:
    volume, labels = spine({"T12": "biconcave"})
    return volume, renamed(result(labels, (finding("T12", "biconcave"),)), ["vertebra_4"], probability=0.31)


def six() -> tuple[Volume, Result]:
    kinds = dict(zip(NAMES, ("wedge", "crush", "biconcave") * 2, strict=True))
    volume, labels = spine(kinds)
    made = result(labels, tuple(finding(name, kind) for name, kind in kinds.items()))
    return volume, renamed(made, [f"vertebra_{n}" for n in range(101, 107)], probability=0.999)


def many() -> tuple[Volume, Result]:
    volume, made = six()
    first = made.findings[0]
    more = tuple(replace(first, structure=f"vertebra_{n}", flags=(f"note_{n}",), place=None) for n in range(20, 45))
    return volume, replace(made, findings=(*made.findings, *more))


def very_long() -> tuple[Volume, Result]:
    volume, made = broken()
    return volume, renamed(made, [f"the_{n}_vertebra_with_a_name_of_its_own_$x" for n in range(len(BROKEN))])


def none() -> tuple[Volume, Result]:
    volume, labels = spine({})
    return volume, result(labels, ())


def fracture() -> tuple[Volume, Result]:
    """As the task of fractures finds them: one label, and no heights."""
    volume, made = broken()
    measured = {"volume": Measurement(23.44, "cm3")}
    return volume, replace(
        made,
        task="fracture",
        labels={1: "fracture"},
        segmentation=(made.segmentation > 0).astype(np.uint8),
        boxes=tuple(replace(box, label="fracture") for box in made.boxes),
        findings=tuple(
            Finding(f"fracture_{n}", "fracture", 0.8, 0.1, measured, each.place, ("level_not_named",))
            for n, each in enumerate(made.findings, start=1)
        ),
    )


def drawn(volume: Volume, made: Result) -> Figure:
    figure = draw_spine_page(Subject(volume, made, label_profiles(made)))
    for text in figure.findobj(Text):
        text.set_parse_math(False)
    figure.canvas.draw()
    return figure


def panel(figure: Figure, label: str) -> Axes:
    return next(axes for axes in figure.axes if axes.get_label() == label)


def texts_of(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def places(texts: list[Text]) -> list[tuple[str, Bbox]]:
    return [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text()]


@pytest.mark.parametrize("case", [broken, one, six, many, very_long, none, fracture])
def test_words_stay_in_their_panel_and_over_no_other_words(case) -> None:
    figure = drawn(*case())
    groups = [(axes.get_window_extent(), places(axes.texts)) for axes in figure.axes]
    page = Bbox.from_extents(0, 0, theme.WIDTH_PX, theme.HEIGHT_PX)
    for area, words in [*groups, (page, places(figure.texts))]:
        for text, place in words:
            assert place.x0 >= area.x0 - SLACK_PX and place.x1 <= area.x1 + SLACK_PX, text
            assert place.y0 >= area.y0 - SLACK_PX and place.y1 <= area.y1 + CAPTION + SLACK_PX, text
        for (text, place), (other, beside) in combinations(words, 2):
            across = min(place.x1, beside.x1) - max(place.x0, beside.x0)
            up = min(place.y1, beside.y1) - max(place.y0, beside.y0)
            assert across < SLACK_PX or up < 3, (text, other)


def test_a_name_without_room_at_the_right_of_its_box_stands_at_the_left() -> None:
    volume, made = one()
    (each,), (box,) = made.findings, made.boxes
    (x, y, z), low, high = each.place.lps, box.index_min, box.index_max
    # The same further back, where the panel's edge is behind it.
    moved = replace(
        made,
        findings=(replace(each, place=Place((x, y + 30, z))),),
        segmentation=np.ascontiguousarray(np.roll(made.segmentation, 30, 1)),
        boxes=(replace(box, index_min=(low[0], low[1] + 30, low[2]), index_max=(high[0], high[1] + 30, high[2])),),
    )
    sagittal = panel(drawn(volume, moved), "sagittal")
    (name,) = [text for text in sagittal.texts if text.get_text().startswith("Vertebra 4")]
    assert name.get_horizontalalignment() == "right"
    sagittal = panel(drawn(*broken()), "sagittal")
    assert {text.get_horizontalalignment() for text in sagittal.texts if "92 %" in text.get_text()} == {"left"}


def test_a_name_beside_a_box_is_broken_before_it_is_cut_and_a_number_keeps_its_unit() -> None:
    figure = Figure(figsize=(theme.WIDTH_PX / theme.DPI, theme.HEIGHT_PX / theme.DPI), dpi=theme.DPI)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.1, 0.1, 260 / theme.WIDTH_PX, 0.5))
    axes.set_xlim(0, 260)
    draw_box_beside(axes, ("Vertebra 4", "biconcave > 99 %"), (85, 0.2, 145, 0.6), (1.0, 1.0, 1.0))
    (name,) = axes.texts
    assert [" ".join(row.split()) for row in name.get_text().split("\n")] == ["Vertebra 4", "biconcave", "> 99 %"]


def test_names_are_words_and_notes_say_which() -> None:
    figure = drawn(*one())
    assert not any("_" in text.get_text() for axes in figure.axes for text in axes.texts)
    assert "1 of 17 vertebrae fractured: Vertebra 4 biconcave." in [text.get_text() for text in figure.texts]
    assert {"Vertebra 4 biconcave 31 %", "Genant 3"} <= set(texts_of(panel(figure, "vertebra_4")))
    table = texts_of(panel(figure, "table"))
    assert {"Vertebra 4", "Vertebra 4: look again"} <= set(table)
    assert "Vertebrae are numbered, not named: 1 is the lowest one that was found" in " ".join(table)
    assert not any("level not named" in text for text in table)


def test_a_note_about_all_of_several_says_so_and_one_about_some_names_them() -> None:
    _, made = six()
    lines = note_lines(made.findings, characters=200)
    assert "Vertebra 101, Vertebra 104: look again" in lines
    same = tuple(replace(each, flags=("cut_by_field_of_view",)) for each in made.findings)
    assert note_lines(same, characters=200) == ["All: cut by field of view"]
    assert note_lines(same[:1]) == ["Vertebra 101: cut by field of view"]


@pytest.mark.parametrize("kind", ["fracture", "suspicion"])
def test_a_number_that_counts_what_is_reported_is_not_said_to_count_vertebrae(kind: str, tmp_path: Path) -> None:
    volume, made = fracture()
    findings = tuple(
        replace(each, structure=f"{kind}_{n}", label="fracture" if kind == "fracture" else "unclear")
        for n, each in enumerate(made.findings, start=1)
    )
    write_report(volume, replace(made, findings=findings), tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Findings are numbered, not named" in page and "from the lowest one that is reported" in page
    assert "lowest one that was found" not in page and "level not named" not in page
    assert note_lines(findings) == []


def test_a_table_without_room_counts_what_it_leaves_out() -> None:
    _, made = many()
    table = texts_of(panel(drawn(*many()), "table"))
    rows = sum(text.startswith("Vertebra") and ":" not in text for text in table)
    assert f"and {len(made.findings) - rows} more findings in report.html" in table
    assert any("more notes in report.html" in text for text in table)


def test_names_in_the_message_are_told_apart() -> None:
    _, made = none()
    extra = Extra("vertebrae", made.segmentation, {1: "vertebra_1", 2: "vertebra_12", 3: "L1"})
    told = message_text(replace(made, extras=(extra,), message="L1, vertebra_12, L1, vertebra_1; vertebra_13."))
    assert told == "L1, Vertebra 12, L1, Vertebra 1; vertebra_13."


def test_in_a_list_the_message_says_what_is_numbered_once() -> None:
    _, made = none()
    names = {n: f"vertebra_{n}" for n in range(1, 12)} | {12: "suspicion_1"}
    told = message_text(
        replace(
            made,
            extras=(Extra("vertebrae", made.segmentation, names),),
            message="3 of 9 vertebrae fractured: vertebra_1 wedge, vertebra_10 crush, vertebra_11 wedge. Look again at "
            "suspicion_1, vertebra_2, vertebra_3: why, vertebra_4.",
        )
    )
    assert told == (
        "3 of 9 vertebrae fractured: Vertebra 1 wedge, 10 crush, 11 wedge. Look again at Suspicion 1, Vertebra 2, 3: "
        "why, Vertebra 4."
    )


def test_a_fracture_is_not_named_twice_and_has_its_volume() -> None:
    figure = drawn(*fracture())
    assert texts_of(panel(figure, "fracture_1"))[0] == "Fracture 1 80 %"
    assert {"Volume cm³", "23.4"} <= set(texts_of(panel(figure, "table")))


@pytest.mark.parametrize(
    ("case", "said", "unsaid"),
    [
        (
            one,
            ("each finding in a sagittal slice", "their heights", "Heights and grades", "Vertebra 4"),
            ("vertebra_4",),
        ),
        (many, ("the upper 6 findings, each in",), ()),
        (fracture, ("each finding in a sagittal slice", "Volume", "23.4 cm³"), ("heights", "grades")),
        (none, ("where the network looked.", "No findings."), ("heights", "each finding", "a table of")),
    ],
)
def test_the_page_tells_of_what_there_is(case, said, unsaid, tmp_path: Path) -> None:
    write_report(*case(), tmp_path)
    page = " ".join((tmp_path / "report.html").read_text(encoding="utf-8").split())
    for words in (*said, "calibrated on simulated data only, if at all", "it is not the chance of being wrong."):
        assert words in page, words
    for words in unsaid:
        assert words not in page, words
