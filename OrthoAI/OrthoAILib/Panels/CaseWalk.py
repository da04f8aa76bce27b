"""From one case of the worklist to the next, without losing what was done to the first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import slicer
from orthoai.dataset import Dataset
from orthoai.dataset.identity import case_id
from orthoai.dataset.withdraw import withdraw_case
from orthoai.errors import InputError
from orthoai.models.taught import told_of_installed
from slicer.i18n import tr as _

from OrthoAILib.Bridge.Terminology import Terminology
from OrthoAILib.Panels.Ask import Answer, Ask, AskWithdraw
from OrthoAILib.Panels.CaseLoader import caseOf, removeCase, unsavedResults
from OrthoAILib.Panels.OnScreen import OnScreen
from OrthoAILib.Panels.ReviewExport import OUTSIDE
from OrthoAILib.Review.Reachable import isThere
from OrthoAILib.Signal import Signal

if TYPE_CHECKING:
    from orthoai.io.image_folder import ImageEntry

    from OrthoAILib.Panels.MessageLine import MessageLine
    from OrthoAILib.Panels.ReviewExport import ReviewExport
    from OrthoAILib.Panels.WorklistRow import WorklistRow
    from OrthoAILib.Review.ReviewSession import ReviewSession
    from OrthoAILib.Review.ReviewState import ReviewState


class CaseWalk:
    """Opens cases. An unsaved review is never left without a question.

    Args:
        row: the worklist.
        export: saves the case that is left.
        notice: for sentences.
        ask: what becomes of an unsaved review.
        askWithdraw: whether a case that was exported is taken out of the training set.
        load: puts a case into the scene.

    Signals:
        opening(path), opened(ImageEntry, volumeNode): its image is in the scene.
    """

    def __init__(
        self,
        row: WorklistRow,
        export: ReviewExport,
        notice: MessageLine,
        ask: Ask,
        askWithdraw: AskWithdraw,
        load: Callable[[ImageEntry], Any],
    ) -> None:
        self.opening, self.opened = Signal(), Signal()
        self._row, self._export, self._notice = row, export, notice
        self._ask, self._askWithdraw, self._load = ask, askWithdraw, load
        self._shown = OnScreen()
        row.caseAsked.connect(self._onCaseAsked)
        row.folderChosen.connect(self._onFolderChosen)
        row.noticed.connect(notice.warn)
        row.outdated.connect(notice.retract)

    def show(self, shown: OnScreen) -> None:
        """Work on ``shown`` from now on."""
        self._shown = shown

    def takeFolders(self) -> None:
        """Walk through the folder that the parameter node names."""
        node = self._shown.node
        self._row.setFolders(node.worklistFolder, node.exportFolder)
        self._row.setLoaded(caseOf(node.inputVolume))

    def keep(self, session: ReviewSession) -> None:
        """Tell the worklist what was decided. A case that stays out of the training set is safe then.

        One that an earlier verdict has put there is not out of it: people train on what lies there, also where another
        training set was chosen since.
        """
        kept = self._row.record(session.state)
        if session.state.verdict not in OUTSIDE:
            return
        exported = self._exported(session)
        if exported:
            sentence = _("This case is still in the training set: delete its folder {name} there to take it out.")
            self._notice.warn(sentence.format(name=self._names(exported)))
        elif kept:
            session.markSaved()

    def decided(self, session: ReviewSession) -> None:
        """A verdict was chosen. One that keeps a case out offers to take it out where it was exported before."""
        exported = self._exported(session) if session.state.verdict in OUTSIDE else []
        if not exported or not self._askWithdraw(self._names(exported)):
            self.keep(session)
            return
        try:
            places = [str(withdraw_case(case.parents[1], case.name)) for case in exported]
        except InputError as error:
            self.keep(session)
            self._notice.warn(str(error))
            return
        self.keep(session)
        sentence = _("The case was taken out of the training set and is kept in {folder}. {models}")
        self._notice.say(sentence.format(folder=_(" and ").join(places), models=_models(exported[0].name)))

    def _exported(self, session: ReviewSession) -> list[Path]:
        """The folders of the case in the training sets: that chosen now, and those that it was exported to before."""
        chosen = self._shown.node.exportFolder if self._shown.node is not None else ""
        name = case_id(session.nodes.taskName, session.nodes.stored().source.sha256)
        folders = dict.fromkeys(Path(folder) for folder in (chosen, *session.state.trainingSets) if folder)
        return [case for folder in folders if isThere(case := Dataset(folder).cases_folder / name)]

    def _names(self, cases: list[Path]) -> str:
        """Within the chosen training set, and whole in another."""
        chosen = self._shown.node.exportFolder if self._shown.node is not None else ""
        short = (
            f"{case.parent.name}/{case.name}" if chosen and case.parents[1] == Path(chosen) else str(case)
            for case in cases
        )
        return str(_(" and ")).join(short)

    def _onFolderChosen(self, folder: str) -> None:
        if self._shown.node is not None:
            self._shown.node.worklistFolder = folder
            self.takeFolders()

    def _onCaseAsked(self, entry: ImageEntry) -> None:
        if not self._shown.isEnabled or self._export.isBusy:
            return
        session = self._shown.session
        if session is not None:
            session.settle()
            if session.state.verdict in OUTSIDE:
                self.keep(session)
        if session is None or not session.isUnsaved:
            self._leave(entry)
            return
        answer = self._ask(not self._export.problem, "")
        if answer is Answer.DISCARD:
            self._leave(entry, discarded=session.state)
        elif answer is Answer.SAVE:
            self._export.start(then=lambda: self._openIfSaved(entry))

    def _openIfSaved(self, entry: ImageEntry) -> None:
        """Somebody may have edited on while the case was written."""
        if self._shown.session is None or not self._shown.session.isUnsaved:
            self._leave(entry)

    def _leave(self, entry: ImageEntry, discarded: ReviewState | None = None) -> None:
        """Results of the image that are not on screen go with it, and so does a ``discarded`` verdict."""
        others = self._othersUnsaved()
        if others and self._ask(False, others) is not Answer.DISCARD:
            return
        if discarded is not None and discarded.revision == 0 and discarded.verdict not in OUTSIDE:
            self._row.record(replace(discarded, verdict=None))
        self._open(entry)

    def _othersUnsaved(self) -> str:
        """Titles of the tasks of unsaved results that would be lost; empty for none."""
        previous, session = self._shown.node.inputVolume, self._shown.session
        if caseOf(previous) is None:
            return ""
        shown = session.nodes.resultId if session is not None else ""
        title = Terminology().title
        return ", ".join(title(nodes.taskName) for nodes in unsavedResults(previous) if nodes.resultId != shown)

    def _open(self, entry: ImageEntry) -> None:
        self._notice.clear()
        self.opening.emit(str(entry.path))
        node = self._shown.node
        previous = node.inputVolume if node is not None else None
        volumeNode, problem = None, ""
        try:
            volumeNode = self._load(entry)
        except InputError as error:
            problem = str(error)
        if node is not None:
            node.inputVolume = volumeNode
        if caseOf(previous) is not None:
            removeCase(previous)
        self._row.opened(entry)
        if problem:
            # The image before it has gone all the same: a verdict would be taken for this case's.
            self._notice.warn(problem)
        else:
            slicer.util.setSliceViewerLayers(background=volumeNode, fit=True)
            self.opened.emit(entry, volumeNode)


def _models(case: str) -> str:
    """Which of the installed models learned from the case of that name, or may have."""
    told = told_of_installed(case)
    if not told:
        return str(_("No installed model learned from it; others that did know it."))
    return str(_("Installed models that have it or may: {names}.")).format(names=", ".join(told))
