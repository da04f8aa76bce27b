"""One panel of the overview each: a projection, a slice, a surface, or a sentence."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray
from orthoai.box import Box

from orthoai_report import theme
from orthoai_report.fitting import fit, width_of
from orthoai_report.palette import Palette, display_name
from orthoai_report.planes import ORIENTATIONS, Orientation, PlanePicture
from orthoai_report.projections import ProjectionPicture
from orthoai_report.subject import Subject
from orthoai_report.wording import percent, unbroken

FILL = 0.26
"""Opacity of a mask: the bone's texture must stay readable under it."""

SHADOW = [withStroke(linewidth=2.5, foreground="black")]
"""Keeps letters readable on bright bone."""

BARS_MM = (200, 100, 50, 20, 10, 5)
"""Lengths that a scale bar may have."""

NAME_ROOM = 0.04
"""Share of a picture's height that must be free over a box for its name to stand there."""

CHARACTER_PX = 7.4
"""Width of a character of a box's name."""

EDGE_PX = 26
"""Kept between a name beside its box and the panel's edge, where the letters of the directions are."""

CAPTION_GAP_PX = 10
"""Between a title and the note at its right."""

LEAST_POINTS = 8.0
"""Size of words that had to become smaller."""

BoxOutline = tuple[str, float, tuple[float, float, float, float]]


def draw_projection(axes: Axes, picture: ProjectionPicture, palette: Palette) -> None:
    """A projection with the boxes over it."""
    _caption(axes, f"{picture.orientation.name.capitalize()} projection", "detected boxes" if picture.boxes else "")
    _image(axes, picture.gray, picture.extent)
    _boxes(axes, picture.boxes, palette, picture.extent)
    _letters(axes, picture.orientation.letters)
    _scale_bar(axes)


def draw_plane(
    axes: Axes,
    picture: PlanePicture,
    palette: Palette,
    title: str = "",
    boxes: tuple[BoxOutline, ...] = (),
    note: str = "",
) -> None:
    """A slice with its masks as a light fill inside a contour; without a title as a plane of the patient."""
    _caption(axes, title or picture.orientation.name.capitalize(), note if title else picture.place)
    _image(axes, picture.gray, picture.extent)
    for value, name in palette.names.items():
        mask = picture.labels == value
        if mask.any():
            _mask(axes, mask, palette.rgb(name), picture.extent)
    _boxes(axes, boxes, palette, picture.extent)
    if not title:
        _letters(axes, picture.orientation.letters)
        _scale_bar(axes)


def draw_surface(axes: Axes, picture: NDArray[np.uint8], title: str, letters: tuple[str, str]) -> None:
    """A rendered view, as large as it fits."""
    _caption(axes, f"3D · {title.lower()}", "")
    rows, columns = picture.shape[:2]
    axes.imshow(picture, extent=(0, columns, 0, rows), interpolation="antialiased", aspect="auto")
    _fit(axes, (0, columns, 0, rows))
    _letters(axes, (*letters, "S", "I"))


def draw_sentence(axes: Axes, title: str, sentence: str) -> None:
    """An empty panel that says why."""
    _caption(axes, title, "")
    text = "\n".join(textwrap.wrap(sentence, 40))
    axes.text(0.5, 0.5, text, transform=axes.transAxes, color=theme.QUIET, size=11, ha="center", va="center")


def flat_boxes(subject: Subject) -> tuple[BoxOutline, ...]:
    """The boxes of a picture in the mm of its panel."""
    size = subject.geometry.size
    orientation = ORIENTATIONS[2 if size[2] == 1 else int(np.argmin(size))]
    return tuple(box_outline(box, orientation, subject) for box in subject.boxes)


def box_outline(box: Box, orientation: Orientation, subject: Subject) -> BoxOutline:
    """``box``, one of the subject's, in the mm of a slice's panel."""
    x, y, mm = orientation.across, orientation.up, subject.geometry.spacing
    low, high = box.index_min, box.index_max
    return box.label, box.score, (low[x] * mm[x], low[y] * mm[y], high[x] * mm[x], high[y] * mm[y])


def draw_box_beside(
    axes: Axes, lines: tuple[str, ...], rectangle: tuple[float, float, float, float], color: tuple[float, float, float]
) -> None:
    """An outline with its name beside it: discs and vertebrae leave no room over their boxes.

    The name stands to the right, else to the left, in one line, else in its ``lines``, where it fits into the panel;
    where it fits nowhere it becomes smaller and shorter on the wider side.
    """
    x0, y0, x1, y1 = rectangle
    axes.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, edgecolor=color, linewidth=1.2))
    if not any(lines):
        return
    left, right = axes.get_xlim()
    pixels = axes.get_position().width * theme.WIDTH_PX / (right - left)
    rooms = {"left": (right - x1) * pixels - EDGE_PX, "right": (x0 - left) * pixels - EDGE_PX}
    name = axes.annotate(
        " ".join(lines), (x1, (y0 + y1) / 2), (4, 0), textcoords="offset points", color=color, size=8.5, ha="left",
        va="center", path_effects=SHADOW,
    )  # fmt: skip
    side = next((side for side, room in rooms.items() if width_of(name) <= room), None)
    if side is None:
        name.set_text("\n".join(lines))
        side = next((side for side, room in rooms.items() if width_of(name) <= room), None)
    if side is None:
        side = max(rooms, key=lambda side: rooms[side])
        name.set_text(unbroken(name.get_text()))
        fit(name, max(rooms[side], 0.0), LEAST_POINTS, len(lines) + 1)
    if side == "right":
        name.xy = (x0, (y0 + y1) / 2)
        name.set_position((-4, 0))
        name.set_horizontalalignment("right")


# Parts


def _caption(axes: Axes, title: str, note: str) -> None:
    """``title`` at the left and ``note`` at the right over a panel; a long title becomes smaller, then shorter."""
    place = axes.get_position()
    y = 1 + 8 / (place.height * theme.HEIGHT_PX)
    name = axes.text(0, y, title, transform=axes.transAxes, color=theme.TEXT, size=11, va="bottom")
    other = axes.text(1, y, note, transform=axes.transAxes, color=theme.QUIET, size=9.5, ha="right", va="bottom")
    fit(name, place.width * theme.WIDTH_PX - width_of(other) - (CAPTION_GAP_PX if note else 0), LEAST_POINTS)


def _image(axes: Axes, gray: NDArray[np.float32], extent: tuple[float, float, float, float]) -> None:
    """Gray pixels in their physical shape, in the middle of the panel; black fills what the image leaves."""
    axes.imshow(gray, cmap="gray", vmin=0, vmax=1, extent=extent, interpolation="bilinear", aspect="auto")
    _fit(axes, extent)


def _fit(axes: Axes, extent: tuple[float, float, float, float]) -> None:
    """Limits in mm with which ``extent`` just fits into the panel and a mm is as long across as up."""
    left, right, bottom, top = extent
    place = axes.get_position()
    wide, high = place.width * theme.WIDTH_PX, place.height * theme.HEIGHT_PX
    scale = max((right - left) / wide, abs(top - bottom) / high)
    across, up = scale * wide / 2, scale * high / 2 * (1 if top > bottom else -1)
    axes.set_xlim((left + right) / 2 - across, (left + right) / 2 + across)
    axes.set_ylim((bottom + top) / 2 - up, (bottom + top) / 2 + up)


def _mask(
    axes: Axes, mask: NDArray[np.bool_], color: tuple[float, float, float], extent: tuple[float, float, float, float]
) -> None:
    fill = np.zeros((*mask.shape, 4), np.float32)
    fill[mask] = (*color, FILL)
    axes.imshow(fill, extent=extent, interpolation="nearest", aspect="auto")
    if min(mask.shape) < 2:
        return
    left, right, bottom, top = extent
    rows, columns = mask.shape
    # A rim of false closes contours at the edge of the picture.
    padded = np.pad(mask, 1).astype(np.float32)
    x = left + (np.arange(columns + 2) - 0.5) * (right - left) / columns
    y = top + (np.arange(rows + 2) - 0.5) * (bottom - top) / rows
    axes.contour(x, y, padded, levels=[0.5], colors=[color], linewidths=1.3)


def _boxes(
    axes: Axes, boxes: tuple[BoxOutline, ...], palette: Palette, extent: tuple[float, float, float, float]
) -> None:
    """Outlines, each with its name over it and its score at its lower edge."""
    _, _, bottom, top = extent
    for label, score, (x0, y0, x1, y1) in boxes:
        color = palette.rgb(label)
        axes.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, edgecolor=color, linewidth=1.8))
        lower, upper = sorted((y0, y1), key=lambda y: abs(y - top), reverse=True)
        inside = abs(upper - top) < NAME_ROOM * abs(bottom - top)
        words = ((display_name(label), upper, -4 if inside else 3, inside), (percent(score), lower, 3, False))
        for text, y, dy, below in words:
            x, across = _word_place(axes, text, x0, x1)
            axes.annotate(
                text, (x, y), (0, dy), textcoords="offset points", color=color, size=9.5, ha=across,
                va="top" if below else "bottom", path_effects=SHADOW,
            )  # fmt: skip


def _word_place(axes: Axes, text: str, x0: float, x1: float) -> tuple[float, str]:
    """Where a word for a box goes: in its middle, or running outward when the box is too narrow for it."""
    left, right = axes.get_xlim()
    pixels = (x1 - x0) / (right - left) * axes.get_position().width * theme.WIDTH_PX
    if pixels >= CHARACTER_PX * len(text):
        return (x0 + x1) / 2, "center"
    return (x1, "right") if x0 + x1 < left + right else (x0, "left")


def _letters(axes: Axes, letters: tuple[str, str, str, str]) -> None:
    places = ((0.0, 0.5, 6, 0, "left", "center"), (1.0, 0.5, -6, 0, "right", "center"),
              (0.5, 1.0, 0, -5, "center", "top"), (0.5, 0.0, 0, 5, "center", "bottom"))  # fmt: skip
    for letter, (x, y, dx, dy, across, up) in zip(letters, places, strict=True):
        axes.annotate(
            letter, (x, y), (dx, dy), xycoords="axes fraction", textcoords="offset points", color=theme.TEXT, size=11,
            weight="bold", ha=across, va=up, path_effects=SHADOW,
        )  # fmt: skip


def _scale_bar(axes: Axes) -> None:
    """A bar of round length at the lower left, where there is room for one."""
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    length = next((mm for mm in BARS_MM if mm <= 0.22 * abs(right - left)), None)
    if length is None:
        return
    x, y = left + 0.04 * (right - left), bottom + 0.03 * (top - bottom)
    axes.plot([x, x + length], [y, y], color=theme.TEXT, linewidth=2, path_effects=SHADOW, solid_capstyle="butt")
    axes.annotate(
        f"{length // 10} cm" if length >= 10 else f"{length} mm", (x + length, y), (5, 0), textcoords="offset points",
        color=theme.TEXT, size=8.5, va="center", path_effects=SHADOW,
    )  # fmt: skip
