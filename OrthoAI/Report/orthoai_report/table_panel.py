"""Findings as a table: one line for each disc or vertebra, from the head downward as in the pictures."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.text import Text
from orthoai.finding import Finding

from orthoai_report import theme
from orthoai_report.fitting import width_of
from orthoai_report.palette import display_name
from orthoai_report.wording import flag_text, is_to_review, number, verdict

LINE, LEAST_LINE = 30.0, 19.0
"""Pixels from one line to the next; at least, where there are many."""

NOTE_LINE = 19.0
NOTE_CHARACTERS = 72
CHARACTER_PX = 7.8
"""Width of a character of a note."""

COLUMN_GAP = 12.0
"""Pixels between the words of two columns, at least."""

SIZE, LEAST_SIZE = 9.5, 6.0
"""Points of the cells; at least, where the columns would be wider than the panel."""

HEAD_SHARE = 8 / 9.5
"""Size of the heads as a share of the cells'."""

ALL = "All"
"""Names the levels of a note that holds for each of several."""

MISSING = "–"

Cell = Callable[[Finding], str]

Columns = tuple[tuple[str, float, Cell], ...]
"""Head, place of the column as a share of the panel's width where its neighbors leave it there, content."""


def values(*names: str, digits: int = 1) -> Cell:
    """A cell with the values called ``names``, as far as they were measured, joined by slashes."""

    def cell(finding: Finding) -> str:
        found = {name: finding.measurements.get(name) for name in names}
        if not any(found.values()):
            return MISSING
        told = (MISSING if each is None else number(each.value, digits, name) for name, each in found.items())
        return " / ".join(told)

    return cell


def name_of(finding: Finding) -> str:
    """The structure for people: "Vertebra 4", "L5/S1"."""
    return display_name(finding.structure)


DISC_LABELS = {"normal": "no bulge or herniation"}
"""What the labels of discs mean: one without either may be worn all the same."""

DISC_COLUMNS: Columns = (
    ("Level", 0.0, name_of),
    ("Finding", 0.13, lambda finding: verdict(finding, DISC_LABELS)),
    ("Pfirrmann", 0.385, values("pfirrmann_grade", digits=0)),
    ("Height a/m/p mm", 0.505, values("anterior_height_mm", "middle_height_mm", "posterior_height_mm")),
    ("DHI", 0.71, values("disc_height_index", digits=2)),
    ("Bulge mm", 0.775, values("bulge_mm")),
    ("Canal mm", 0.895, values("canal_ap_mm")),
)

QUIET_LABELS = ("normal",)
"""Findings that need no second look."""


def draw_table(axes: Axes, findings: Sequence[Finding], columns: Columns, foot: str = "") -> None:
    """The table of ``columns``, a row for each of ``findings``, under it what is to be reviewed, at the end ``foot``.

    Columns without any value are left out. The others make room for long words, and lines come closer together where
    there are many; what still has no room is counted in a last line.
    """
    position = axes.get_position()
    width, height = position.width * theme.WIDTH_PX, position.height * theme.HEIGHT_PX
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_facecolor(theme.PAGE)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for words in reversed(textwrap.wrap(foot, int(width / CHARACTER_PX))):
        axes.text(0, height - NOTE_LINE / 2, words, color=theme.QUIET, size=SIZE, va="center")
        height -= NOTE_LINE
    if not findings:
        axes.text(0, LINE / 2, "No findings.", color=theme.QUIET, size=11, va="center")
        return
    columns = tuple(column for column in columns if any(column[2](finding) != MISSING for finding in findings))
    notes = note_lines(findings, int(width / CHARACTER_PX))
    # Rows come first; notes get what they leave, three lines at least.
    room = height - LINE / 2 - NOTE_LINE * min(len(notes), 3)
    line = min(LINE, max(LEAST_LINE, room / (len(findings) + 1.5)))
    rows = findings[: max(1, int(room / line - 1.5))]
    y = LINE / 2
    drawn: list[list[Text]] = [[axes.text(0, y, head, color=theme.QUIET, va="center")] for head, _, _ in columns]
    for finding in rows:
        axes.plot([0, width], [y + line / 2] * 2, color=theme.RULE, linewidth=1)
        y += line
        color = theme.QUIET if finding.label in QUIET_LABELS else theme.WARNING
        for texts, (head, _, cell) in zip(drawn, columns, strict=True):
            texts.append(axes.text(0, y, cell(finding), color=color if head == "Finding" else theme.TEXT, va="center"))
    _spread(drawn, [share * width for _, share, _ in columns], width)
    y += line
    if len(rows) < len(findings):
        axes.text(0, y, _rest(len(findings) - len(rows), "finding"), color=theme.QUIET, size=SIZE, va="center")
    for text, color in _kept(notes, int((height - y) / NOTE_LINE - 0.5)):
        y += NOTE_LINE
        axes.text(0, y, text, color=color, size=SIZE, va="center")


def note_lines(findings: Sequence[Finding], characters: int = NOTE_CHARACTERS) -> list[str]:
    """Each flag that says what to look at once, with the levels that it is about, in lines of ``characters``."""
    about: dict[str, list[str]] = {}
    for finding in findings:
        for flag in filter(is_to_review, finding.flags):
            about.setdefault(flag_text(flag), []).append(name_of(finding))
    lines = []
    for text, levels in about.items():
        names = ALL if len(levels) == len(findings) > 1 else ", ".join(levels)
        lines += textwrap.wrap(f"{names}: {text}", characters)
    return lines


# Parts


def _spread(columns: list[list[Text]], wished: list[float], width: float) -> None:
    """Set the columns side by side: where they are ``wished``, pushed aside by wide neighbors, smaller if need be."""
    size = SIZE
    while True:
        for head, *cells in columns:
            head.set_fontsize(size * HEAD_SHARE)
            for cell in cells:
                cell.set_fontsize(size)
        widths = [max(width_of(text) for text in texts) for texts in columns]
        if sum(widths) + COLUMN_GAP * (len(widths) - 1) <= width or size <= LEAST_SIZE:
            break
        size -= 0.5
    lefts: list[float] = []
    for wish in wished:
        lefts.append(max(wish, lefts[-1] + widths[len(lefts) - 1] + COLUMN_GAP) if lefts else wish)
    end = width
    for n in reversed(range(len(lefts))):
        lefts[n] = max(0.0, min(lefts[n], end - widths[n]))
        end = lefts[n] - COLUMN_GAP
    for left, texts in zip(lefts, columns, strict=True):
        for text in texts:
            text.set_x(left)


def _kept(lines: list[str], room: int) -> list[tuple[str, str]]:
    """At most ``room`` lines with their colors, the last one a count where some are left out."""
    if len(lines) <= room:
        return [(line, theme.WARNING) for line in lines]
    if room < 1:
        return []
    return [*((line, theme.WARNING) for line in lines[: room - 1]), (_rest(len(lines) - room + 1, "note"), theme.QUIET)]


def _rest(count: int, name: str) -> str:
    return f"and {count} more {name}{'s' if count > 1 else ''} in report.html"
