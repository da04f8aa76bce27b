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
from OrthoAILib.Panels.Ask import Ask, askInSlicer
from OrthoAILib.Panels.CaseLoader import caseOf, loadCase
from OrthoAILib.Panels.CaseWalk import CaseWalk
from OrthoAILib.Panels.ExportForm import ExportForm
from OrthoAILib.Panels.Form import Form
from OrthoAILib.Panels.MaskEditor import MaskEditor
from OrthoAILib.Panels.MessageLine import MessageLine
from OrthoAILib.Panels.OnScreen import OnScreen
from OrthoAILib.Panels.ReviewExport import ReviewExport
from OrthoAILib.Panels.ReviewParts import exportersOfRegistry, exportsInSlicer, stateLine
from OrthoAILib.Panels.Shortcuts import Shortcuts
from OrthoAILib.Panels.VerdictButtons import VerdictButtons
from OrthoAILib.Panels.WorklistRow import WorklistRow
from OrthoAILib.Review.ActivityWatch import ActivityWatch
from OrthoAILib.Review.EditHistory import EditHistory
from OrthoAILib.Review.ReviewSession import ReviewSession
from OrthoAILib.Review.ReviewState import ReviewState
from OrthoAILib.Signal import Signal

if TYPE_CHECKING:
    from OrthoAILib.Bridge.ResultNodes import ResultNodes
    from OrthoAILib.Review.ExportController import ExportController
    from OrthoAILib.Review.ImageFolder import ImageEntry

VERDICT_KEYS = {
    Verdict.APPROVED: "Ctrl+Shift+A",
    Verdict.CORRECTED: "Ctrl+Shift+C",
    Verdict.REJECTED: "Ctrl+Shift+R",
    Verdict.FLAGGED: "Ctrl+Shift+F",
}
UNDO_KEYS, REDO_KEYS = "Ctrl+Z", "Ctrl+Shift+Z"
PREVIOUS_KEYS, NEXT_KEYS, EXPORT_KEYS = "Ctrl+PgUp", "Ctrl+PgDown", "Ctrl+Shift+E"

NO_EDITS = EditHistory(lambda: 0)
"""Of no review at all."""

REST_MS = 400
"""Milliseconds after which a box that was dragged, or a mask that was painted, counts as at rest."""


class ReviewPanel:
    """The review of the result that the panel shows.

    Args:
        reviews: ReviewBridge; by default that of slicer.mrmlScene.
        exports: ExportController; closed by :meth:`cleanup`.
        ask: what becomes of an unsaved review.
        load: puts a case of the worklist into the scene.

    Signals:
        openCaseRequested(path): a case of the worklist is about to be opened; exportRequested(ExportRequest).
    """

    def __init__(
        self,
        reviews: ReviewBridge | None = None,
        exports: ExportController | None = None,
        ask: Ask = askInSlicer,
        load: Callable[[ImageEntry], Any] = loadCase,
    ) -> None:
        self.openCaseRequested, self.exportRequested = Signal(), Signal()
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
        self.verdicts = VerdictButtons(self._ui, VERDICT_KEYS)
        self.worklist = WorklistRow(self._ui, PREVIOUS_KEYS, NEXT_KEYS)
        self.exportForm = ExportForm(self._ui, exportersOfRegistry(), EXPORT_KEYS)
        self.export = ReviewExport(self.exportForm, exports or exportsInSlicer(), self.notice)
        self.walk = CaseWalk(self.worklist, self.export, self.notice, ask, load)
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
            self.walk.keep(self._session)

    def _onNoticed(self, session: ReviewSession, sentence: str) -> None:
        self.notice.say(sentence)
        self.walk.keep(session)  # An edit may have taken the verdict back.

    def _onCommentEdited(self) -> None:
        if self._session is not None:
            self._session.setComment(self._ui.commentEdit.text)

    def _onReviewerEdited(self) -> None:
        if self._node is not None:
            self._node.reviewer = self._ui.reviewerEdit.text
        if self._session is not None:
            self._session.setReviewer(self._ui.reviewerEdit.text)

    # Showing

    def _actions(self) -> dict[str, Callable[[], Any]]:
        actions: dict[str, Callable[[], Any]] = {
            keys: partial(self.verdicts.choose, verdict) for verdict, keys in VERDICT_KEYS.items()
        }
        actions |= {UNDO_KEYS: self.undo, REDO_KEYS: self.redo, EXPORT_KEYS: self.export.start}
        return actions | {PREVIOUS_KEYS: self.worklist.askPrevious, NEXT_KEYS: self.worklist.askNext}

    def _connect(self) -> None:
        ui = self._ui
        self._rest.connect("timeout()", self._onRest)
        ui.undoButton.connect("clicked()", self.undo)
        ui.redoButton.connect("clicked()", self.redo)
        ui.commentEdit.connect("textEdited(QString)", lambda text: self._onCommentEdited())
        ui.reviewerEdit.connect("textEdited(QString)", lambda text: self._onReviewerEdited())
        self.verdicts.chosen.connect(self._onVerdict)
        self.exportForm.folderChosen.connect(self._onExportFolder)
        self.export.requested.connect(self.exportRequested.emit)
        self.export.saved.connect(self.walk.keep)
        self.export.busyChanged.connect(self._update)
        self.walk.opening.connect(self.openCaseRequested.emit)

    def _onExportFolder(self, folder: str) -> None:
        if self._node is not None:
            self._node.exportFolder = folder
            self._update()
            self.walk.takeFolders()

    def _onRest(self) -> None:
        if self._session is not None:
            self._session.settle()

    def _onSessionChanged(self) -> None:
        self._mirror()
        self._update()

    def _mirror(self) -> None:
        """The parameter node says where the review on screen stands; the result's nodes keep it."""
        if self._node is None or self._session is None:
            return
        state = self._session.state
        words = {
            "verdict": state.verdict.value if state.verdict else "",
            "comment": state.comment,
            "reviewer": state.reviewer,
            "revision": state.revision,
            "timeSpent": state.timeSpent,
            "worklistIndex": self.worklist.index,
        }
        with slicer.util.NodeModify(self._node):
            for name, value in words.items():
                if getattr(self._node, name) != value:
                    setattr(self._node, name, value)

    def _update(self) -> None:
        session, ui = self._session, self._ui
        state = session.state if session is not None else ReviewState()
        usable = session is not None and self._enabled
        self.verdicts.show(state.verdict)
        self.verdicts.setEnabled(usable)
        _showText(ui.commentEdit, state.comment)
        reviewer = self._node.reviewer if self._node is not None else ""
        _showText(ui.reviewerEdit, state.reviewer if session is not None else reviewer)
        for widget in (ui.commentEdit, ui.editSection):
            widget.setEnabled(usable)
        history = session.history if session is not None else NO_EDITS
        self._showStep(ui.undoButton, _("Undo"), UNDO_KEYS, history.undoText, history.canUndo)
        self._showStep(ui.redoButton, _("Redo"), REDO_KEYS, history.redoText, history.canRedo)
        ui.stateText.setText(stateLine(state) if session is not None else _("Run a task to have something to review."))
        shown = OnScreen(self._node, session, self._volumeNode, self._enabled)
        self.export.show(shown)
        self.walk.show(shown)

    def _showStep(self, button: Any, word: str, keys: str, text: str, possible: bool) -> None:
        button.setEnabled(possible and self._enabled)
        button.setToolTip(f"{word}: {text} ({keys})" if text else f"{word} ({keys})")

    def _endSession(self) -> None:
        # Nobody may find the session here while it closes: closing tells the parameter node, and that its observers.
        session, activity = self._session, self._activity
        self._session, self._activity = None, None
        self._rest.stop()
        if activity is not None:
            activity.close()
        if session is not None:
            session.close()


def _showText(edit: Any, text: str) -> None:
    """Leaves the cursor of somebody who is typing where it is."""
    if edit.text != text:
        edit.setText(text)
