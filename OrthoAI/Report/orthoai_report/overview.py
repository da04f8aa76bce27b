"""overview.png: projections with boxes, slices with masks, surfaces and findings on one dark page."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from orthoai_report import panels, theme
from orthoai_report.findings_panel import draw_findings
from orthoai_report.fitting import fit, width_of
from orthoai_report.palette import clipped
from orthoai_report.planes import flat_picture, oblique_degrees, overview_planes
from orthoai_report.projections import ProjectionPicture
from orthoai_report.subject import Subject
from orthoai_report.surface import VIEWS, Surfaces
from orthoai_report.wording import message_text, unbroken

Rectangle = tuple[float, float, float, float]
"""Left, top, width, height in pixels of the page."""

GAP = 14
TOP = 112
BOTTOM = theme.HEIGHT_PX - 44
CAPTION = 24
"""Pixels over each picture for its title."""

TALL_SHARE = (0.44, 0.66)
"""Smallest and largest share of the height for the pictures that show the long axis of the body."""

MESSAGE_CHARACTERS = 300
LEAST_MESSAGE, MESSAGE_ROWS = 12.0, 2
"""Points of the message, at least, and its rows, at most, when it is long: its end says where to look again."""

DISCLAIMER = "Research use only; not for clinical decisions."


def draw_overview(subject: Subject, projections: tuple[ProjectionPicture, ...], surfaces: Surfaces) -> Figure:
    """The page as a figure; axes carry the label of what they show, such as "coronal projection"."""
    figure = empty_page(subject, not subject.profiles)
    if subject.is_flat:
        _flat_page(figure, subject)
    else:
        _volume_page(figure, subject, projections, surfaces)
    return figure


def empty_page(subject: Subject, is_bare: bool) -> Figure:
    """A page with its header and footer and room between TOP and BOTTOM; ``is_bare``: nothing was found to look at."""
    figure = Figure(figsize=(theme.WIDTH_PX / theme.DPI, theme.HEIGHT_PX / theme.DPI), dpi=theme.DPI)
    FigureCanvasAgg(figure)
    figure.set_facecolor(theme.PAGE)
    _header(figure, subject, theme.WARNING if is_bare else theme.TEXT)
    _footer(figure, subject)
    return figure


def save_overview(figure: Figure, path: Path) -> None:
    """Write the page as a PNG of WIDTH_PX x HEIGHT_PX; it names no software version and no patient."""
    for text in figure.findobj(Text):
        # A dollar sign in a message is no formula.
        text.set_parse_math(False)
    figure.savefig(path, dpi=theme.DPI, facecolor=theme.PAGE, format="png", metadata={"Software": "OrthoAI"})


# Pages


def _flat_page(figure: Figure, subject: Subject) -> None:
    height = BOTTOM - TOP
    picture = add_panel(figure, (GAP, TOP, 1100, height), "picture")
    panels.draw_plane(picture, flat_picture(subject), subject.palette, "Picture", boxes=panels.flat_boxes(subject))
    draw_findings(
        add_panel(figure, (1100 + 2 * GAP, TOP, theme.WIDTH_PX - 1100 - 3 * GAP, height), "findings"), subject
    )


def _volume_page(
    figure: Figure, subject: Subject, projections: tuple[ProjectionPicture, ...], surfaces: Surfaces
) -> None:
    width = (theme.WIDTH_PX - 5 * GAP) / 4
    tall = (BOTTOM - TOP - GAP) * _tall_share(subject)
    low = BOTTOM - TOP - GAP - tall
    columns = [GAP + n * (width + GAP) for n in range(4)]
    second = TOP + tall + GAP

    for picture, box in zip(
        projections, ((columns[0], TOP, width, tall), (columns[0], second, width, low)), strict=False
    ):
        axes = add_panel(figure, box, f"{picture.orientation.name} projection")
        panels.draw_projection(axes, picture, subject.palette)
    if not projections:
        for box in ((columns[0], TOP, width, tall), (columns[0], second, width, low)):
            panels.draw_sentence(add_panel(figure, box, "no projection"), "Projection", "Made for CT only.")

    coronal, axial, *sagittal = overview_planes(subject, (tall - CAPTION) / width, (low - CAPTION) / width)
    panels.draw_plane(add_panel(figure, (columns[1], TOP, width, tall), "coronal slice"), coronal, subject.palette)
    panels.draw_plane(add_panel(figure, (columns[1], second, width, low), "axial slice"), axial, subject.palette)
    each = (width - (len(sagittal) - 1) * GAP) / len(sagittal)
    for n, plane in enumerate(sagittal):
        box = (columns[2] + n * (each + GAP), TOP, each, tall)
        panels.draw_plane(add_panel(figure, box, f"sagittal slice {n + 1}"), plane, subject.palette)

    draw_findings(add_panel(figure, (columns[2], second, width, low), "findings"), subject)
    _surface_column(figure, (columns[3], TOP, width, BOTTOM - TOP), surfaces)


def _surface_column(figure: Figure, box: Rectangle, surfaces: Surfaces) -> None:
    left, top, width, height = box
    if not surfaces.pictures:
        panels.draw_sentence(add_panel(figure, box, "no surface"), "3D surface", surfaces.reason)
        return
    half = (height - GAP) / 2
    each = (width - GAP) / 2
    boxes = (
        (left, top, width, half),
        (left, top + half + GAP, each, half),
        (left + each + GAP, top + half + GAP, each, half),
    )
    for view, place in zip(VIEWS, boxes, strict=True):
        axes = add_panel(figure, place, f"{view.name.lower()} surface")
        panels.draw_surface(axes, surfaces.pictures[view.name], view.name, view.letters)


def _tall_share(subject: Subject) -> float:
    """Height for coronal and sagittal pictures next to axial ones, after the size of the field of view."""
    size = [n * mm for n, mm in zip(subject.geometry.size, subject.geometry.spacing, strict=True)]
    low, high = TALL_SHARE
    return min(max(size[2] / (size[2] + size[1]), low), high)


# Header and footer


def _header(figure: Figure, subject: Subject, color: str) -> None:
    y = 1 - 40 / theme.HEIGHT_PX
    x = GAP / theme.WIDTH_PX
    title = figure.text(x, y, subject.palette.title, color=theme.TEXT, size=21, weight="bold", va="center")
    figure.text(x, y - 37 / theme.HEIGHT_PX, describe_input(subject), color=theme.QUIET, size=11, va="center")
    words = clipped(unbroken(message_text(subject.result)), MESSAGE_CHARACTERS)
    message = figure.text(1 - x, y, words, color=color, size=15, ha="right", va="center")
    fit(message, theme.WIDTH_PX - 4 * GAP - width_of(title), LEAST_MESSAGE, MESSAGE_ROWS)
    total = sum(subject.result.timings_s.values())
    if total > 0:
        place = (1 - x, y - 37 / theme.HEIGHT_PX)
        device = subject.result.provenance.device
        figure.text(*place, f"{total:.1f} s on {device}", color=theme.QUIET, size=11, ha="right", va="center")


def _footer(figure: Figure, subject: Subject) -> None:
    y = 20 / theme.HEIGHT_PX
    made = subject.result.provenance
    words = f"OrthoAI {made.orthoai_version} · model {made.model_name or 'none'} · {made.created}"
    figure.text(GAP / theme.WIDTH_PX, y, words, color=theme.QUIET, size=9.5, va="center")
    figure.text(1 - GAP / theme.WIDTH_PX, y, DISCLAIMER, color=theme.QUIET, size=9.5, ha="right", va="center")


def describe_input(subject: Subject) -> str:
    """Kind, size and spacing of the input; nothing from the patient."""
    geometry = subject.original.geometry
    if subject.is_flat:
        columns, rows = (
            (n for n in geometry.size if n > 1) if sum(n > 1 for n in geometry.size) == 2 else geometry.size[:2]
        )
        parts = [subject.original.modality or "Picture", f"{columns} × {rows} pixels"]
    else:
        parts = [subject.original.modality or ("CT" if subject.is_ct else "Volume")]
        parts.append(" × ".join(str(n) for n in geometry.size) + " voxels")
        parts.append(" × ".join(f"{mm:.3g}" for mm in geometry.spacing) + " mm")
    angle = oblique_degrees(subject)
    if angle >= 0.5:
        parts.append(f"oblique by {angle:.0f}°: slices follow the voxel axes")
    return "   ·   ".join(parts)


def add_panel(figure: Figure, box: Rectangle, label: str) -> Axes:
    """Axes at ``box``, in pixels of the page, minus the caption strip."""
    left, top, width, height = box
    bottom = theme.HEIGHT_PX - top - height
    place = (
        left / theme.WIDTH_PX,
        bottom / theme.HEIGHT_PX,
        width / theme.WIDTH_PX,
        (height - CAPTION) / theme.HEIGHT_PX,
    )
    axes = figure.add_axes(place, label=label)
    axes.set_facecolor(theme.PANEL)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color(theme.RULE)
    return axes
