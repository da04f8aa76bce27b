"""report.html: one self-contained page that prints well and needs no network.

Everything that comes from a result goes through :func:`html.escape`; the page's own text is in :mod:`.page`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from math import dist, inf

from orthoai.box import Box
from orthoai.finding import Finding, Measurement
from orthoai.result import Result

from orthoai_report.page import PAGE
from orthoai_report.page_words import PageWords
from orthoai_report.palette import Palette, display_name
from orthoai_report.places import Places
from orthoai_report.wording import (
    flag_text,
    is_to_review,
    label_text,
    measured_grade,
    measurement_name,
    measurement_text,
    message_text,
    percent,
    probability_text,
    unbroken,
)

Measured = Sequence[tuple[str, dict[str, Measurement]]]
"""Structures, and what was measured in each."""

MISSING = "–"
"""In the cell of what was not measured."""

KINDS = {"nifti": "NIfTI", "nrrd": "NRRD", "mha": "MHA", "dicom": "DICOM"}
"""Kinds of input whose names are no words."""


def report_page(result: Result, palette: Palette, picture_png: bytes, words: PageWords | None = None) -> str:
    """The page as text.

    Args:
        result: what is told; its UIDs are left to result.json.
        palette: names and colors.
        picture_png: content of overview.png, embedded so that the page can be passed on alone.
        words: of the task.
    """
    words, places = words or PageWords(), Places.of(result)
    findings = result.findings[::-1] if words.has_levels else result.findings
    return PAGE.substitute(
        title=escape(palette.title),
        message=escape(unbroken(message_text(result))),
        picture=base64.b64encode(picture_png).decode("ascii"),
        picture_text=escape(_picture_text(result, palette, words.shown)),
        note=_sentence(words.note, "note"),
        legend=_legend(result, palette),
        findings=_findings(findings, palette, places, words),
        measurements=_measured(result, findings, palette, words),
        not_assessed=_section("Not assessed", _sentence(words.not_assessed)),
        boxes=_boxes(result.boxes[::-1] if words.has_levels else result.boxes, findings, palette, places),
        input=_definitions(_input(result)),
        timings=_timings(result.timings_s),
        provenance=_definitions(_provenance(result)),
        created=escape(result.provenance.created.replace("T", " ").replace("Z", " UTC")),
        probabilities=escape(words.probabilities),
    )


# Sections


def _legend(result: Result, palette: Palette) -> str:
    rows = [
        f'<li><span class="swatch" style="background:{palette.hex(name)}"></span>{escape(display_name(name))}'
        f' <span class="quiet">value {value} in the mask</span></li>'
        for value, name in sorted(result.labels.items())
    ]
    return f'<ul class="legend">{"".join(rows)}</ul>' if rows else "<p>This task marks no voxels.</p>"


def _findings(findings: Sequence[Finding], palette: Palette, places: Places, words: PageWords) -> str:
    levels = _sentence(words.levels)
    if not findings:
        return f"<p>No findings.</p>{levels}"
    head = ["Structure", "Finding", "Probability", "Uncertainty", "Measurements", "Place", "To be reviewed"]
    rows = [_finding_cells(finding, palette, places, words) for finding in findings]
    kept = [n for n in range(len(head)) if any(row[n] for row in rows)]
    return levels + _table("Findings", [head[n] for n in kept], [[row[n] for n in kept] for row in rows])


def _measured(result: Result, findings: Sequence[Finding], palette: Palette, words: PageWords) -> str:
    """The tables of what was measured in the findings and, from the head downward, in every structure seen."""
    told: list[tuple[str, Measured]] = []
    if words.has_measurement_table:
        told.append(("Findings", [(finding.structure, finding.measurements) for finding in findings]))
    told.append(("All structures", [(name, result.structures[name]) for name in reversed(result.structures)]))
    tables = [(caption, _measurements(caption, measured, palette)) for caption, measured in told]
    shown = [f"<h3>{caption}</h3>{table}" for caption, table in tables if table]
    return _section("Measurements", "".join([*shown, _sentence(words.reading, "quiet")]) if shown else "")


def _measurements(caption: str, measured: Measured, palette: Palette) -> str:
    """A row for each structure and a column for each measurement; empty where there are none."""
    names = {name: item for _, found in measured for name, item in found.items()}
    if not names:
        return ""
    rows = []
    for structure, found in measured:
        cells = [escape(measurement_text(found[name], name)) if name in found else MISSING for name in names]
        rows.append([_named(structure, palette), *(cells if found else ["not measured", *cells[1:]])])
    head = ["Structure", *(measurement_name(name, item) for name, item in names.items())]
    return _table(f"Measurements: {caption.lower()}", head, rows, "numbers")


def _finding_cells(finding: Finding, palette: Palette, places: Places, words: PageWords) -> list[str]:
    measurements = "<br>".join(
        f"{escape(measurement_name(name, measurement))}: {escape(measurement_text(measurement, name))}"
        for name, measurement in finding.measurements.items()
        if not words.has_measurement_table
    )
    label = label_text(finding, words.labels)
    return [
        _named(finding.structure, palette),
        "<br>".join(escape(told) for told in (label[:1].upper() + label[1:], measured_grade(finding)) if told),
        escape(probability_text(finding)),
        "" if finding.uncertainty is None else escape(percent(finding.uncertainty)),
        measurements,
        "<br>".join(f'<span class="line">{escape(line)}</span>' for line in places.place(finding.place))
        if finding.place
        else "",
        "<br>".join(escape(flag_text(flag)) for flag in finding.flags if is_to_review(flag)),
    ]


def _boxes(boxes: Sequence[Box], findings: Sequence[Finding], palette: Palette, places: Places) -> str:
    if not boxes:
        return "<p>No boxes.</p>"
    rows = [
        [
            _box_name(box, findings, palette),
            escape(percent(box.score)),
            places.position(box.lps_min),
            places.position(box.lps_max),
            places.size(box),
        ]
        for box in boxes
    ]
    return _table(places.boxes, ("Structure", "Score", "From", "To", "Size"), rows)


def _box_name(box: Box, findings: Sequence[Finding], palette: Palette) -> str:
    """Its label; where that is a class, with the structure of the finding of that class that lies nearest."""
    center = [(low + high) / 2 for low, high in zip(box.lps_min, box.lps_max, strict=True)]
    own = [finding for finding in findings if finding.place and finding.label == box.label]
    if not own:
        return _named(box.label, palette)
    nearest = min(own, key=lambda finding: dist(finding.place.lps, center) if finding.place else inf)
    return f"{_named(box.label, palette)}, {escape(display_name(nearest.structure))}"


def _timings(timings_s: dict[str, float]) -> str:
    if not timings_s:
        return "<p>Not measured.</p>"
    rows = [[escape(stage[:1].upper() + stage[1:]), f"{seconds:.2f} s"] for stage, seconds in timings_s.items()]
    return _table("Seconds by stage", ("Stage", "Time"), rows)


def _input(result: Result) -> list[tuple[str, str]]:
    geometry = result.geometry
    facts = [
        ("Kind", KINDS.get(result.source.kind, result.source.kind)),
        ("Size", " × ".join(str(n) for n in geometry.size)),
    ]
    if Places.of(result).in_patient:
        facts += [
            ("Spacing", " × ".join(f"{mm:.4g}" for mm in geometry.spacing) + " mm"),
            ("Axes grow toward", " ".join(geometry.axis_codes)),
        ]
    return [*facts, ("SHA-256", result.source.sha256)] if result.source.sha256 else facts


def _provenance(result: Result) -> list[tuple[str, str]]:
    made = result.provenance
    facts = [
        ("OrthoAI", made.orthoai_version),
        ("Model", made.model_name or "none"),
        *((f"SHA-256 of {name}", digest) for name, digest in made.model_sha256.items()),
        ("Device", f"{made.device}, {made.precision}"),
        *((name, version) for name, version in made.libraries.items()),
        ("Made", made.created),
    ]
    return [(name, value) for name, value in facts if value]


# Parts


def _section(title: str, content: str) -> str:
    return f"<section><h2>{title}</h2>{content}</section>" if content else ""


def _sentence(words: str, kind: str = "") -> str:
    return f"<p{_class(kind)}>{escape(unbroken(words))}</p>" if words else ""


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _named(name: str, palette: Palette) -> str:
    """A structure with its color; the color repeats what the name says, so no one needs to see it."""
    swatch = f'<span class="swatch" style="background:{palette.hex(name)}"></span>' if name in palette.colors else ""
    return swatch + escape(display_name(name))


def _picture_text(result: Result, palette: Palette, shown: str) -> str:
    if shown:
        return f"{palette.title}: {message_text(result)} {shown}"
    structures = ", ".join(display_name(name) for name in result.labels.values())
    return (
        f"{palette.title}: {message_text(result)} Projections with {len(result.boxes)} boxes, slices with masks "
        f"({structures}), and 3D surfaces. The patient's left is on the right."
    )


def _table(caption: str, head: Iterable[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """Cells are HTML already; the first of a row is its header. ``kind`` is a class of the page's style."""
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td>{cell}</td>" for cell in row[1:]) + "</tr>" for row in rows
    )
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}"><table{_class(kind)}>'
        f"<caption>{escape(caption)}</caption><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _definitions(facts: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    return f"<dl>{rows}</dl>"
