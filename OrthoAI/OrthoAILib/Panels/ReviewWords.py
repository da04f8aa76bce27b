"""The reviewer's name and comment."""

from __future__ import annotations

from typing import Any

from OrthoAILib.Signal import Signal


class ReviewWords:
    """Shows both words; tells what is typed.

    Args:
        ui: with commentEdit, reviewerEdit.

    Signals:
        commentEdited(text), reviewerEdited(text): by the user.
    """

    def __init__(self, ui: Any) -> None:
        self.commentEdited, self.reviewerEdited = Signal(), Signal()
        self._comment, self._reviewer = ui.commentEdit, ui.reviewerEdit
        self._comment.connect("textEdited(QString)", self.commentEdited.emit)
        self._reviewer.connect("textEdited(QString)", self.reviewerEdited.emit)

    def show(self, comment: str, reviewer: str) -> None:
        """Leaves the cursor of somebody who is typing where it is."""
        for edit, text in ((self._comment, comment), (self._reviewer, reviewer)):
            if edit.text != text:
                edit.setText(text)

    def setEnabled(self, enabled: bool) -> None:
        """Whether a comment may be written; the reviewer's name always may."""
        self._comment.setEnabled(enabled)
