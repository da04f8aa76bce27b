"""Colors and sizes of the overview: dark and quiet, so that the images carry it."""

from __future__ import annotations

PAGE = "#0b0e12"
PANEL = "#000000"
PANEL_RGB = (0.0, 0.0, 0.0)
"""PANEL, 0..1 per channel."""

TEXT = "#e6eaf0"
QUIET = "#8d99a8"
RULE = "#232a33"
WARNING = "#f0c36d"

WIDTH_PX, HEIGHT_PX = 1600, 1000
DPI = 100
