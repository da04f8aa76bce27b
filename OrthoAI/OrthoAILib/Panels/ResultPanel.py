"""What a task found: findings, boxes, masks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import qt
import slicer
import vtk
from orthoai.errors import InputError
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from OrthoAILib.Bridge.ResultBridge import ResultBridge
from OrthoAILib.Bridge.ReviewBridge import ReviewBridge
from OrthoAILib.Bridge.RoiBoxes import LABEL
from OrthoAILib.Panels.AddBoxRow import AddBoxRow
from OrthoAILib.Panels.BoxList import BoxList
from OrthoAILib.Panels.FindingsTable import FindingsTable
from OrthoAILib.Panels.Form import Form
from OrthoAILib.Panels.RowSelector import NO_CHOICES, Choices, RowSelector
from OrthoAILib.Review.FindingRow import FindingRow
from OrthoAILib.Review.ShownPlace import shownPlace
from OrthoAILib.Review.SliceJump import jumpSlices
from OrthoAILib.Review.Wording import readable
from OrthoAILib.Signal import Signal

if TYPE_CHECKING:
    from orthoai.finding import Finding
    from orthoai.tasks import Task

    from OrthoAILib.Bridge.ResultNodes import ResultNodes


class ResultPanel(VTKObservationMixin):
    """Shows one result and lets its classes and grades be changed.

    It follows the nodes, so an undo made elsewhere shows here.

    Args:
        results, reviews: the MRML bridge; by default that of slicer.mrmlScene.

    Signals:
        rerunRequested(): with the boxes as they lie now; resultEdited(): a class or a grade was changed here;
        resultChosen(id): another result of the image is asked for;
        boxAdded(): the result has a node more; noticed(sentence): why it has not.
    """

    def __init__(self, results: ResultBridge | None = None, reviews: ReviewBridge | None = None) -> None:
        super().__init__()
        self.rerunRequested, self.resultEdited = Signal(), Signal()
        self.boxAdded, self.noticed, self.resultChosen = Signal(), Signal(), Signal()
        self._results = results or ResultBridge(slicer.mrmlScene)
        self._reviews = reviews or ReviewBridge(slicer.mrmlScene)
        self._nodes: ResultNodes | None = None
        self._volumeNode: Any = None
        self._task: Task | None = None
        self._original: tuple[Finding, ...] = ()
        self._enabled = True
        form = Form("ResultPanel")
        self.widget, self._ui = form.widget, form.ui
        self.widget.setMRMLScene(slicer.mrmlScene)
        self._ui.messageText.setTextFormat(qt.Qt.PlainText)  # A result's sentence is text, whatever it holds.
        self._offered = NO_CHOICES
        self._choice = RowSelector(self._ui.resultSelector)
        self._choice.chosen.connect(self.resultChosen.emit)
        self._findings = FindingsTable(
            self._ui.findingsTable, self._ui.classSelector, self._ui.gradeSelector, self._ui.detailText
        )
        self._boxes = BoxList(self._ui.boxList)
        self._addBox = AddBoxRow(self._ui.boxSelector, self._ui.addBoxButton)
        self._addBox.asked.connect(self._onBoxAsked)
        self._findings.chosen.connect(self._onFindingChosen)
        self._findings.classChosen.connect(self._onClassChosen)
        self._findings.gradeChosen.connect(self._onGradeChosen)
        self._boxes.chosen.connect(self._onBoxChosen)
        self._ui.rerunButton.connect("clicked()", self.rerunRequested.emit)
        self.setResult(None, None, None)

    @property
    def last(self) -> Any:
        """The widget that the Tab key reaches last."""
        return self._ui.show3DButton

    def setEnabled(self, enabled: bool) -> None:
        """Whether something may be changed; jumping to findings stays possible."""
        self._enabled = enabled
        self._update()

    def offer(self, titles: dict[str, str], current: str) -> None:
        """Let the user choose among several results of the image.

        Args:
            titles: of the results, by their ids.
            current: id of the one that is shown; one of ``titles`` where there is any.
        """
        self._offered = Choices(titles, current) if len(titles) > 1 else NO_CHOICES
        self._update()

    def setResult(self, nodes: ResultNodes | None, volumeNode: Any, task: Task | None) -> None:
        """Show a result of ``task`` on ``volumeNode``, or nothing."""
        self.removeObservers()
        self._nodes, self._volumeNode, self._task = nodes, volumeNode, task
        self._original, message = (), ""
        if nodes is not None:
            self._observe(nodes)
            try:
                stored = nodes.stored()
                self._original, message = stored.findings, stored.message
            except InputError as error:
                message = str(error)
        self._ui.messageText.setText(message)
        segmentation = nodes.segmentation if nodes is not None else None
        self._ui.segmentsTable.setSegmentationNode(segmentation)
        self._ui.show3DButton.setSegmentationNode(segmentation)
        self._refreshFindings()
        self._refreshBoxes()
        present = tuple(box.GetAttribute(LABEL) or "" for box in nodes.boxes) if nodes is not None else ()
        self._addBox.show(task.box_labels if nodes is not None and task is not None else (), present)
        self._update()

    # Showing

    def _observe(self, nodes: ResultNodes) -> None:
        if nodes.findingsTable is not None:
            self.addObserver(nodes.findingsTable, vtk.vtkCommand.ModifiedEvent, self._refreshFindings)
        for box in nodes.boxes:
            self.addObserver(box, slicer.vtkMRMLDisplayableNode.DisplayModifiedEvent, self._refreshBoxes)

    def _refreshFindings(self, caller: Any = None, event: Any = None) -> None:
        rows = FindingRow.readAll(self._nodes.findingsTable) if self._nodes is not None else ()
        self._findings.show(
            rows, tuple((self._classes(number, row), self._grades(number, row)) for number, row in enumerate(rows))
        )

    def _refreshBoxes(self, caller: Any = None, event: Any = None) -> None:
        self._boxes.show(self._nodes.boxes if self._nodes is not None else ())

    def _classes(self, number: int, row: FindingRow) -> Choices:
        """What a finding may be: what the model said, what the task knows, and what it is now."""
        original = [finding.label for finding in self._original[number : number + 1]]
        known = self._task.classes or self._task.label_table.values() if self._task is not None else ()
        return Choices({name: readable(name) for name in (*original, *known, row.finding)}, row.finding)

    def _grades(self, number: int, row: FindingRow) -> Choices:
        """What the grade of a finding may be; None stands for what nobody has confirmed."""
        grade = self._task.grade if self._task is not None else None
        if grade is None:
            return NO_CHOICES
        texts: dict[float | None, str] = {None: _("not confirmed")}
        for finding in self._original[number : number + 1]:
            if grade.name in finding.measurements:
                told = finding.measurements[grade.name].value
                texts[None] = _("{value:g} (by the model, not confirmed)").format(value=told)
        texts |= {float(value): str(value) for value in grade.values}
        current = dict(row.reviewed).get(grade.name)
        return Choices(texts if current in texts else texts | {current: f"{current:g}"}, current)

    def _update(self) -> None:
        nodes = self._nodes
        self.widget.setEnabled(nodes is not None)
        for widget in (self._ui.resultLabel, self._ui.resultSelector):
            widget.setVisible(bool(self._offered.texts))
        self._choice.show(self._offered, self._enabled)
        listed = nodes is not None and nodes.findingsTable is not None
        grade = self._task.grade if self._task is not None else None
        for widget in (self._ui.classLabel, self._ui.classSelector):
            widget.setVisible(listed)
        for widget in (self._ui.gradeLabel, self._ui.gradeSelector):
            widget.setVisible(listed and grade is not None)
        self._ui.gradeLabel.setText(_("{grade} is:").format(grade=grade.title) if grade is not None else "")
        self._findings.setEnabled(self._enabled)
        self._addBox.setEnabled(self._enabled)
        self._ui.rerunButton.setEnabled(self._enabled and nodes is not None and bool(nodes.boxes))

    # Clicks

    def _onFindingChosen(self, row: int) -> None:
        if self._nodes is None:
            return
        try:
            place = self._results.findingPosition(self._nodes, self._volumeNode, row)
        except (InputError, IndexError):
            return  # The image or the result was changed under the panel: there is no place to go to.
        if place is not None:
            jumpSlices(self._results.scene, place)

    def _onBoxChosen(self, box: Any) -> None:
        center = [0.0, 0.0, 0.0]
        box.GetCenterWorld(center)
        jumpSlices(self._results.scene, (center[0], center[1], center[2]))

    def _onBoxAsked(self, label: str) -> None:
        if self._nodes is None:
            return
        bounds = [0.0] * 6
        self._volumeNode.GetRASBounds(bounds)
        middle = ((bounds[0] + bounds[1]) / 2, (bounds[2] + bounds[3]) / 2, (bounds[4] + bounds[5]) / 2)
        place = shownPlace(self._results.scene, middle)
        try:
            nodes = self._results.addBox(self._nodes, self._volumeNode, label, place)
        except InputError as error:
            self.noticed.emit(str(error))
            return
        self.setResult(nodes, self._volumeNode, self._task)
        self.boxAdded.emit()

    def _onClassChosen(self, row: int, label: str) -> None:
        if self._nodes is not None:
            self._reviews.setFindingClass(self._nodes, row, label)
            self.resultEdited.emit()

    def _onGradeChosen(self, row: int, value: float | None) -> None:
        if self._nodes is not None and self._task is not None and self._task.grade is not None:
            self._reviews.setFindingGrade(self._nodes, row, self._task.grade.name, value)
            self.resultEdited.emit()
