"""Findings as a table: one line for each disc, from the head downward as in the pictures."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from orthoai.finding import Finding

from orthoai_report import theme
from orthoai_report.subject import Subject
from orthoai_report.wording import percent

LINE = 30.0
"""Pixels from one line to the next."""

NOTE_LINE = 19.0
NOTE_CHARACTERS = 72

MISSING = "–"

Cell = Callable[[Finding], str]


def _value(*names: str, digits: int = 1) -> Cell:
    """The values called ``names``, as far as they were measured, joined by slashes."""

    def cell(finding: Finding) -> str:
        found = [finding.measurements.get(name) for name in names]
        if not any(found):
            return MISSING
        return " / ".join(MISSING if each is None else f"{each.value:.{digits}f}" for each in found)

    return cell


def _verdict(finding: Finding) -> str:
    return f"{finding.label} {percent(finding.probability)}"


COLUMNS: tuple[tuple[str, float, Cell], ...] = (
    ("Level", 0.0, lambda finding: finding.structure),
    ("Finding", 0.13, _verdict),
    ("Pfirrmann", 0.385, _value("pfirrmann_grade", digits=0)),
    ("Height a/m/p mm", 0.505, _value("anterior_height_mm", "middle_height_mm", "posterior_height_mm")),
    ("DHI", 0.71, _value("disc_height_index", digits=2)),
    ("Bulge mm", 0.775, _value("bulge_mm")),
    ("Canal mm", 0.895, _value("canal_ap_mm")),
)
"""Head, place of the column as a share of the panel's width, content."""

QUIET_LABELS = ("normal",)
"""Findings that need no second look."""


def draw_table(axes: Axes, subject: Subject) -> None:
    """The table, and under it what a reviewer should know."""
    position = axes.get_position()
    width, height = position.width * theme.WIDTH_PX, position.height * theme.HEIGHT_PX
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_facecolor(theme.PAGE)
    for spine in axes.spines.values():
        spine.set_visible(False)
    findings = subject.result.findings[::-1]
    if not findings:
        axes.text(0, LINE / 2, "No findings.", color=theme.QUIET, size=11, va="center")
        return
    y = LINE / 2
    for head, left, _ in COLUMNS:
        axes.text(left * width, y, head, color=theme.QUIET, size=8, va="center")
    for finding in findings:
        axes.plot([0, width], [y + LINE / 2] * 2, color=theme.RULE, linewidth=1)
        y += LINE
        color = theme.QUIET if finding.label in QUIET_LABELS else theme.WARNING
        for head, left, cell in COLUMNS:
            axes.text(
                left * width, y, cell(finding), color=color if head == "Finding" else theme.TEXT, size=9.5,
                va="center", clip_on=True,
            )  # fmt: skip
    y += LINE
    for line in note_lines(findings):
        y += NOTE_LINE
        axes.text(0, y, line, color=theme.WARNING, size=9.5, va="center", clip_on=True)


def note_lines(findings: Sequence[Finding]) -> list[str]:
    """Each flag once, with the levels that it is about unless it is about all."""
    about: dict[str, list[str]] = {}
    for finding in findings:
        for flag in finding.flags:
            about.setdefault(flag, []).append(finding.structure)
    lines = []
    for flag, levels in about.items():
        text = flag if len(levels) == len(findings) else f"{', '.join(levels)}: {flag}"
        lines += textwrap.wrap(text, NOTE_CHARACTERS)
    return lines
