"""What a new box is around, and the button that puts it there."""

from __future__ import annotations

from typing import Any

from OrthoAILib.Review.Wording import readable
from OrthoAILib.Signal import Signal


class AddBoxRow:
    """Offers the labels of new boxes; tells which one was asked for.

    Args:
        selector: QComboBox.
        button: QPushButton.

    Signals:
        asked(label).
    """

    def __init__(self, selector: Any, button: Any) -> None:
        self.asked = Signal()
        self._selector, self._button = selector, button
        self._labels: tuple[str, ...] = ()
        button.connect("clicked()", self._onClicked)

    def show(self, labels: tuple[str, ...], present: tuple[str, ...]) -> None:
        """Offer ``labels``; the first that no box has yet (``present`` are those of the boxes) is chosen."""
        self._labels = labels
        self._selector.clear()
        for label in labels:
            self._selector.addItem(readable(label))
        missing = [number for number, label in enumerate(labels) if label not in present]
        self._selector.setCurrentIndex(missing[0] if missing else 0)

    def setEnabled(self, enabled: bool) -> None:
        """Whether a box can be added now."""
        for widget in (self._selector, self._button):
            widget.setEnabled(enabled and bool(self._labels))

    def _onClicked(self) -> None:
        if 0 <= self._selector.currentIndex < len(self._labels):
            self.asked.emit(self._labels[self._selector.currentIndex])
