"""The page tells everything, needs nothing, and trusts no text."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from orthoai.finding import Finding, Measurement
from orthoai_report.html import report_page
from orthoai_report.page_words import PageWords
from orthoai_report.palette import Palette, display_name
from orthoai_report.places import Places
from orthoai_report.wording import measurement_name, measurement_text, percent

PNG = b"\x89PNG\r\n\x1a\nnot really"
VOID = {"meta", "img", "br"}


class Outline(HTMLParser):
    """Text and tags of a page; fails on tags that do not close in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def page_of():
    return lambda result: report_page(result, Palette.of(result), PNG)


def test_the_page_has_every_finding_box_timing_and_origin(legs, make_result, page_of):
    text = Outline(page_of(make_result(*legs))).text
    for words in (
        "Segment Femur", "Both femora found.", "Left femur", "Right femur", "97 %", "2 %", "Volume: 312 mL",
        "Length: 431 mm", "L 95, A 12, S 430 mm", "slice 17", "truncated at the field of view", "0.91", "20.00 s",
        "ab" * 32, "12" * 32, "femur_two_stage", "numpy", "2.2", "50 × 30 × 60", "4 × 4 × 5 mm", "Research use only",
        "simulated data",
    ):  # fmt: skip
        assert words in text, words


def test_everything_from_a_result_is_escaped(legs, make_result, page_of):
    evil = '<script>alert("x")</script>&'
    finding = Finding(evil, evil, 0.5, None, {evil: Measurement(1.0, evil)}, None, (evil,))
    good = make_result(*legs)
    provenance = good.provenance.__class__(evil, evil, {evil: evil}, evil, evil, {evil: evil}, evil)
    result = make_result(
        *legs,
        message=evil,
        task=evil,
        findings=(finding,),
        timings_s={evil: 1.0},
        provenance=provenance,
        labels={1: evil},
    )
    page = page_of(result)
    assert "script" not in {tag for tag, _ in Outline(page).tags}
    assert page.lower().count("<script") == 0
    assert "&lt;script&gt;" in page


def test_the_page_asks_for_nothing_from_outside(legs, make_result, page_of):
    page = page_of(make_result(*legs))
    assert not re.search(r"(https?:)?//[a-z]", page.replace(base64.b64encode(PNG).decode(), ""), re.IGNORECASE)
    assert "url(" not in page
    for tag, attributes in Outline(page).tags:
        assert tag not in {"script", "link", "iframe", "object", "embed"}
        assert not {"href", "srcset", "background"} & attributes.keys()
        if "src" in attributes:
            assert attributes["src"] == "data:image/png;base64," + base64.b64encode(PNG).decode()


def test_the_page_can_be_read_without_seeing_it(legs, make_result, page_of):
    outline = Outline(page_of(make_result(*legs)))
    tags = dict(reversed(outline.tags))
    assert tags["html"]["lang"] == "en"
    assert "Both femora found." in tags["img"]["alt"]
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in outline.tags if tag == "th")
    assert sum(tag == "caption" for tag, _ in outline.tags) == sum(tag == "table" for tag, _ in outline.tags) == 3


def test_colors_of_the_legend_are_the_tasks(legs, make_result, page_of):
    page = page_of(make_result(*legs))
    assert 'style="background:#e69f00"></span>Left femur' in page
    assert 'style="background:#56b4e9"></span>Right femur' in page


def test_an_empty_result_makes_a_page(legs, make_result, page_of):
    volume, labels = legs
    text = Outline(page_of(make_result(volume, labels * 0, "No femur found.", timings_s={}))).text
    for words in ("No femur found.", "No findings.", "No boxes.", "Not measured."):
        assert words in text


def test_the_page_names_no_patient(legs, make_result, page_of):
    page = page_of(make_result(*legs))
    assert "1.2.3.4.5" not in page
    assert "SECRET" not in page


def test_names_and_numbers_read_well():
    assert display_name("femur_left") == "Left femur"
    assert display_name("L1") == "L1"
    assert display_name("left") == "Left"
    assert measurement_text(Measurement(312.44, "cm3")) == "312 cm³"
    assert measurement_text(Measurement(12.345, "deg")) == "12.3°"
    assert measurement_text(Measurement(0.5, "1")) == "0.5"
    assert measurement_name("volume_ml", Measurement(1.0, "mL")) == "Volume"
    assert measurement_name("ml", Measurement(1.0, "mL")) == "Ml"
    assert percent(0.9999) == "> 99 %"
    assert percent(1.0) == "100 %"
    assert Places().position((-1.0, 2.0, -3.4)) == "R 1, P 2, I 3 mm"


def test_a_picture_has_places_in_pixels_and_neither_sides_nor_millimeters(legs, make_result, page_of):
    result = make_result(*legs)
    assert result.boxes and "Boxes in the patient" in page_of(result)
    flat = replace(result, source=replace(result.source, kind="picture"))
    page = page_of(flat)
    boxes = page[page.index("Boxes in the picture") :]
    x, y, _ = result.boxes[0].lps_min
    assert f"column {x:.0f}, row {y:.0f}" in boxes and "pixels" in boxes
    assert not any(words in page for words in ("Axes grow toward", "Spacing", "in the patient"))


def test_a_task_may_add_a_note_and_give_measurements_a_table_of_their_own(legs, make_result):
    result = make_result(*legs)
    words = PageWords("Bones.", "Simulated <only>.", "Calibrated.", has_measurement_table=True)
    page = report_page(result, Palette.of(result), PNG, words)
    text = Outline(page).text
    assert "Simulated <only>." in text and "&lt;only&gt;" in page
    assert "Calibrated." in text and "are not calibrated" not in text
    assert text.count("Measurements") == 2  # the heading and the table's caption; no column of the findings
    assert "312 mL 431 mm" in text and "Volume: 312 mL" not in text
    bare = make_result(*legs, findings=(Finding("femur_left", "present", 0.9),))
    assert "Measurements</h2>" not in report_page(bare, Palette.of(bare), PNG, words)


def test_structures_without_a_finding_are_in_a_table_from_the_upper_to_the_lower(legs, make_result):
    height = {"anterior_height": Measurement(20.5, "mm")}
    structures = {"vertebra_1": {}, "vertebra_2": height, "vertebra_3": {"anterior_height": Measurement(21.5, "mm")}}
    result = replace(make_result(*legs, findings=()), structures=structures)
    text = Outline(report_page(result, Palette.of(result), PNG)).text
    assert "All structures" in text
    assert "Vertebra 3 21.5 mm Vertebra 2 20.5 mm Vertebra 1" in text
