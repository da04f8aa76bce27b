"""The page tells everything, needs nothing, and trusts no text."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import product

import pytest
from orthoai.finding import Finding, Measurement, Place
from orthoai_report.html import report_page
from orthoai_report.page_words import PageWords
from orthoai_report.palette import Palette, display_name
from orthoai_report.places import Places
from orthoai_report.wording import measurement_name, measurement_text, percent, unbroken

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


def contrast(one: str, other: str) -> float:
    """Of two colors such as "#ffffff", as WCAG 2 computes it."""

    def luminance(color: str) -> float:
        shares = (int(color[n : n + 2], 16) / 255 for n in (1, 3, 5))
        linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.fixture
def page_of():
    return lambda result: report_page(result, Palette.of(result), PNG)


def test_the_page_has_every_finding_box_timing_and_origin(legs, make_result, page_of):
    text = Outline(page_of(make_result(*legs))).text
    for words in (
        "Segment Femur", "Both femora found.", "Left femur", "Right femur", "97 %", "2 %", "Volume: 312 mL",
        "Length: 431 mm", "L 95, A 12, S 430 mm", "axial slice 17", "truncated at the field of view", "91 %", "20.00 s",
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
    assert measurement_text(Measurement(0.5, "1")) == "0.50"
    assert measurement_text(Measurement(23.0, "mm")) == "23.0 mm"
    assert measurement_text(Measurement(-0.38, "mm")) == "−0.4 mm"
    assert measurement_text(Measurement(-0.02, "mm")) == "0.0 mm"
    assert measurement_text(Measurement(89.1, "mm"), "length_mm") == "89 mm"
    assert measurement_text(Measurement(0.106, "1"), "height_loss") == "11 %"
    assert measurement_text(Measurement(0.2496, "1"), "height_loss") == "24.96 %"  # A grade 1 stands beside it.
    assert measurement_text(Measurement(0.0005, "1"), "herniation_probability") == "< 1 %"
    assert measurement_text(Measurement(4.0, "1"), "pfirrmann_grade") == "4"
    genant = [measurement_text(Measurement(float(n), "1"), "genant_grade") for n in range(4)]
    assert genant == ["0 (normal)", "1 (mild)", "2 (moderate)", "3 (severe)"]
    assert measurement_name("posterior_ratio", Measurement(1.0, "1")) == "Posterior / expected"
    assert measurement_name("volume_ml", Measurement(1.0, "mL")) == "Volume"
    assert measurement_name("ml", Measurement(1.0, "mL")) == "Ml"
    assert percent(0.9999) == "> 99 %"
    assert percent(1.0) == "100 %"
    assert (percent(0.0), percent(0.001), percent(-0.001), percent(-0.03)) == ("0 %", "< 1 %", "0 %", "−3 %")
    assert Places().position((-1.0, 2.0, -3.4)) == "R 1, P 2, I 3 mm"


def test_a_number_stays_in_the_row_of_its_unit():
    told = unbroken("5 of 9 vertebrae; slices of 5 mm; wedge > 99 % and < 1 %.")
    assert told.split(" ") == [
        "5", "of", "9", "vertebrae;", "slices", "of", "5\N{NO-BREAK SPACE}mm;", "wedge",
        ">\N{NO-BREAK SPACE}99\N{NO-BREAK SPACE}%", "and", "<\N{NO-BREAK SPACE}1\N{NO-BREAK SPACE}%.",
    ]  # fmt: skip


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
    assert "Vertebra 3 21.5 mm Vertebra 2 20.5 mm Vertebra 1 not measured" in text


def test_a_page_of_levels_goes_from_the_head_downward_and_says_what_labels_and_numbers_mean(legs, make_result):
    wedge = {"height_loss": Measurement(0.254, "1"), "genant_grade": Measurement(2.0, "1")}
    places = [Place((0.0, 0.0, 40.0 * n), n) for n in range(3)]
    findings = (
        Finding("vertebra_1", "normal", 0.9, 0.1, {}, places[0]),
        Finding("vertebra_2", "wedge", 0.999, 0.2, wedge, places[1], ("genant_wedge", "look_again", "level_not_named")),
        Finding("vertebra_3", "unclear", 0.08, None, {}, places[2], ("look_again",)),
    )
    result = make_result(*legs, findings=findings)
    words = PageWords(has_levels=True, labels={"normal": "no bulge"}, levels="Counted.", not_assessed="Ribs.")
    page = report_page(result, Palette.of(result), PNG, words)
    text = Outline(page).text
    table = text[text.index("To be reviewed") : text.index("Not assessed")]
    assert table.index("Vertebra 3") < table.index("Vertebra 2") < table.index("Vertebra 1")
    assert "Vertebra 3 Unclear fracture 8 %" in table
    assert "Wedge Genant 2 (moderate) wedge > 99 % 20 % Height loss: 25 %" in table
    assert "No bulge 90 %" in table and "Normal" not in table
    assert table.count("look again") == 2 and "level not named" not in table and "genant" not in table
    assert '<span class="line">axial slice 1</span>' in page  # on a phone a place was a word a line
    assert "Findings Counted." in text and "Not assessed Ribs." in text


def test_a_column_without_content_is_left_out(legs, make_result, page_of):
    findings = (Finding("femur_left", "present", 0.9, measurements={"length_mm": Measurement(431.0, "mm")}),)
    text = Outline(page_of(make_result(*legs, findings=findings))).text
    assert "Structure Finding Probability Measurements Left femur" in text


def test_a_box_of_a_class_says_of_which_structure_it_is(legs, make_result, page_of):
    volume, labels = legs
    boxes = make_result(volume, labels).boxes
    named = tuple(replace(box, label="wedge", score=0.998) for box in boxes)
    centers = [tuple((low + high) / 2 for low, high in zip(box.lps_min, box.lps_max, strict=True)) for box in boxes]
    findings = tuple(
        Finding(f"vertebra_{n}", "wedge", 0.9, place=Place(center)) for n, center in enumerate(reversed(centers), 1)
    )
    text = Outline(page_of(make_result(volume, labels, boxes=named, findings=findings))).text
    told = text[text.index("Boxes in the patient") :]
    assert 0 < told.index("Wedge, Vertebra 2 > 99 %") < told.index("Wedge, Vertebra 1 > 99 %")


def test_stages_keep_the_order_of_their_words(legs, make_result, page_of):
    text = Outline(page_of(make_result(*legs, timings_s={"Segment left": 1.5, "detect": 2.0}))).text
    assert "Segment left 1.50 s" in text and "Detect 2.00 s" in text


def test_the_page_follows_a_dark_screen_and_prints_bright(legs, make_result, page_of):
    light, dark = re.findall(r":root {(.*?)}", page_of(make_result(*legs)), re.DOTALL)
    assert "@media screen and (prefers-color-scheme: dark)" in page_of(make_result(*legs))
    assert "color-scheme: light;" in light and "color-scheme: dark;" in dark
    for colors in (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", scheme)) for scheme in (light, dark)):
        for words, ground in product(("text", "quiet"), ("page", "card")):
            assert contrast(colors[words], colors[ground]) >= 4.5, (words, ground)
        assert contrast(colors["text"], colors["note"]) >= 4.5
