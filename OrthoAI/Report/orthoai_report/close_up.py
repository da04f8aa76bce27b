"""One finding in a spine CT in a picture of its own, with the evidence for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray
from orthoai.box import Box
from orthoai.finding import Finding, Place
from orthoai.geometry import Geometry

from orthoai_report import panels, theme
from orthoai_report.body_heights import around, height_segments, part_at
from orthoai_report.planes import SAGITTAL, PlanePicture, cut, slice_picture
from orthoai_report.subject import Subject, with_extra
from orthoai_report.table_panel import name_of
from orthoai_report.wording import GENANT_TYPE, flag_text, verdict_beside

AROUND_MM = 18.0
"""Kept around a finding in its own picture."""

REACH_MM = 20.0
"""Half the size of a finding without a box."""

LOOK_AGAIN = "look_again"
"""The flag of a finding in which network and measurement disagree."""

HEIGHT_COLOR = "#ffffff"

MOST_APART_MM = 4.0
"""A line whose length differs by more from what was measured runs through more than the one body, or less."""

BODIES = "vertebrae"
"""The extra of a result that holds every body under a number of its own, by its level's name."""

UNMARKED = (0.85, 0.85, 0.85)
"""Red, green, blue of a finding whose class is not marked in the masks."""


def genant(finding: Finding) -> str:
    """Measured grade and type, such as "2 wedge"; empty where neither was measured."""
    grade = finding.measurements.get("genant_grade")
    kinds = [flag.removeprefix(GENANT_TYPE) for flag in finding.flags if flag.startswith(GENANT_TYPE)]
    return " ".join([*([] if grade is None else [f"{grade.value:.0f}"]), *kinds])


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
        x, y = _point(place.lps, subject)
        area = (x - REACH_MM, y - REACH_MM, x + REACH_MM, y + REACH_MM)
    else:
        area = panels.box_outline(box, SAGITTAL, subject)[2]
    x0, y0, x1, y1 = area
    half = max((x1 - x0) / 2 + AROUND_MM, ((y1 - y0) / 2 + AROUND_MM) / aspect)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    plane = slice_picture(subject, SAGITTAL, index)
    return cut(plane, (x - half, y - half * aspect, x + half, y + half * aspect))


def draw_close_up(axes: Axes, finding: Finding, place: Place, subject: Subject) -> None:
    """The finding's own mask with its box, its three heights, and what a reviewer should look at."""
    panel = axes.get_position()
    aspect = panel.height * theme.HEIGHT_PX / (panel.width * theme.WIDTH_PX)
    picture = close_up(finding, place, subject, aspect)
    body = _body(finding, place, picture, subject, aspect)
    own = replace(picture, labels=np.where(body, picture.labels, 0).astype(np.uint8))
    panels.draw_plane(axes, own, subject.palette, " ".join(words_of(finding)))
    box = box_of(finding, subject)
    if box is not None:
        rectangle = panels.box_outline(box, SAGITTAL, subject)[2]
        panels.draw_box_beside(axes, (), rectangle, color_of(finding, subject))
    for name, ends in height_segments(*_solid(finding, place, subject)).items():
        measured = finding.measurements.get(name)
        if measured is None or abs(np.linalg.norm(ends[1] - ends[0]) - measured.value) > MOST_APART_MM:
            continue
        lower, upper = (_point(end, subject) for end in ends)
        axes.plot(
            [lower[0], upper[0]], [lower[1], upper[1]], color=HEIGHT_COLOR, linewidth=1.4, path_effects=panels.SHADOW
        )
        axes.annotate(
            f"{measured.value:.1f}", upper, (0, 3), textcoords="offset points",
            color=HEIGHT_COLOR, size=8.5, ha="center", va="bottom", path_effects=panels.SHADOW,
        )  # fmt: skip
    grade = _grade_words(finding)
    if grade:
        # In the picture: a caption has no room for a long name and the grade.
        axes.annotate(
            grade, (0.97, 0.04), xycoords="axes fraction", color=theme.TEXT, size=9.5, ha="right",
            path_effects=panels.SHADOW,
        )  # fmt: skip
    if LOOK_AGAIN in finding.flags:
        axes.annotate(
            flag_text(LOOK_AGAIN), (0.03, 0.04), xycoords="axes fraction", color=theme.WARNING, size=10.5,
            weight="bold", path_effects=panels.SHADOW,
        )  # fmt: skip


def color_of(finding: Finding, subject: Subject) -> tuple[float, float, float]:
    """Of its class; gray where that is none of the marked ones, such as "unclear"."""
    return subject.palette.rgb(finding.label) if finding.label in subject.palette.colors else UNMARKED


def words_of(finding: Finding) -> tuple[str, str]:
    """Its name and what was found."""
    return name_of(finding), verdict_beside(finding)


# Parts


def _body(finding: Finding, place: Place, picture: PlanePicture, subject: Subject, aspect: float) -> NDArray[np.bool_]:
    """The body on the pixels of the close-up: by its name, else the part of its class nearest to the place."""
    bodies, values = _wanted(finding, subject)
    if bodies is not subject:
        named: NDArray[np.bool_] = np.isin(close_up(finding, place, bodies, aspect).labels, values)
        return named
    left, right, bottom, top = picture.extent
    rows, columns = picture.labels.shape
    tall, wide = (bottom - top) / rows, (right - left) / columns
    x, y = _point(place.lps, subject)
    at = ((y - top) / tall - 0.5, (x - left) / wide - 0.5)
    return part_at(np.isin(picture.labels, values), at, (tall, wide))


def _solid(finding: Finding, place: Place, subject: Subject) -> tuple[NDArray[np.bool_], Geometry]:
    """The same body in the voxels around its place, and their grid."""
    bodies, values = _wanted(finding, subject)
    i, j, k = (float(index) for index in subject.geometry.lps_to_index(place.lps))
    window = around((i, j, k), subject.geometry)
    mask = np.isin(bodies.labels[window], values)
    if bodies is subject:
        at = tuple(index - span.start for index, span in zip((k, j, i), window, strict=True))
        mask = part_at(mask, at, subject.geometry.spacing[::-1])
    return mask, subject.geometry.block(window)


def _wanted(finding: Finding, subject: Subject) -> tuple[Subject, list[int]]:
    """(the subject with the labels that hold the body, its values there).

    Where bodies are numbered the body has a value of its own; else the subject itself, with the values of its class.
    """
    bodies, extra = with_extra(subject, BODIES), subject.result.extra(BODIES)
    if bodies is not None and extra is not None and finding.structure in extra.labels.values():
        return bodies, [number for number, name in extra.labels.items() if name == finding.structure]
    # With a single label every mask is of it; with several, a class without a mask has no part.
    names = subject.palette.names
    return subject, [value for value, name in names.items() if name == finding.label or len(names) == 1]


def _grade_words(finding: Finding) -> str:
    """The measured grade, with its type where the network says another."""
    grade, *kinds = genant(finding).split() or [""]
    return " ".join([f"Genant {grade}", *(kind for kind in kinds if kind != finding.label)]) if grade else ""


def _point(lps: ArrayLike, subject: Subject) -> tuple[float, float]:
    """``lps`` in the mm of a sagittal picture."""
    index, mm = subject.geometry.lps_to_index(lps), subject.geometry.spacing
    x, y = SAGITTAL.across, SAGITTAL.up
    return float(index[x]) * mm[x], float(index[y]) * mm[y]
