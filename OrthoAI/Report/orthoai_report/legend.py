"""What colors in a picture mean, drawn into it: names of masks, and how heat grows."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from orthoai_report import theme
from orthoai_report.fitting import width_of
from orthoai_report.palette import Palette, display_name
from orthoai_report.panels import SHADOW

LEFT_PX, ABOVE_PX = 10.0, 10.0
"""From the panel's left and lower edge."""

SWATCH_PX = 12.0
GAP_PX = 6.0
"""Between a swatch and its word; two of them between entries."""

SIZE = 9.5
"""Points."""

HEAT = "inferno"
"""The color map of heat."""

HEAT_PX = 90.0
"""Length of the scale of heat."""


def draw_legend(axes: Axes, palette: Palette, names: tuple[str, ...]) -> None:
    """A swatch and the name of each of ``names``, in a row at the panel's lower left."""
    wide, high = _pixels(axes)
    x = LEFT_PX
    for name in names:
        axes.add_patch(
            Rectangle(
                (x / wide, ABOVE_PX / high), SWATCH_PX / wide, SWATCH_PX / high, transform=axes.transAxes,
                facecolor=palette.rgb(name), edgecolor="none", zorder=5,
            )
        )  # fmt: skip
        x += SWATCH_PX + GAP_PX
        x += width_of(_word(axes, x, display_name(name))) + 2 * GAP_PX


def draw_heat_scale(axes: Axes) -> None:
    """A bar from cold to hot at the panel's lower left, between "less" and "more"."""
    wide, high = _pixels(axes)
    x = LEFT_PX + width_of(_word(axes, LEFT_PX, "less")) + GAP_PX
    bar = axes.inset_axes((x / wide, ABOVE_PX / high, HEAT_PX / wide, SWATCH_PX / high), zorder=5)
    bar.imshow(np.linspace(0, 1, 64)[None], cmap=HEAT, vmin=0, vmax=1, aspect="auto")
    bar.set_axis_off()
    _word(axes, x + HEAT_PX + GAP_PX, "more")


def _pixels(axes: Axes) -> tuple[float, float]:
    """Width and height of the panel."""
    place = axes.get_position()
    return place.width * theme.WIDTH_PX, place.height * theme.HEIGHT_PX


def _word(axes: Axes, x: float, word: str) -> Text:
    """``word`` ``x`` pixels from the panel's left edge, beside the swatches."""
    wide, high = _pixels(axes)
    return axes.text(
        x / wide, (ABOVE_PX + SWATCH_PX / 2) / high, word, transform=axes.transAxes, color=theme.TEXT, size=SIZE,
        va="center_baseline", path_effects=SHADOW,
    )  # fmt: skip
