"""The export of the case on screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from orthoai.dataset import DatasetCase
from orthoai.dataset.revisions import kept_revision
from orthoai.errors import InputError
from orthoai.review import Verdict
from slicer.i18n import tr as _

from OrthoAILib.Bridge.VolumeBridge import VolumeBridge
from OrthoAILib.Panels.OnScreen import OnScreen
from OrthoAILib.Review.ExportRequest import ExportRequest
from OrthoAILib.Signal import Signal

if TYPE_CHECKING:
    from pathlib import Path

    from OrthoAILib.Panels.ExportForm import ExportForm
    from OrthoAILib.Panels.MessageLine import MessageLine
    from OrthoAILib.Review.ExportController import ExportController
    from OrthoAILib.Review.ReviewSession import ReviewSession
    from OrthoAILib.Review.ReviewState import ReviewState

OUTSIDE = (Verdict.REJECTED, Verdict.FLAGGED)
"""Verdicts of cases that do not go into the training set."""


class ReviewExport:
    """Puts the case on screen into the training set, and says how that went.

    Args:
        form: folder, formats and button.
        exports: does the work.
        notice: for sentences.

    Signals:
        requested(ExportRequest), saved(ReviewSession): the case is on disk, busyChanged().
    """

    def __init__(self, form: ExportForm, exports: ExportController, notice: MessageLine) -> None:
        self.requested, self.saved, self.busyChanged = Signal(), Signal(), Signal()
        self._form, self._exports, self._notice = form, exports, notice
        self._shown = OnScreen()
        self._writing: tuple[ReviewSession, ReviewState, str] | None = None
        self._then: Callable[[], None] | None = None
        form.exportAsked.connect(self.start)
        exports.progressed.connect(notice.say)
        exports.saved.connect(self._onSaved)
        exports.finished.connect(self._onFinished)
        exports.failed.connect(self._onFailed)

    @property
    def isBusy(self) -> bool:
        return self._exports.isBusy

    @property
    def problem(self) -> str:
        """One sentence why the case cannot be exported now; empty where it can."""
        session = self._shown.session
        if session is None:
            return _("There is no result to export: run a task first.")
        if self.isBusy:
            return _("A case is being written.")
        if not self._shown.isEnabled:
            return _("A task is running.")
        if session.state.verdict is None:
            return _("Decide first: only approved and corrected cases go into the training set.")
        if session.state.verdict in OUTSIDE:
            return _("A rejected or flagged case does not go into the training set.")
        if self._shown.node is None or not self._shown.node.exportFolder:
            return _("Choose a folder for the training set first.")
        return ""

    def show(self, shown: OnScreen) -> None:
        """Work on ``shown`` from now on. An export that is going on is not touched."""
        self._shown = shown
        self._form.setProblem(self.problem)

    def start(self, then: Callable[[], None] | None = None) -> bool:
        """Export. False when it cannot be done, and the notice says why.

        Args:
            then: called when everything is written, and not when it fails.
        """
        self._form.settle()
        session, problem = self._shown.session, self.problem
        if problem or session is None:
            self._notice.warn(problem)
            return False
        try:
            review = session.review()
        except InputError as error:
            self._notice.warn(str(error))
            return False
        folder = self._shown.node.exportFolder
        digest = session.nodes.imageDigest
        request = ExportRequest.ofNode(
            folder, self._shown.volumeNode, VolumeBridge(), review, self._form.formats, digest
        )
        self._writing, self._then = (session, session.state, str(folder)), then
        self.requested.emit(request)
        self._exports.start(request)
        self.busyChanged.emit()
        return True

    def close(self) -> None:
        """Finish the case that is being written; drop the rest."""
        self._exports.close()

    def _onSaved(self, revision: int) -> None:
        """The reviewer may have gone on to another result since: only the one that was written is saved."""
        if self._writing is not None and self._writing[0] is self._shown.session:
            session, asOf, folder = self._writing
            session.markSaved(revision, asOf, folder)
            self.saved.emit(session)

    def _onFinished(self, request: ExportRequest, folder: Any) -> None:
        then = self._end()
        sentence = _("The case is in the training set: {name}").format(name=folder.name)
        self._notice.say(" ".join(filter(None, (sentence, _replacedUnseen(request, folder)))))
        if then is not None:
            then()

    def _onFailed(self, sentence: str) -> None:
        self._end()
        self._notice.warn(sentence)

    def _end(self) -> Callable[[], None] | None:
        then, self._then, self._writing = self._then, None, None
        self.busyChanged.emit()
        return then


def _replacedUnseen(request: ExportRequest, folder: Path) -> str:
    """Whose review was replaced that this one did not go on from; empty for none."""
    try:
        parent = DatasetCase(folder).lineage.parent_revision
        if parent is None or parent < request.review.revision:
            return ""
        replaced = kept_revision(request.dataset, folder.name, parent).lineage
    except InputError:
        return ""  # Somebody else has been quicker: this is no more than a notice.
    sentence = _("It replaces revision {number} ({verdict}{by}), which is kept in the folder revisions.")
    by = _(" by {reviewer}").format(reviewer=replaced.reviewer) if replaced.reviewer else ""
    return str(sentence.format(number=parent, verdict=replaced.verdict.value, by=by))
