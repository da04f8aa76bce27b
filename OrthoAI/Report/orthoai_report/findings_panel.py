"""The panel of the overview that says what was found, and which color is what."""

from __future__ import annotations

import textwrap

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from orthoai.finding import Finding

from orthoai_report import theme
from orthoai_report.palette import Palette, clipped, display_name
from orthoai_report.subject import Subject
from orthoai_report.wording import flag_text, measurement_name, measurement_text, probability_text

LINE = 21.0
"""Pixels from one line to the next."""

BLOCK_GAP = 8.0
"""Pixels more before the next finding."""

INDENT = 24.0
CHARACTERS = 50
"""Of a line, at most."""

PRESENT = "present"
"""A label that a name and a probability say already."""

Line = tuple[str, str, str]
"""Text, its color, and the color of a swatch before it (empty for none)."""


def draw_findings(axes: Axes, subject: Subject) -> None:
    """Findings with probability, measurements and flags, as many as fit; the rest is in report.html."""
    position = axes.get_position()
    width, height = position.width * theme.WIDTH_PX, position.height * theme.HEIGHT_PX
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_facecolor(theme.PAGE)
    y = 1 + 8 / height
    axes.text(0, y, "Findings", transform=axes.transAxes, color=theme.TEXT, size=11, va="bottom")
    blocks = finding_blocks(subject)
    room = max(1, int((height - 12 - len(blocks) * BLOCK_GAP) // LINE))
    middle = 12 + LINE / 2 - BLOCK_GAP
    for text, color, swatch in fitted(blocks, room):
        if swatch:
            middle += BLOCK_GAP
            axes.add_patch(Rectangle((10, middle - 6), 12, 12, facecolor=swatch, edgecolor="none"))
        axes.text(10 + INDENT, middle, text, color=color, size=10.5, va="center", clip_on=True)
        middle += LINE


def finding_blocks(subject: Subject) -> list[list[Line]]:
    """Lines of each finding, then a line for every structure that was not found."""
    palette, result = subject.palette, subject.result
    blocks = [_block(finding, palette) for finding in result.findings]
    told = {finding.structure for finding in result.findings}
    found = {profile.name for profile in subject.profiles}
    for name in result.labels.values():
        if name in told:
            continue
        state = "marked" if name in found else "not found"
        blocks.append(
            [(f"{display_name(name)}: {state}", theme.TEXT if name in found else theme.QUIET, palette.hex(name))]
        )
    return blocks


def fitted(blocks: list[list[Line]], room: int) -> list[Line]:
    """At most ``room`` lines of whole blocks, with a last line that counts what was left out."""
    lines: list[Line] = []
    for n, block in enumerate(blocks):
        rest = len(blocks) - n - 1
        if len(lines) + len(block) + (rest > 0) > room:
            lines = lines[: room - 1]
            return [*lines, (f"and {rest + 1} more in report.html", theme.QUIET, "")]
        lines += block
    return lines


def _block(finding: Finding, palette: Palette) -> list[Line]:
    title = display_name(finding.structure)
    if finding.label not in ("", PRESENT) and finding.label not in finding.structure:
        title += f": {display_name(finding.label).lower()}"
    title = clipped(f"{title}   probability {probability_text(finding)}", CHARACTERS)
    lines = [(title, theme.TEXT, _swatch(finding, palette))]
    text = ""
    for name, measurement in finding.measurements.items():
        item = f"{measurement_name(name, measurement)} {measurement_text(measurement, name)}"
        if text and len(text) + len(item) + 3 > CHARACTERS:
            lines.append((clipped(text, CHARACTERS), theme.QUIET, ""))
            text = ""
        text = f"{text} · {item}" if text else item
    if text:
        lines.append((clipped(text, CHARACTERS), theme.QUIET, ""))
    flags = ", ".join(flag_text(flag) for flag in finding.flags)
    lines += [(line, theme.WARNING, "") for line in textwrap.wrap(flags, CHARACTERS)]
    return lines


def _swatch(finding: Finding, palette: Palette) -> str:
    name = finding.structure if finding.structure in palette.colors else finding.label
    return palette.hex(name) if name in palette.colors else theme.RULE
