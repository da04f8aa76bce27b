"""Words that stay in the room they have: measured as they are drawn, made smaller, then broken into rows, then cut."""

from __future__ import annotations

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from orthoai_report.palette import clipped

STEP = 0.5
"""Points by which words become smaller."""


def width_of(text: Text) -> float:
    """Width in pixels of ``text``, which stands on a figure that is drawn by FigureCanvasAgg."""
    figure = text.get_figure(root=True)
    if figure is None or not isinstance(figure.canvas, FigureCanvasAgg):
        raise ValueError("The text is on no page.")
    # A dollar sign is no formula, and an unfinished one could not be measured.
    text.set_parse_math(False)
    return float(text.get_window_extent(figure.canvas.get_renderer()).width) if text.get_text() else 0.0


def fit(text: Text, room: float, least: float, rows: int = 1) -> None:
    """Make ``text`` at most ``room`` pixels wide: smaller down to ``least`` points, then in up to ``rows`` rows, then
    shorter, ending in "…".
    """
    size = float(text.get_fontsize())
    while width_of(text) > room and size > least:
        size = max(least, size - STEP)
        text.set_fontsize(size)
    if width_of(text) > room:
        _break(text, room, rows)
    words = text.get_text()
    length = len(words)
    while width_of(text) > room and length > 1:
        length -= 1
        text.set_text(clipped(words, length))


def _break(text: Text, room: float, rows: int) -> None:
    """Break ``text`` at its spaces, not at hard ones, into ``rows`` at most; the last may be wider than ``room``."""
    found = [""]
    for word in text.get_text().replace("\n", " ").split(" "):
        longer = f"{found[-1]} {word}".lstrip()
        text.set_text(longer)
        if len(found) == rows or not found[-1] or width_of(text) <= room:
            found[-1] = longer
        else:
            found.append(word)
    text.set_text("\n".join(found))
