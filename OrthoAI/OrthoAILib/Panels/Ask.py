"""The questions of the review: what becomes of it when the case is left, and of a case that was exported before."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import qt
import slicer
from slicer.i18n import tr as _


class Answer(Enum):
    """What to do with an unsaved review."""

    SAVE = "save"
    DISCARD = "discard"
    STAY = "stay"


Ask = Callable[[bool, str], Answer]
"""Asks the reviewer; the arguments tell whether the case could be saved as it is, and which other results of the image
are meant, by their tasks' titles: empty for the one on screen."""


def askInSlicer(canSave: bool, others: str = "") -> Answer:
    """Ask in a window. Only an explicit click loses anything: closing the window stays."""
    buttons = qt.QMessageBox.Discard | qt.QMessageBox.Cancel
    text = _("This case has edits or words that are not in the training set, and no verdict that would put them there.")
    if others:
        text = _("Other reviews of this image are not in the training set: {tasks}. Cancel to choose their results.")
        text = text.format(tasks=others)
    default = qt.QMessageBox.Cancel
    if canSave:
        buttons = buttons | qt.QMessageBox.Save
        text = _("This case is decided but not in the training set yet. Save it there before the next one opens?")
        default = qt.QMessageBox.Save
    parent = slicer.util.mainWindow()
    answer = qt.QMessageBox.question(parent, _("Leave this case?"), text, buttons, default)
    return {qt.QMessageBox.Save: Answer.SAVE, qt.QMessageBox.Discard: Answer.DISCARD}.get(answer, Answer.STAY)


AskWithdraw = Callable[[str], bool]
"""Asks whether an exported case shall be taken out of the training set; the argument names its folders there."""


def askWithdrawInSlicer(folders: str) -> bool:
    """Ask in a window. Closing it leaves the case where it is."""
    text = _("This case was exported, and people train on it: {folders}. Take it out of the training set?")
    return bool(slicer.util.confirmOkCancelDisplay(text.format(folders=folders), windowTitle=_("Take the case out?")))
