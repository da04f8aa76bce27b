"""What the chosen row of a table may be, as a combo box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from OrthoAILib.Signal import Signal


@dataclass(frozen=True)
class Choices:
    """Text of each value that a row may have, and the value that it has."""

    texts: dict[Any, str]
    current: Any


NO_CHOICES = Choices({}, None)


class RowSelector:
    """Shows the choices of one row at a time.

    Args:
        box: QComboBox.

    Signals:
        chosen(value): by mouse or keyboard.
    """

    def __init__(self, box: Any) -> None:
        self.chosen = Signal()
        self._box = box
        self._values: tuple[Any, ...] = ()
        box.connect("activated(int)", self._onActivated)

    def show(self, choices: Choices, enabled: bool) -> None:
        """Offer ``choices``, if there are any and ``enabled``."""
        self._values = tuple(choices.texts)
        self._box.clear()
        for text in choices.texts.values():
            self._box.addItem(text)
        if choices.texts:
            self._box.setCurrentIndex(self._values.index(choices.current))
        self._box.setEnabled(enabled and bool(choices.texts))

    def open(self) -> None:
        """Drop the list down."""
        self._box.setFocus()
        self._box.showPopup()

    def _onActivated(self, index: int) -> None:
        self.chosen.emit(self._values[index])
