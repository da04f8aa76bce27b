"""qMRMLSegmentEditorWidget on vtkSlicerSegmentEditorLogic: segments, undo and masks are real, effects are not."""

from __future__ import annotations

from typing import Any, ClassVar

import slicer
from PySide6 import QtCore, QtWidgets

from host.pythonqt.facade import facade

from .mrml_widget import qMRMLWidget
from .observation import Observation
from .properties import plainProperties
from .segments_table_view import qMRMLSegmentsTableView

EFFECTS = ("Threshold", "Paint", "Draw", "Erase", "Level tracing", "Grow from seeds", "Fill between slices", "Margin",
           "Hollow", "Smoothing", "Scissors", "Islands", "Logical operators", "Mask volume")  # fmt: skip


class SegmentEditorEffect(facade(QtCore.QObject)):  # type: ignore[misc]
    """An effect in name only: it keeps its parameters in the segment editor node and paints nothing."""

    def __init__(self, editor: Any, name: str) -> None:
        super().__init__(editor)
        self.setObjectName(name)
        self._editor = editor

    def parameter(self, name: str) -> str:
        return self._editor.mrmlSegmentEditorNode().GetAttribute(f"{self.name}.{name}") or ""

    def setParameter(self, name: str, value: Any) -> None:
        self._editor.mrmlSegmentEditorNode().SetAttribute(f"{self.name}.{name}", str(value))

    def self(self) -> None:
        """Python effects return their Python half; the host has none."""


class qMRMLSegmentEditorWidget(qMRMLWidget):
    """The nodes and the history of the editor, with a table of segments and undo and redo buttons."""

    currentSegmentIDChanged = QtCore.Signal(str)
    sourceVolumeNodeChanged = QtCore.Signal(object)
    segmentationNodeChanged = QtCore.Signal(object)
    SIGNALS: ClassVar[dict[str, str]] = {
        **qMRMLWidget.SIGNALS,
        "currentSegmentIDChanged(QString)": "currentSegmentIDChanged",
        "sourceVolumeNodeChanged(vtkMRMLVolumeNode*)": "sourceVolumeNodeChanged",
        "segmentationNodeChanged(vtkMRMLSegmentationNode*)": "segmentationNodeChanged",
    }

    locals().update(
        plainProperties(
            segmentationNodeSelectorVisible=(bool, True),
            sourceVolumeNodeSelectorVisible=(bool, True),
            maskingSectionVisible=(bool, True),
            specifyGeometryButtonVisible=(bool, True),
            show3DButtonVisible=(bool, True),
            addRemoveSegmentButtonsVisible=(bool, True),
            autoShowSourceVolumeNode=(bool, True),
            switchToSegmentationsButtonVisible=(bool, True),
            undoEnabled=(bool, True),
            readOnly=(bool, False),
            effectButtonStyle=("QVariant", 0),
            effectColumnCount=(int, 2),
            unorderedEffectsVisible=(bool, True),
            defaultTerminologyEntrySettingsKey=(str, ""),
            jumpToSelectedSegmentEnabled=(bool, False),
        )
    )

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._logic = slicer.vtkSlicerSegmentEditorLogic()
        self._observation = Observation()
        self._effectNames = EFFECTS
        self._effects = {name: SegmentEditorEffect(self, name) for name in EFFECTS}
        self._shown: tuple[Any, Any, str] = (None, None, "")
        self._table = qMRMLSegmentsTableView(self)
        self._table.setObjectName("SegmentsTableView")
        self._undo = facade(QtWidgets.QToolButton)(self)
        self._redo = facade(QtWidgets.QToolButton)(self)
        for button, text, slot in ((self._undo, "Undo", self.undo), (self._redo, "Redo", self.redo)):
            button.setText(text)
            button.setObjectName(f"{text}Button")
            button.clicked.connect(lambda _checked, slot=slot: slot())
        self._layOut()
        self._table.selectionChanged.connect(self._onTableSelection)
        self._update()

    def _layOut(self) -> None:
        buttons = QtWidgets.QHBoxLayout()
        buttons.addWidget(self._undo)
        buttons.addWidget(self._redo)
        buttons.addStretch()
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._table)
        layout.addLayout(buttons)

    # Nodes

    def setMRMLScene(self, scene: Any) -> None:
        self._logic.SetMRMLApplicationLogic(slicer.app.applicationLogic())
        self._logic.SetMRMLScene(scene)
        super().setMRMLScene(scene)
        self._table.setMRMLScene(scene)

    def mrmlSegmentEditorNode(self) -> Any:
        return self._logic.GetSegmentEditorNode()

    def setMRMLSegmentEditorNode(self, node: Any) -> None:
        self._observation.clear()
        self._logic.SetSegmentEditorNode(node)
        event = slicer.vtkSlicerSegmentEditorLogic.SegmentationHistoryChangedEvent
        self._observation.add(self._logic, event, self._update)
        if node is not None:
            self._observation.add(node, "ModifiedEvent", self.updateWidgetFromMRML)
        self.updateWidgetFromMRML()

    def segmentationNode(self) -> Any:
        return self._logic.GetSegmentationNode()

    def segmentationNodeID(self) -> str:
        return self.segmentationNode().GetID() if self.segmentationNode() else ""

    def setSegmentationNode(self, node: Any) -> None:
        self._requireEditorNode()
        self._logic.SetSegmentationNode(node)
        if node is not None and not self._logic.IsSegmentIdValid(self.currentSegmentID()):
            ids = node.GetSegmentation().GetSegmentIDs()
            self._logic.SetCurrentSegmentID(ids[0] if ids else "")
        self.updateWidgetFromMRML()

    def sourceVolumeNode(self) -> Any:
        return self._logic.GetSourceVolumeNode()

    def sourceVolumeNodeID(self) -> str:
        return self.sourceVolumeNode().GetID() if self.sourceVolumeNode() else ""

    def setSourceVolumeNode(self, node: Any) -> None:
        self._requireEditorNode()
        self._logic.SetSourceVolumeNode(node)
        self.updateWidgetFromMRML()

    def currentSegmentID(self) -> str:
        return self._logic.GetCurrentSegmentID() or ""

    def setCurrentSegmentID(self, segmentId: str) -> None:
        self._requireEditorNode()
        self._logic.SetCurrentSegmentID(segmentId)
        self.updateWidgetFromMRML()

    def _requireEditorNode(self) -> None:
        """Slicer logs this mistake and goes on without effect, so that a test would see nothing."""
        if self.mrmlSegmentEditorNode() is None:
            raise RuntimeError("qMRMLSegmentEditorWidget: setMRMLScene and setMRMLSegmentEditorNode come first")

    def updateWidgetFromMRML(self) -> None:
        shown = (self.segmentationNode(), self.sourceVolumeNode(), self.currentSegmentID())
        previous, self._shown = self._shown, shown
        if shown[0] is not previous[0]:
            self._table.setSegmentationNode(shown[0])
            self.segmentationNodeChanged.emit(shown[0])
        if shown[1] is not previous[1]:
            self.sourceVolumeNodeChanged.emit(shown[1])
        if shown[2] != previous[2]:
            self._table.setSelectedSegmentIDs([shown[2]])
            self.currentSegmentIDChanged.emit(shown[2])
        self._update()

    def _onTableSelection(self, *_: Any) -> None:
        chosen = self._table.selectedSegmentIDs()
        if chosen and chosen[0] != self.currentSegmentID() and self.mrmlSegmentEditorNode() is not None:
            self.setCurrentSegmentID(chosen[0])

    # Effects

    def availableEffectNames(self) -> tuple[str, ...]:
        return EFFECTS

    def setEffectNameOrder(self, names: Any) -> None:
        self._effectNames = tuple(names)

    def effectNameOrder(self) -> tuple[str, ...]:
        return self._effectNames

    def effectByName(self, name: str) -> SegmentEditorEffect | None:
        return self._effects.get(name)

    def activeEffect(self) -> SegmentEditorEffect | None:
        node = self.mrmlSegmentEditorNode()
        return self._effects.get(node.GetActiveEffectName() or "") if node is not None else None

    def setActiveEffect(self, effect: SegmentEditorEffect | None) -> None:
        self.setActiveEffectByName(effect.name if effect is not None else "")

    def setActiveEffectByName(self, name: str) -> None:
        if self.mrmlSegmentEditorNode() is not None:
            self.mrmlSegmentEditorNode().SetActiveEffectName(name if name in self._effects else "")

    def setupViewObservations(self) -> None:
        """There are no views to observe."""

    def removeViewObservations(self) -> None:
        """There are no views to observe."""

    def installKeyboardShortcuts(self, parent: QtWidgets.QWidget | None = None) -> None:
        """Effects paint nothing here, so there is nothing to press a key for."""

    def uninstallKeyboardShortcuts(self) -> None:
        """See installKeyboardShortcuts."""

    # Undo

    def setMaximumNumberOfUndoStates(self, count: int) -> None:
        self._logic.SetMaximumNumberOfUndoStates(count)

    maximumNumberOfUndoStates = QtCore.Property(
        int, lambda self: self._logic.GetMaximumNumberOfUndoStates(), setMaximumNumberOfUndoStates
    )

    def saveStateForUndo(self) -> None:
        self._logic.SaveStateForUndo()

    def undo(self) -> None:
        self._logic.Undo()
        self._update()

    def redo(self) -> None:
        self._logic.Redo()
        self._update()

    def _update(self) -> None:
        self._undo.setEnabled(bool(self._logic.CanUndo()))
        self._redo.setEnabled(bool(self._logic.CanRedo()))
