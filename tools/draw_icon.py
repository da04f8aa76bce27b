"""Draw the module's icon: a thigh bone in the corners of a box, 128 x 128 pixels.

python tools/draw_icon.py
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

ICON = Path(__file__).resolve().parents[1] / "OrthoAI" / "Resources" / "Icons" / "OrthoAI.png"

SIZE = 128
FINER = 8
"""Drawn this many times larger and scaled down, for smooth edges."""

GROUND, BONE, BOX = "#16344d", "#f4ead5", "#f2a13c"

SHAFT = ((62, 46), (68, 92))
"""Center line of the shaft, in pixels of the icon."""

BALLS = (((79, 33), 13.0), ((51, 39), 9.5), ((60, 97), 11.5), ((77, 96), 11.5))
"""Head, greater trochanter and the two condyles: centers and radii."""

NECK = ((79, 33), (60, 47))
WIDTHS = {"shaft": 14.0, "neck": 12.0, "box": 6.0}
BOX_CORNERS = (22, 12, 106, 116)
ARM = 19
"""Length of a corner of the box."""


def draw() -> Image.Image:
    picture = Image.new("RGBA", (SIZE * FINER, SIZE * FINER), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)

    def line(points: tuple[tuple[float, float], ...], width: float, color: str) -> None:
        """A line with round ends and joints."""
        scaled = [(x * FINER, y * FINER) for x, y in points]
        pen.line(scaled, fill=color, width=round(width * FINER), joint="curve")
        for x, y in points:
            ball((x, y), width / 2, color)

    def ball(center: tuple[float, float], radius: float, color: str) -> None:
        (x, y), r = (center[0] * FINER, center[1] * FINER), radius * FINER
        pen.ellipse((x - r, y - r, x + r, y + r), fill=color)

    edge = SIZE * FINER - 1
    pen.rounded_rectangle((0, 0, edge, edge), radius=22 * FINER, fill=GROUND)
    line(SHAFT, WIDTHS["shaft"], BONE)
    line(NECK, WIDTHS["neck"], BONE)
    for center, radius in BALLS:
        ball(center, radius, BONE)
    left, top, right, bottom = BOX_CORNERS
    for x, inward in ((left, ARM), (right, -ARM)):
        for y, down in ((top, ARM), (bottom, -ARM)):
            line(((x + inward, y), (x, y), (x, y + down)), WIDTHS["box"], BOX)
    return picture.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    ICON.parent.mkdir(exist_ok=True)
    draw().save(ICON, optimize=True)
    print(f"wrote {ICON.name}")
