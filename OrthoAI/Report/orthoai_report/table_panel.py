"""Findings as a table: one line for each disc or vertebra, from the head downward as in the pictures."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from orthoai.finding import Finding

from orthoai_report import theme
from orthoai_report.wording import flag_text, percent

LINE = 30.0
"""Pixels from one line to the next."""

NOTE_LINE = 19.0
NOTE_CHARACTERS = 72

MISSING = "–"

Cell = Callable[[Finding], str]

Columns = tuple[tuple[str, float, Cell], ...]
"""Head, place of the column as a share of the panel's width, content."""


def values(*names: str, digits: int = 1) -> Cell:
    """A cell with the values called ``names``, as far as they were measured, joined by slashes."""

    def cell(finding: Finding) -> str:
        found = [finding.measurements.get(name) for name in names]
        if not any(found):
            return MISSING
        return " / ".join(MISSING if each is None else f"{each.value:.{digits}f}" for each in found)

    return cell


def verdict(finding: Finding) -> str:
    """Label and probability."""
    return f"{finding.label} {percent(finding.probability)}"


DISC_COLUMNS: Columns = (
    ("Level", 0.0, lambda finding: finding.structure),
    ("Finding", 0.13, verdict),
    ("Pfirrmann", 0.385, values("pfirrmann_grade", digits=0)),
    ("Height a/m/p mm", 0.505, values("anterior_height_mm", "middle_height_mm", "posterior_height_mm")),
    ("DHI", 0.71, values("disc_height_index", digits=2)),
    ("Bulge mm", 0.775, values("bulge_mm")),
    ("Canal mm", 0.895, values("canal_ap_mm")),
)

QUIET_LABELS = ("normal",)
"""Findings that need no second look."""


def draw_table(
    axes: Axes, findings: Sequence[Finding], columns: Columns, is_note: Callable[[str], bool] = bool
) -> None:
    """The table of ``columns``, a row for each of ``findings``, and under it the flags that pass ``is_note``."""
    position = axes.get_position()
    width, height = position.width * theme.WIDTH_PX, position.height * theme.HEIGHT_PX
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_facecolor(theme.PAGE)
    for spine in axes.spines.values():
        spine.set_visible(False)
    if not findings:
        axes.text(0, LINE / 2, "No findings.", color=theme.QUIET, size=11, va="center")
        return
    y = LINE / 2
    for head, left, _ in columns:
        axes.text(left * width, y, head, color=theme.QUIET, size=8, va="center")
    for finding in findings:
        axes.plot([0, width], [y + LINE / 2] * 2, color=theme.RULE, linewidth=1)
        y += LINE
        color = theme.QUIET if finding.label in QUIET_LABELS else theme.WARNING
        for head, left, cell in columns:
            axes.text(
                left * width, y, cell(finding), color=color if head == "Finding" else theme.TEXT, size=9.5,
                va="center", clip_on=True,
            )  # fmt: skip
    y += LINE
    for line in note_lines(findings, is_note):
        y += NOTE_LINE
        axes.text(0, y, line, color=theme.WARNING, size=9.5, va="center", clip_on=True)


def note_lines(findings: Sequence[Finding], is_note: Callable[[str], bool] = bool) -> list[str]:
    """Each flag that passes ``is_note`` once, with the levels that it is about unless it is about all."""
    about: dict[str, list[str]] = {}
    for finding in findings:
        for flag in filter(is_note, finding.flags):
            about.setdefault(flag, []).append(finding.structure)
    lines = []
    for flag, levels in about.items():
        words = flag_text(flag)
        text = words if len(levels) == len(findings) else f"{', '.join(levels)}: {words}"
        lines += textwrap.wrap(text, NOTE_CHARACTERS)
    return lines
