"""Names and colors of structures as a person reads them."""

from __future__ import annotations

from dataclasses import dataclass

from orthoai.errors import InputError
from orthoai.result import Result

Color = tuple[int, int, int]

FALLBACK: tuple[Color, ...] = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (204, 121, 167), (213, 94, 0))
"""Okabe-Ito colors, told apart with any color vision; for labels that their task does not color."""

SIDES = ("left", "right")


@dataclass(frozen=True)
class Palette:
    """The colors of one result.

    Attributes:
        title: of the task, such as "Segment Femur".
        names: voxel value to structure name.
        colors: structure name to red, green, blue (0..255).
    """

    title: str
    names: dict[int, str]
    colors: dict[str, Color]

    @classmethod
    def of(cls, result: Result) -> Palette:
        """Colors from the task's registry entry, else from a fixed list."""
        from orthoai.tasks import get_task

        colors = {name: FALLBACK[n % len(FALLBACK)] for n, name in enumerate(result.labels.values())}
        title = display_name(result.task)
        try:
            task = get_task(result.task)
        except InputError:
            # A result of a task that this installation lacks can still be shown.
            return cls(title, dict(result.labels), colors)
        colors |= {label.name: label.color for label in task.labels}
        return cls(task.title, dict(result.labels), colors)

    def rgb(self, name: str) -> tuple[float, float, float]:
        """Color of a structure, 0..1 per channel."""
        red, green, blue = self.colors.get(name, FALLBACK[0])
        return red / 255, green / 255, blue / 255

    def hex(self, name: str) -> str:
        """Color of a structure for CSS, such as "#e69f00"."""
        return "#{:02x}{:02x}{:02x}".format(*self.colors.get(name, FALLBACK[0]))


def display_name(name: str) -> str:
    """A structure name for people: "femur_left" becomes "Left femur"."""
    words = name.replace("_", " ").split()
    if len(words) > 1 and words[-1].lower() in SIDES:
        words = [words[-1], *words[:-1]]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def clipped(text: str, length: int) -> str:
    """``text`` in at most ``length`` characters, the last "…" where some are left out."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
