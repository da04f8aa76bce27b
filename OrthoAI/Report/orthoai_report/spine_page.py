"""The overview of a spine CT: a sagittal slice with all findings, attention, and each finding with its evidence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from orthoai.box import Box
from orthoai.finding import Finding, Place

from orthoai_report import panels, theme
from orthoai_report.body_heights import height_segments, part_at
from orthoai_report.heat import attention_of, draw_heat
from orthoai_report.overview import BOTTOM, CAPTION, GAP, TOP, Rectangle, add_panel, empty_page
from orthoai_report.planes import SAGITTAL, PlanePicture, cut, fullest, slice_picture
from orthoai_report.subject import Subject, with_extra
from orthoai_report.table_panel import MISSING, QUIET_LABELS, Columns, draw_table, values, verdict
from orthoai_report.wording import flag_text, percent

EVIDENCE_PX = 800
"""Width of the findings' pictures and of the table."""

CLOSE_UPS = 6
"""Findings that get a picture of their own, at most."""

IN_A_ROW = 3
CLOSE_UP_PX = {1: 330, 2: 215}
"""Height of the pictures of their own by the number of their rows."""

AROUND_MM = 18.0
"""Kept around a finding in its own picture."""

REACH_MM = 20.0
"""Half the size of a finding without a box."""

LOOK_AGAIN = "look_again"
"""The flag of a finding in which network and measurement disagree."""

GENANT = "genant_"
"""What the flag of a measured type begins with, such as "genant_wedge"."""

HEIGHT_COLOR = "#ffffff"

BODIES = "vertebrae"
"""The extra of a result that holds every body under a number of its own, by its level's name."""

UNMARKED = (0.85, 0.85, 0.85)
"""Red, green, blue of a finding whose class is not marked in the masks."""


def _uncertainty(finding: Finding) -> str:
    return MISSING if finding.uncertainty is None else percent(finding.uncertainty)


def _loss(finding: Finding) -> str:
    loss = finding.measurements.get("height_loss")
    return MISSING if loss is None else percent(loss.value)


def genant(finding: Finding) -> str:
    """Measured grade and type, such as "2 wedge"; empty where neither was measured."""
    grade = finding.measurements.get("genant_grade")
    kinds = [flag.removeprefix(GENANT) for flag in finding.flags if flag.startswith(GENANT)]
    return " ".join([*([] if grade is None else [f"{grade.value:.0f}"]), *kinds])


COLUMNS: Columns = (
    ("Level", 0.0, lambda finding: finding.structure),
    ("Finding", 0.085, verdict),
    ("Uncertainty", 0.25, _uncertainty),
    ("Height a/m/p mm", 0.345, values("anterior_height", "middle_height", "posterior_height")),
    ("a/p", 0.525, values("anterior_ratio", digits=2)),
    ("m/p", 0.59, values("middle_ratio", digits=2)),
    ("p/expected", 0.655, values("posterior_ratio", digits=2)),
    ("Loss", 0.76, _loss),
    ("Genant, measured", 0.835, lambda finding: genant(finding) or MISSING),
)


def draw_spine_page(subject: Subject) -> Figure:
    """The page as a figure; axes carry the label of what they show, such as "sagittal" or "L1"."""
    figure = empty_page(subject)
    room, height = theme.WIDTH_PX - EVIDENCE_PX - 3 * GAP, BOTTOM - TOP
    looked = attention_of(subject)
    width = room if looked is None else (room - GAP) / 2
    index = fullest(subject, subject.profiles, SAGITTAL)
    aspect = (height - CAPTION) / width
    plane = slice_picture(subject, SAGITTAL, index, aspect)
    axes = add_panel(figure, (GAP, TOP, width, height), "sagittal")
    panels.draw_plane(axes, plane, subject.palette)
    findings = downward(subject.result.findings)
    _draw_boxes(axes, subject, findings, index)
    if looked is not None:
        axes = add_panel(figure, (2 * GAP + width, TOP, width, height), "attention")
        panels.draw_plane(axes, _clear(plane), subject.palette, "Where the network looked")
        draw_heat(axes, slice_picture(looked, SAGITTAL, index, aspect))
    _draw_evidence(figure, subject, findings, (theme.WIDTH_PX - EVIDENCE_PX - GAP, TOP, EVIDENCE_PX, height))
    return figure


def downward(findings: tuple[Finding, ...]) -> list[Finding]:
    """From the head to the feet; those without a place last."""
    return sorted(findings, key=lambda finding: -finding.place.lps[2] if finding.place else np.inf)


def box_of(finding: Finding, subject: Subject) -> Box | None:
    """The box of ``finding`` on the LPS-ordered grid: the one that holds its place and has its structure or class."""
    if finding.place is None:
        return None
    place = subject.geometry.lps_to_index(finding.place.lps)
    around = [b for b in subject.boxes if (place >= b.index_min).all() and (place <= b.index_max).all()]
    for name in (finding.structure, finding.label):
        for box in around:
            if box.label == name:
                return box
    return None


def close_up(finding: Finding, place: Place, subject: Subject, aspect: float = 1.0) -> PlanePicture:
    """The slice through ``place``, cut around the finding.

    Args:
        finding: of the subject.
        place: its place.
        subject: input and result.
        aspect: height over width of the place for the picture.
    """
    across = float(subject.geometry.lps_to_index(place.lps)[SAGITTAL.axis])
    index = min(max(0, round(across)), subject.geometry.size[SAGITTAL.axis] - 1)
    box = box_of(finding, subject)
    if box is None:
        x, y = _point(place, subject)
        area = (x - REACH_MM, y - REACH_MM, x + REACH_MM, y + REACH_MM)
    else:
        area = panels.box_outline(box, SAGITTAL, subject)[2]
    x0, y0, x1, y1 = area
    half = max((x1 - x0) / 2 + AROUND_MM, ((y1 - y0) / 2 + AROUND_MM) / aspect)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    plane = slice_picture(subject, SAGITTAL, index)
    return cut(plane, (x - half, y - half * aspect, x + half, y + half * aspect))


# Parts


def _draw_boxes(axes: Axes, subject: Subject, findings: list[Finding], index: int) -> None:
    """The boxes of the findings that the slice cuts."""
    for finding in findings:
        box = box_of(finding, subject)
        if box is not None and box.index_min[SAGITTAL.axis] <= index <= box.index_max[SAGITTAL.axis]:
            words = f"{finding.structure} {verdict(finding)}"
            rectangle = panels.box_outline(box, SAGITTAL, subject)[2]
            panels.draw_box_beside(axes, words, rectangle, _color(finding, subject))


def _draw_evidence(figure: Figure, subject: Subject, findings: list[Finding], place: Rectangle) -> None:
    left, top, width, height = place
    shown = [(f, f.place) for f in findings if f.label not in QUIET_LABELS and f.place is not None][:CLOSE_UPS]
    rows = -(-len(shown) // IN_A_ROW)
    each = (width - (IN_A_ROW - 1) * GAP) / IN_A_ROW
    tall = CLOSE_UP_PX.get(rows, 0)
    for number, (finding, at) in enumerate(shown):
        row, column = divmod(number, IN_A_ROW)
        box = (left + column * (each + GAP), top + row * (tall + GAP), each, tall)
        _draw_close_up(add_panel(figure, box, finding.structure), finding, at, subject)
    used = rows * (tall + GAP)
    # Types stand in their column, so the notes below the table leave them out.
    table = add_panel(figure, (left, top + used, width, height - used), "table")
    columns = tuple(column for column in COLUMNS if any(column[2](finding) != MISSING for finding in findings))
    draw_table(table, findings, columns, lambda flag: not flag.startswith(GENANT))


def _draw_close_up(axes: Axes, finding: Finding, place: Place, subject: Subject) -> None:
    """The finding's own mask with its box, its three heights, and what a reviewer should look at."""
    panel = axes.get_position()
    aspect = panel.height * theme.HEIGHT_PX / (panel.width * theme.WIDTH_PX)
    picture = close_up(finding, place, subject, aspect)
    body = _body(finding, place, picture, subject, aspect)
    own = replace(picture, labels=np.where(body, picture.labels, 0).astype(np.uint8))
    panels.draw_plane(axes, own, subject.palette, f"{finding.structure} {verdict(finding)}", note=_grade_words(finding))
    box = box_of(finding, subject)
    if box is not None:
        rectangle = panels.box_outline(box, SAGITTAL, subject)[2]
        panels.draw_box_beside(axes, "", rectangle, _color(finding, subject))
    for site, (lower, upper) in height_segments(body, picture).items():
        measured = finding.measurements.get(f"{site}_height")
        if measured is None:
            continue
        axes.plot(
            [lower[0], upper[0]], [lower[1], upper[1]], color=HEIGHT_COLOR, linewidth=1.4, path_effects=panels.SHADOW
        )
        axes.annotate(
            f"{measured.value:.1f}", upper, (0, 3), textcoords="offset points",
            color=HEIGHT_COLOR, size=8.5, ha="center", va="bottom", path_effects=panels.SHADOW,
        )  # fmt: skip
    if LOOK_AGAIN in finding.flags:
        axes.annotate(
            flag_text(LOOK_AGAIN), (0.03, 0.04), xycoords="axes fraction", color=theme.WARNING, size=10.5,
            weight="bold", path_effects=panels.SHADOW,
        )  # fmt: skip


def _body(finding: Finding, place: Place, picture: PlanePicture, subject: Subject, aspect: float) -> NDArray[np.bool_]:
    """The body on the pixels of the close-up: by its name, else the part of its class nearest to the place."""
    bodies = with_extra(subject, BODIES)
    extra = next((extra for extra in subject.result.extras if extra.name == BODIES), None)
    numbers = {} if extra is None else {name: number for number, name in extra.labels.items()}
    if bodies is not None and finding.structure in numbers:
        named: NDArray[np.bool_] = close_up(finding, place, bodies, aspect).labels == numbers[finding.structure]
        return named
    names = subject.palette.names
    # With a single label every mask is of it; with several, a class without a mask has no part.
    wanted = [value for value, name in names.items() if name == finding.label or len(names) == 1]
    return part_at(np.isin(picture.labels, wanted), picture, _point(place, subject))


def _color(finding: Finding, subject: Subject) -> tuple[float, float, float]:
    """Of its class; gray where that is none of the marked ones, such as "unclear"."""
    return subject.palette.rgb(finding.label) if finding.label in subject.palette.colors else UNMARKED


def _grade_words(finding: Finding) -> str:
    """The measured grade, with its type where the network says another."""
    grade, *kinds = genant(finding).split() or [""]
    return " ".join([f"Genant {grade}", *(kind for kind in kinds if kind != finding.label)]) if grade else ""


def _point(place: Place, subject: Subject) -> tuple[float, float]:
    """``place`` in the mm of a sagittal picture."""
    index, mm = subject.geometry.lps_to_index(place.lps), subject.geometry.spacing
    x, y = SAGITTAL.across, SAGITTAL.up
    return float(index[x]) * mm[x], float(index[y]) * mm[y]


def _clear(picture: PlanePicture) -> PlanePicture:
    return replace(picture, labels=np.zeros_like(picture.labels))
