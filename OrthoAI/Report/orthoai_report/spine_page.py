"""The overview of a spine CT: a sagittal slice with all findings, attention, and each finding with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from orthoai.finding import Finding, Place
from orthoai.spine.written import LOSS

from orthoai_report import panels, theme
from orthoai_report.close_up import box_of, color_of, draw_close_up, genant, words_of
from orthoai_report.heat import attention_of, draw_heat
from orthoai_report.overview import BOTTOM, CAPTION, GAP, TOP, Rectangle, add_panel, empty_page
from orthoai_report.planes import SAGITTAL, PlanePicture, fullest, slice_picture
from orthoai_report.subject import Subject
from orthoai_report.table_panel import MISSING, QUIET_LABELS, Columns, draw_table, name_of, values
from orthoai_report.vertebra_numbers import draw_numbers, levels_text, vertebrae_of
from orthoai_report.wording import percent, verdict

EVIDENCE_PX = 800
"""Width of the findings' pictures and of the table."""

NOTHING_PX = 160
"""The same where nothing was found."""

CLOSE_UPS = 6
"""Findings that get a picture of their own, at most."""

IN_A_ROW = 3
CLOSE_UP_PX = {1: 330, 2: 215}
"""Height of the pictures of their own by the number of their rows."""


def _uncertainty(finding: Finding) -> str:
    return MISSING if finding.uncertainty is None else percent(finding.uncertainty)


def _loss(finding: Finding) -> str:
    loss = finding.measurements.get(LOSS)
    return MISSING if loss is None else percent(loss.value, LOSS)


COLUMNS: Columns = (
    ("Structure", 0.0, name_of),
    ("Finding", 0.085, verdict),
    ("Uncertainty", 0.25, _uncertainty),
    ("Height a/m/p mm", 0.345, values("anterior_height", "middle_height", "posterior_height")),
    ("Volume cm³", 0.345, values("volume")),
    ("a/p", 0.525, values("anterior_ratio", digits=2)),
    ("m/p", 0.59, values("middle_ratio", digits=2)),
    ("p/expected", 0.655, values("posterior_ratio", digits=2)),
    ("Loss", 0.76, _loss),
    ("Genant, measured", 0.835, lambda finding: genant(finding) or MISSING),
)


def draw_spine_page(subject: Subject) -> Figure:
    """The page as a figure; axes carry the label of what they show, such as "sagittal" or "L1"."""
    seen = vertebrae_of(subject)
    figure = empty_page(subject, seen is not None and not seen.profiles)
    evidence = EVIDENCE_PX if subject.result.findings else NOTHING_PX
    room, height = theme.WIDTH_PX - evidence - 3 * GAP, BOTTOM - TOP
    looked = attention_of(subject)
    width = room if looked is None else (room - GAP) / 2
    index = fullest(subject, subject.profiles or (() if seen is None else seen.profiles), SAGITTAL)
    aspect = (height - CAPTION) / width
    plane = slice_picture(subject, SAGITTAL, index, aspect)
    axes = add_panel(figure, (GAP, TOP, width, height), "sagittal")
    panels.draw_plane(axes, plane, subject.palette)
    findings = downward(subject.result.findings)
    told = _draw_boxes(axes, subject, findings, index)
    if seen is not None:
        draw_numbers(axes, seen, index, told)
    if looked is not None:
        axes = add_panel(figure, (2 * GAP + width, TOP, width, height), "attention")
        panels.draw_plane(axes, _clear(plane), subject.palette, "Where the network looked")
        draw_heat(axes, slice_picture(looked, SAGITTAL, index, aspect))
    _draw_evidence(figure, subject, findings, (theme.WIDTH_PX - evidence - GAP, TOP, evidence, height))
    return figure


def downward(findings: tuple[Finding, ...]) -> list[Finding]:
    """From the head to the feet; those without a place last."""
    return sorted(findings, key=lambda finding: -finding.place.lps[2] if finding.place else np.inf)


def pictured(findings: Sequence[Finding]) -> list[tuple[Finding, Place]]:
    """Those of ``findings`` that get a picture of their own, each with its place."""
    return [(f, f.place) for f in findings if f.label not in QUIET_LABELS and f.place is not None][:CLOSE_UPS]


# Parts


def _draw_boxes(axes: Axes, subject: Subject, findings: list[Finding], index: int) -> list[str]:
    """The boxes of the findings that the slice cuts, and whose they are."""
    told = []
    for finding in findings:
        box = box_of(finding, subject)
        if box is not None and box.index_min[SAGITTAL.axis] <= index <= box.index_max[SAGITTAL.axis]:
            rectangle = panels.box_outline(box, SAGITTAL, subject)[2]
            panels.draw_box_beside(axes, words_of(finding), rectangle, color_of(finding, subject))
            told.append(finding.structure)
    return told


def _draw_evidence(figure: Figure, subject: Subject, findings: list[Finding], place: Rectangle) -> None:
    left, top, width, height = place
    shown = pictured(findings)
    rows = -(-len(shown) // IN_A_ROW)
    each = (width - (IN_A_ROW - 1) * GAP) / IN_A_ROW
    tall = CLOSE_UP_PX.get(rows, 0)
    for number, (finding, at) in enumerate(shown):
        row, column = divmod(number, IN_A_ROW)
        box = (left + column * (each + GAP), top + row * (tall + GAP), each, tall)
        draw_close_up(add_panel(figure, box, finding.structure), finding, at, subject)
    used = rows * (tall + GAP)
    table = add_panel(figure, (left, top + used, width, height - used), "table")
    draw_table(table, findings, COLUMNS, levels_text(subject.result))


def _clear(picture: PlanePicture) -> PlanePicture:
    return replace(picture, labels=np.zeros_like(picture.labels))
