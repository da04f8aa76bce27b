"""report.html: one self-contained page that prints well and needs no network.

Everything that comes from a result goes through :func:`html.escape`; the page's own text is in :mod:`.page`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape

from orthoai.box import Box
from orthoai.finding import Finding, Measurement
from orthoai.result import Result

from orthoai_report.page import PAGE
from orthoai_report.page_words import PageWords
from orthoai_report.palette import Palette, display_name
from orthoai_report.places import Places
from orthoai_report.wording import flag_text, measurement_name, measurement_text, message_text, percent

Measured = Sequence[tuple[str, dict[str, Measurement]]]
"""Structures, and what was measured in each."""


def report_page(result: Result, palette: Palette, picture_png: bytes, words: PageWords | None = None) -> str:
    """The page as text.

    Args:
        result: what is told; its UIDs are left to result.json.
        palette: names and colors.
        picture_png: content of overview.png, embedded so that the page can be passed on alone.
        words: of the task.
    """
    words, places = words or PageWords(), Places.of(result)
    told = [(finding.structure, finding.measurements) for finding in result.findings]
    tables = [_measurements("Measurements", told, palette)] if words.has_measurement_table else []
    tables.append(_measurements("All structures", _downward(result), palette))
    table = "".join(tables)
    return PAGE.substitute(
        title=escape(palette.title),
        message=escape(message_text(result)),
        picture=base64.b64encode(picture_png).decode("ascii"),
        picture_text=escape(_picture_text(result, palette, words.shown)),
        note=f'<p class="note">{escape(words.note)}</p>' if words.note else "",
        legend=_legend(result, palette),
        findings=_findings(result.findings, palette, places, not words.has_measurement_table),
        measurements=f"<section><h2>Measurements</h2>{table}</section>" if table else "",
        boxes=_boxes(result.boxes, palette, places),
        input=_definitions(_input(result)),
        timings=_timings(result.timings_s),
        provenance=_definitions(_provenance(result)),
        created=escape(result.provenance.created),
        probabilities=escape(words.probabilities),
    )


# Sections


def _legend(result: Result, palette: Palette) -> str:
    rows = [
        f'<li><span class="swatch" style="background:{palette.hex(name)}"></span>{escape(display_name(name))}'
        f' <span class="quiet">value {value}</span></li>'
        for value, name in sorted(result.labels.items())
    ]
    return f'<ul class="legend">{"".join(rows)}</ul>' if rows else "<p>This task marks no voxels.</p>"


def _findings(findings: Sequence[Finding], palette: Palette, places: Places, has_measurements: bool) -> str:
    if not findings:
        return "<p>No findings.</p>"
    head = ["Structure", "Finding", "Probability", "Uncertainty", "Measurements", "Place", "To be reviewed"]
    rows = [_finding_cells(finding, palette, places) for finding in findings]
    if not has_measurements:
        at = head.index("Measurements")
        head, rows = head[:at] + head[at + 1 :], [row[:at] + row[at + 1 :] for row in rows]
    return _table("Findings", head, rows)


def _downward(result: Result) -> Measured:
    """Every structure seen; a task names them from the lowest upward."""
    return [(name, result.structures[name]) for name in reversed(result.structures)]


def _measurements(caption: str, measured: Measured, palette: Palette) -> str:
    """A row for each structure and a column for each measurement; empty where there are none."""
    names = {name: item for _, found in measured for name, item in found.items()}
    if not names:
        return ""
    rows = []
    for structure, found in measured:
        cells = [found.get(name) for name in names]
        rows.append([_named(structure, palette), *("" if c is None else escape(measurement_text(c)) for c in cells)])
    head = ["Structure", *(measurement_name(name, item) for name, item in names.items())]
    return _table(caption, head, rows)


def _finding_cells(finding: Finding, palette: Palette, places: Places) -> list[str]:
    measurements = "<br>".join(
        f"{escape(measurement_name(name, measurement))}: {escape(measurement_text(measurement))}"
        for name, measurement in finding.measurements.items()
    )
    return [
        _named(finding.structure, palette),
        escape(display_name(finding.label)),
        escape(percent(finding.probability)),
        "" if finding.uncertainty is None else escape(percent(finding.uncertainty)),
        measurements,
        "<br>".join(map(escape, places.place(finding.place))) if finding.place else "",
        "<br>".join(escape(flag_text(flag, finding.structure)) for flag in finding.flags),
    ]


def _boxes(boxes: Sequence[Box], palette: Palette, places: Places) -> str:
    if not boxes:
        return "<p>No boxes.</p>"
    rows = [
        [
            _named(box.label, palette),
            f"{box.score:.2f}",
            places.position(box.lps_min),
            places.position(box.lps_max),
            places.size(box),
        ]
        for box in boxes
    ]
    return _table(places.boxes, ("Structure", "Score", "From", "To", "Size"), rows)


def _timings(timings_s: dict[str, float]) -> str:
    if not timings_s:
        return "<p>Not measured.</p>"
    rows = [[escape(display_name(stage)), f"{seconds:.2f} s"] for stage, seconds in timings_s.items()]
    return _table("Seconds by stage", ("Stage", "Time"), rows)


def _input(result: Result) -> list[tuple[str, str]]:
    geometry = result.geometry
    facts = [
        ("Kind", result.source.kind),
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


def _table(caption: str, head: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells are HTML already; the first of a row is its header."""
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td>{cell}</td>" for cell in row[1:]) + "</tr>" for row in rows
    )
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _definitions(facts: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    return f"<dl>{rows}</dl>"
