"""Loading a .ui file of the module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer.util

UI_FOLDER = Path(__file__).resolve().parents[2] / "Resources" / "UI"


class Form:
    """A loaded .ui file.

    Args:
        name: of the file in Resources/UI, without its suffix.

    Attributes:
        widget: the top widget.
        ui: its named children as attributes.
    """

    def __init__(self, name: str) -> None:
        self.widget: Any = slicer.util.loadUI(str(UI_FOLDER / f"{name}.ui"))
        self.ui: Any = slicer.util.childWidgetVariables(self.widget)
