"""Correct, decide, keep the case, go on to the next one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import qt
import slicer
from orthoai.review import Verdict
from slicer.i18n import tr as _

from OrthoAILib.Bridge.ReviewBridge import ReviewBridge
from OrthoAILib.Panels.Ask import Ask, AskWithdraw, askInSlicer, askWithdrawInSlicer
from OrthoAILib.Panels.CaseLoader import caseOf, loadCase
from OrthoAILib.Panels.CaseWalk import CaseWalk
from OrthoAILib.Panels.ExportForm import ExportForm
from OrthoAILib.Panels.Form import Form
from OrthoAILib.Panels.MaskEditor import MaskEditor
from OrthoAILib.Panels.MessageLine import MessageLine
from OrthoAILib.Panels.OnScreen import OnScreen
from OrthoAILib.Panels.ReviewExport import ReviewExport
from OrthoAILib.Panels.ReviewMirror import mirrorReview
from OrthoAILib.Panels.ReviewParts import exportersOfRegistry, exportsInSlicer, stateLine
from OrthoAILib.Panels.ReviewWords import ReviewWords
from OrthoAILib.Panels.Shortcuts import Shortcuts
from OrthoAILib.Panels.UndoButtons import UndoButtons
from OrthoAILib.Panels.VerdictButtons import VerdictButtons
from OrthoAILib.Panels.WorklistRow import WorklistRow
from OrthoAILib.Review.ActivityWatch import ActivityWatch
from OrthoAILib.Review.ReviewSession import ReviewSession
from OrthoAILib.Review.ReviewState import ReviewState
from OrthoAILib.Signal import Signal

if TYPE_CHECKING:
    from orthoai.io.image_folder import ImageEntry

    from OrthoAILib.Bridge.ResultNodes import ResultNodes
    from OrthoAILib.Review.ExportController import ExportController

VERDICT_KEYS = {
    Verdict.APPROVED: "Ctrl+Shift+A",
    Verdict.CORRECTED: "Ctrl+Shift+C",
    Verdict.REJECTED: "Ctrl+Shift+R",
    Verdict.FLAGGED: "Ctrl+Shift+F",
}
UNDO_KEYS, REDO_KEYS = "Ctrl+Z", "Ctrl+Shift+Z"
PREVIOUS_KEYS, NEXT_KEYS, NEXT_OPEN_KEYS, EXPORT_KEYS = "Ctrl+PgUp", "Ctrl+PgDown", "Ctrl+Shift+PgDown", "Ctrl+Shift+E"

REST_MS = 400
"""Milliseconds after which a box that was dragged, or a mask that was painted, counts as at rest."""


class ReviewPanel:
    """The review of the result that the panel shows.

    Args:
        reviews: ReviewBridge; by default that of slicer.mrmlScene.
        exports: ExportController; closed by :meth:`cleanup`.
        ask: what becomes of an unsaved review.
        askWithdraw: whether a case that was exported is taken out of the training set.
        load: puts a case of the worklist into the scene.

    Signals:
        openCaseRequested(path): a case of the worklist is about to be opened; caseOpened(ImageEntry, volumeNode): it
        is; exportRequested(ExportRequest).
    """

    def __init__(
        self,
        reviews: ReviewBridge | None = None,
        exports: ExportController | None = None,
        ask: Ask = askInSlicer,
        askWithdraw: AskWithdraw = askWithdrawInSlicer,
        load: Callable[[ImageEntry], Any] = loadCase,
    ) -> None:
        self.openCaseRequested, self.caseOpened, self.exportRequested = Signal(), Signal(), Signal()
        self._reviews = reviews or ReviewBridge(slicer.mrmlScene)
        self._node: Any = None
        self._volumeNode: Any = None
        self._session: ReviewSession | None = None
        self._activity: ActivityWatch | None = None
        self._enabled = True
        form = Form("ReviewPanel")
        self.widget, self._ui = form.widget, form.ui
        self.widget.setMRMLScene(slicer.mrmlScene)
        self.notice = MessageLine(self._ui.noticeIcon, self._ui.noticeText)
        self.maskEditor = MaskEditor(self._ui.segmentEditor)
        self.words = ReviewWords(self._ui)
        self.undoButtons = UndoButtons(self._ui, UNDO_KEYS, REDO_KEYS)
        self.verdicts = VerdictButtons(self._ui, VERDICT_KEYS)
        self.worklist = WorklistRow(self._ui, PREVIOUS_KEYS, NEXT_KEYS, NEXT_OPEN_KEYS)
        self.exportForm = ExportForm(self._ui, exportersOfRegistry(), EXPORT_KEYS)
        self.export = ReviewExport(self.exportForm, exports or exportsInSlicer(), self.notice)
        self.walk = CaseWalk(self.worklist, self.export, self.notice, ask, askWithdraw, load)
        self._rest = qt.QTimer()
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._shortcuts = Shortcuts(self._actions())
        self._connect()
        self._update()

    @property
    def session(self) -> ReviewSession | None:
        """The review that is going on."""
        return self._session

    @property
    def last(self) -> Any:
        """The widget that the Tab key reaches last."""
        return self._ui.exportButton

    # Life

    def setParameterNode(self, node: Any | None) -> None:
        """Work on ``node`` (OrthoAIParameterNode) from now on; None while a scene is closed."""
        self._node = node
        if node is None:
            self.setResult(None, None)
            return
        self.exportForm.setFolder(node.exportFolder)
        self._update()
        self.walk.takeFolders()

    def setResult(self, nodes: ResultNodes | None, volumeNode: Any) -> None:
        """Review a result on ``volumeNode``, or nothing. What was said about it before is still there."""
        self._endSession()
        self._volumeNode = volumeNode
        if nodes is not None:
            reviewer = self._node.reviewer if self._node is not None else ""
            editor = self.maskEditor
            session = ReviewSession(nodes, volumeNode, self._reviews, reviewer, editor.undo, editor.redo)
            session.changed.connect(self._onSessionChanged)
            session.touched.connect(self._rest.start)
            session.noticed.connect(partial(self._onNoticed, session))
            self._session = session
            self._activity = ActivityWatch(slicer.mrmlScene, session.touch)
            self.worklist.setLoaded(caseOf(volumeNode))
        self.maskEditor.setNodes(nodes.segmentation if nodes is not None else None, volumeNode)
        self._onSessionChanged()

    def setEnabled(self, enabled: bool) -> None:
        """Whether the case may be changed or left: not during a run."""
        self._enabled = enabled
        self._update()

    def enter(self) -> None:
        """The user has opened the module."""
        self._shortcuts.install(slicer.util.mainWindow() or self.widget)
        self.maskEditor.enter()
        if self._session is not None:
            self._session.touch()

    def exit(self) -> None:
        """The user has gone to another module."""
        self._shortcuts.remove()
        self.maskEditor.exit()
        if self._session is not None:
            self._session.settle()
            self._session.pause()

    def cleanup(self) -> None:
        """The panel goes away. A case that is being written is finished first."""
        self.exit()
        self.export.close()
        self._endSession()
        self._node = None

    # Edits and words

    def undo(self) -> None:
        """Take the last edit back, whatever it was: class, box or mask."""
        if self._session is not None and self._enabled and not self._session.undo():
            self.notice.say(_("There is nothing to undo."))

    def redo(self) -> None:
        """Make the edit again that was taken back last."""
        if self._session is not None and self._enabled and not self._session.redo():
            self.notice.say(_("There is nothing to redo."))

    def _onVerdict(self, verdict: Verdict | None) -> None:
        if self._session is not None:
            self.notice.clear()
            self._session.decide(verdict)
            self.walk.decided(self._session)

    def _onNoticed(self, session: ReviewSession, sentence: str) -> None:
        self.notice.say(sentence)
        self.walk.keep(session)  # An edit may have taken the verdict back.

    def _onCommentEdited(self, comment: str) -> None:
        if self._session is not None:
            self._session.setComment(comment)

    def _onReviewerEdited(self, reviewer: str) -> None:
        if self._node is not None:
            self._node.reviewer = reviewer
        if self._session is not None:
            self._session.setReviewer(reviewer)

    # Showing

    def _actions(self) -> dict[str, Callable[[], Any]]:
        actions: dict[str, Callable[[], Any]] = {
            keys: partial(self.verdicts.choose, verdict) for verdict, keys in VERDICT_KEYS.items()
        }
        actions |= {UNDO_KEYS: self.undo, REDO_KEYS: self.redo, EXPORT_KEYS: self.export.start}
        actions |= {PREVIOUS_KEYS: self.worklist.askPrevious, NEXT_KEYS: self.worklist.askNext}
        return actions | {NEXT_OPEN_KEYS: self.worklist.askNextOpen}

    def _connect(self) -> None:
        self._rest.connect("timeout()", self._onRest)
        self.undoButtons.undoAsked.connect(self.undo)
        self.undoButtons.redoAsked.connect(self.redo)
        self.words.commentEdited.connect(self._onCommentEdited)
        self.words.reviewerEdited.connect(self._onReviewerEdited)
        self.verdicts.chosen.connect(self._onVerdict)
        self.exportForm.folderChosen.connect(self._onExportFolder)
        self.export.requested.connect(self.exportRequested.emit)
        self.export.saved.connect(self.walk.keep)
        self.export.busyChanged.connect(self._update)
        self.walk.opening.connect(self.openCaseRequested.emit)
        self.walk.opened.connect(self.caseOpened.emit)

    def _onExportFolder(self, folder: str) -> None:
        if self._node is not None:
            self._node.exportFolder = folder
            self._update()
            self.walk.takeFolders()

    def _onRest(self) -> None:
        if self._session is not None:
            self._session.settle()

    def _onSessionChanged(self) -> None:
        if self._node is not None and self._session is not None:
            mirrorReview(self._node, self._session.state, self.worklist.index)
        self._update()

    def _update(self) -> None:
        session = self._session
        state = session.state if session is not None else ReviewState()
        usable = session is not None and self._enabled
        self.verdicts.show(state.verdict)
        self.verdicts.setEnabled(usable)
        reviewer = self._node.reviewer if self._node is not None else ""
        self.words.show(state.comment, state.reviewer if session is not None else reviewer)
        self.words.setEnabled(usable)
        self._ui.editSection.setEnabled(usable)
        self.undoButtons.show(session.history if session is not None else None, self._enabled)
        line = stateLine(state) if session is not None else _("Run a task to have something to review.")
        self._ui.stateText.setText(line)
        shown = OnScreen(self._node, session, self._volumeNode, self._enabled)
        self.export.show(shown)
        self.walk.show(shown)

    def _endSession(self) -> None:
        # Nobody may find the session here while it closes: closing tells the parameter node, and that its observers.
        session, activity = self._session, self._activity
        self._session, self._activity = None, None
        self._rest.stop()
        if activity is not None:
            activity.close()
        if session is not None:
            session.close()
