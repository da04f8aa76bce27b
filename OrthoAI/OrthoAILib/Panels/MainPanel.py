"""The whole panel: its parts, and what each click sets going."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import qt
import slicer
import vtk
from orthoai.io.image_folder import READY_FOLDER
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from OrthoAILib.Bridge.Hierarchy import RESULT_ID
from OrthoAILib.Bridge.ResultNodes import ResultNodes
from OrthoAILib.Bridge.ResultVisibility import showOnly
from OrthoAILib.Panels.AdvancedPanel import AdvancedPanel
from OrthoAILib.Panels.Form import Form
from OrthoAILib.Panels.InputPanel import InputPanel
from OrthoAILib.Panels.MessageLine import MessageLine
from OrthoAILib.Panels.ResultChoice import resultsOf, resultToShow, titlesOf
from OrthoAILib.Panels.ResultPanel import ResultPanel
from OrthoAILib.Panels.ReviewPanel import ReviewPanel
from OrthoAILib.Panels.ReviewParts import reviewLine
from OrthoAILib.Panels.Shortcuts import Shortcuts
from OrthoAILib.Panels.TaskPanel import TaskPanel
from OrthoAILib.Review.CaseReading import OpenedCase
from OrthoAILib.Review.CaseResults import CaseResults
from OrthoAILib.Run.GuiTimer import guiTimer
from OrthoAILib.Run.RunOutcome import RunOutcome
from OrthoAILib.Run.RunState import RunState

if TYPE_CHECKING:
    from orthoai.io.image_folder import ImageEntry
    from orthoai.review import Review
    from orthoai.tasks import Task

    from OrthoAILib.Bridge.ResultBridge import ResultBridge
    from OrthoAILib.Bridge.VolumeBridge import VolumeBridge
    from OrthoAILib.Run.RunController import RunController

RUN_KEYS, CANCEL_KEYS = "Ctrl+Return", "Ctrl+Backspace"
"""Run the first task, and stop a run, from the keyboard."""


class MainPanel(VTKObservationMixin):
    """Input, Tasks, Result, Review and Advanced, around one run controller.

    Args:
        controller: runs the tasks; closed by its owner.
        volumes, results: the MRML bridge.
        tasks: the registry.
        models: names of the models in the store.
    """

    def __init__(
        self,
        controller: RunController,
        volumes: VolumeBridge,
        results: ResultBridge,
        tasks: Sequence[Task],
        models: Sequence[str],
    ) -> None:
        super().__init__()
        self._controller, self._volumes, self._results = controller, volumes, results
        self._tasks = {task.name: task for task in tasks}
        self._node: Any = None
        self._volume: Any = None
        self._shown: ResultNodes | None = None
        self._reviewed: ResultNodes | None = None
        self._offered: dict[str, str] = {}
        form = Form("OrthoAI")
        self.widget, self.ui = form.widget, form.ui
        self.inputPanel = InputPanel(volumes)
        self.taskPanel = TaskPanel(tasks, RUN_KEYS, CANCEL_KEYS)
        self.advancedPanel = AdvancedPanel(models)
        self.resultPanel = ResultPanel()
        self.reviewPanel = ReviewPanel()
        self.known = CaseResults(results, guiTimer)
        self.message = MessageLine(self.ui.messageIcon, self.ui.messageText)
        self._shortcuts = Shortcuts({RUN_KEYS: self._onRunKeys, CANCEL_KEYS: controller.cancel})
        self._place()
        self._connect()

    # Life

    def setParameterNode(self, node: Any | None) -> None:
        """Work on ``node`` (OrthoAIParameterNode) from now on; None while a scene is closed."""
        if self._node is not None:
            self.removeObserver(self._node.parameterNode, vtk.vtkCommand.ModifiedEvent, self._onNodeModified)
        self._node = node
        self.advancedPanel.setParameterNode(node)
        self.reviewPanel.setParameterNode(node)
        if node is not None:
            self.addObserver(node.parameterNode, vtk.vtkCommand.ModifiedEvent, self._onNodeModified)
        self.refresh()

    @property
    def result(self) -> ResultNodes | None:
        """The result that is shown."""
        return self._shown

    def refresh(self) -> None:
        """Show the volume and the result that the parameter node names."""
        self._setVolume(self._node.inputVolume if self._node is not None else None)
        own = resultsOf(self._volume, self._results)
        shown = resultToShow(own, self._node.resultId if self._node is not None else "")
        self._setResult(shown)
        self._offered = titlesOf(own, self._results)
        self.resultPanel.offer(self._offered, shown.resultId if shown is not None else "")

    def enter(self) -> None:
        """The user has opened the module."""
        self._shortcuts.install(slicer.util.mainWindow() or self.widget)
        self.reviewPanel.enter()
        self._updateProblems()

    def exit(self) -> None:
        """The user has gone to another module."""
        self._shortcuts.remove()
        self.reviewPanel.exit()

    def cleanup(self) -> None:
        """The panel goes away."""
        self._shortcuts.remove()
        self.known.close()
        self.setParameterNode(None)
        self.removeObservers()
        self.reviewPanel.cleanup()

    # Wiring

    def _place(self) -> None:
        places: dict[Any, Any] = {
            self.ui.inputLayout: self.inputPanel,
            self.ui.tasksLayout: self.taskPanel,
            self.ui.resultLayout: self.resultPanel,
            self.ui.reviewLayout: self.reviewPanel,
            self.ui.advancedLayout: self.advancedPanel,
        }
        for layout, panel in places.items():
            layout.addWidget(panel.widget)
        # For the Tab key the sections' own buttons came before all panels: each belongs behind the part above it.
        lasts = (self.taskPanel.last, self.resultPanel.last, self.reviewPanel.last)
        sections = (self.ui.resultSection, self.ui.reviewSection, self.ui.advancedSection)
        for last, section in zip(lasts, sections, strict=True):
            qt.QWidget.setTabOrder(last, section)
        # Only now: what is put into a collapsed section later would show.
        for section in (self.ui.resultSection, self.ui.reviewSection, self.ui.advancedSection):
            section.collapsed = True
        self.widget.setMRMLScene(slicer.mrmlScene)
        self.inputPanel.widget.setMRMLScene(slicer.mrmlScene)

    def _connect(self) -> None:
        controller = self._controller
        self.taskPanel.runRequested.connect(self._onRun)
        self.taskPanel.cancelRequested.connect(controller.cancel)
        self.resultPanel.rerunRequested.connect(self._onRerun)
        self.resultPanel.boxAdded.connect(self.refresh)
        self.resultPanel.resultChosen.connect(self._onResultChosen)
        self.resultPanel.noticed.connect(self.message.warn)
        self.reviewPanel.caseOpened.connect(self._onCaseOpened)
        self.known.shown.connect(self._onKnown)
        self.known.noticed.connect(self.message.warn)
        controller.stateChanged.connect(self._onState)
        controller.progressed.connect(self.taskPanel.setProgress)
        controller.finished.connect(self._onFinished)
        controller.failed.connect(self.message.warn)
        controller.canceled.connect(self.message.say)
        self.addObserver(slicer.mrmlScene, slicer.vtkMRMLScene.NodeRemovedEvent, self._onNodeRemoved)

    # Input

    def _onNodeModified(self, caller: Any, event: Any) -> None:
        self.advancedPanel.refresh()
        self.refresh()

    def _setVolume(self, volumeNode: Any | None) -> None:
        if volumeNode is not self._volume:
            # Its voxels, and what else is told of it: name, spacing, transform.
            for changed in (slicer.vtkMRMLVolumeNode.ImageDataModifiedEvent, vtk.vtkCommand.ModifiedEvent):
                if self._volume is not None:
                    self.removeObserver(self._volume, changed, self._onVolumeModified)
                if volumeNode is not None:
                    self.addObserver(volumeNode, changed, self._onVolumeModified)
            self._volume = volumeNode
            self._onVolumeModified()

    def _onVolumeModified(self, caller: Any = None, event: Any = None) -> None:
        self.inputPanel.showVolume(self._volume)
        self._updateProblems()

    def _updateProblems(self) -> None:
        self.taskPanel.setProblems(
            {name: self._volumes.problem(self._volume, task) for name, task in self._tasks.items()}
        )

    # Run

    def _onRunKeys(self) -> None:
        task = self.taskPanel.firstTask
        if task is not None and self._volume is not None:
            self._onRun(task)

    def _onRun(self, task: Task) -> None:
        self.message.clear()
        self._controller.run(task, self._volume, self.advancedPanel.options())

    def _onRerun(self) -> None:
        if self._shown is not None:
            self.message.clear()
            self._controller.runStage2(self._shown, self.advancedPanel.options())

    def _onState(self, state: RunState) -> None:
        idle = state is RunState.IDLE
        if not idle:
            self.known.cancel()
        self.taskPanel.setState(state, self._controller.task)
        for panel in (self.inputPanel, self.advancedPanel, self.resultPanel, self.reviewPanel):
            panel.setEnabled(idle)
        if state is RunState.INSTALLING:
            self.message.say(_("Checking the Python packages."))
        elif state is RunState.PREPARING:
            self.message.clear()  # The progress bar says the rest.

    def _onFinished(self, outcome: RunOutcome) -> None:
        if self._node is not None:
            with slicer.util.NodeModify(self._node):
                self._node.inputVolume = outcome.volumeNode
                self._node.task = outcome.task.name
                self._node.resultId = outcome.nodes.resultId
        self.refresh()
        self.message.say(_("{title} is done.").format(title=outcome.task.title))

    # Known already

    def _onCaseOpened(self, entry: ImageEntry, volumeNode: Any) -> None:
        node = self._node
        if node is None:
            return
        self.message.clear()
        case = OpenedCase(
            entry,
            self._volumes.voxels(volumeNode),
            self._volumes.geometry(volumeNode),
            Path(node.worklistFolder) / READY_FOLDER,
            Path(node.exportFolder) if node.exportFolder else None,
            node.task,
        )
        self.known.open(case, volumeNode, node.reviewer)

    def _onKnown(self, nodes: ResultNodes, review: Review | None) -> None:
        if self._node is not None:
            self._node.resultId = nodes.resultId
        self.refresh()
        task = self._taskOf(nodes)
        title = task.title if task else nodes.taskName
        self.message.say(_("{title} was run beforehand.").format(title=title) if review is None else reviewLine(review))

    # Result

    def _onResultChosen(self, resultId: str) -> None:
        if self._node is not None:
            self.message.clear()
            self._node.resultId = resultId

    def _setResult(self, nodes: ResultNodes | None) -> None:
        if nodes == self._shown:
            return
        # Not for a part that was deleted: what a person hides or shows in a result stays so while it is shown.
        if nodes is not None and (self._shown is None or nodes.resultId != self._shown.resultId):
            showOnly(nodes, self._results.load())
        self._shown, self._reviewed = nodes, None
        if self._node is not None and nodes is not None:
            self._node.resultId = nodes.resultId
        self.resultPanel.setResult(nodes, self._volume, self._taskOf(nodes))
        self.reviewPanel.setResult(None, self._volume)
        self.ui.resultSection.collapsed = nodes is None
        if nodes is None:
            # The way to the next case of a worklist lies in it.
            self.ui.reviewSection.collapsed = self.ui.reviewSection.collapsed or not self.reviewPanel.worklist.isOpen
            return
        # The review follows in another turn of the event loop: its Segment Editor takes time, and nothing may freeze.
        qt.QTimer.singleShot(0, self._openReview)

    def _openReview(self) -> None:
        """Review what is shown by now; the scene may have been closed meanwhile."""
        nodes = self._shown
        if nodes is None or nodes == self._reviewed:
            return
        self._reviewed = nodes
        self.reviewPanel.setResult(nodes, self._volume)
        self.ui.reviewSection.collapsed = False

    def _taskOf(self, nodes: ResultNodes | None) -> Task | None:
        """The task that made ``nodes``; None where it is not installed here."""
        return self._tasks.get(nodes.taskName) if nodes is not None else None

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _onNodeRemoved(self, caller: Any, event: Any, node: Any) -> None:
        """The user may delete any part of a result, and results that are not shown."""
        shown = self._shown
        isPart = shown is not None and node in (shown.resultText, shown.segmentation, *shown.boxes)
        if isPart or (node.IsA("vtkMRMLTextNode") and node.GetAttribute(RESULT_ID) in self._offered):
            self.refresh()
