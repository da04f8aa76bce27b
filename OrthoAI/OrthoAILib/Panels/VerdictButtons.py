"""Four buttons, one of which may be down."""

from __future__ import annotations

from functools import partial
from typing import Any

from orthoai.review import Verdict
from slicer.i18n import tr as _

from OrthoAILib.Signal import Signal


class VerdictButtons:
    """Shows the verdict and tells what was clicked.

    Args:
        ui: with approveButton, correctButton, rejectButton, flagButton (checkable).
        keys: keyboard shortcut of each verdict, shown in the tooltips.

    Signals:
        chosen(Verdict or None): None when the button that is down was clicked again.
    """

    def __init__(self, ui: Any, keys: dict[Verdict, str]) -> None:
        self.chosen = Signal()
        self._verdict: Verdict | None = None
        self._buttons = {
            Verdict.APPROVED: ui.approveButton,
            Verdict.CORRECTED: ui.correctButton,
            Verdict.REJECTED: ui.rejectButton,
            Verdict.FLAGGED: ui.flagButton,
        }
        tips = {
            Verdict.APPROVED: _("The result is right."),
            Verdict.CORRECTED: _("The result is right now, after my corrections."),
            Verdict.REJECTED: _("The result is wrong and not worth mending; nothing is learned from it."),
            Verdict.FLAGGED: _("Somebody else should look; nothing is learned from it yet."),
        }
        for verdict, button in self._buttons.items():
            button.setToolTip(f"{tips[verdict]} ({keys[verdict]})")
            button.connect("clicked()", partial(self._onClicked, verdict))

    def choose(self, verdict: Verdict) -> None:
        """By keyboard: a second time changes nothing."""
        if self._buttons[verdict].enabled:
            self.chosen.emit(verdict)

    def show(self, verdict: Verdict | None) -> None:
        """Put the verdict's button down and the others up."""
        self._verdict = verdict
        for known, button in self._buttons.items():
            button.setChecked(known is verdict)

    def setEnabled(self, enabled: bool) -> None:
        for button in self._buttons.values():
            button.setEnabled(enabled)

    def _onClicked(self, verdict: Verdict) -> None:
        self.chosen.emit(None if verdict is self._verdict else verdict)
