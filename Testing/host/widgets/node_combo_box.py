"""qMRMLNodeComboBox: chooses a node of the scene and follows it."""

from __future__ import annotations

from typing import Any, ClassVar

import slicer
from PySide6 import QtCore, QtWidgets

from host.pythonqt.facade import facade

from .observation import Observation
from .properties import plainProperties


class qMRMLNodeComboBox(facade(QtWidgets.QWidget)):  # type: ignore[misc]
    """The nodes of ``nodeTypes`` in a combo box, with None first where ``noneEnabled``."""

    currentNodeChanged = QtCore.Signal(object)
    currentNodeIDChanged = QtCore.Signal(str)
    validNodeChanged = QtCore.Signal(bool)
    nodeActivated = QtCore.Signal(object)
    nodeAdded = QtCore.Signal(object)
    nodeAddedByUser = QtCore.Signal(object)
    nodeAboutToBeRemoved = QtCore.Signal(object)
    SIGNALS: ClassVar[dict[str, str]] = {
        "currentNodeChanged(vtkMRMLNode*)": "currentNodeChanged",
        "currentNodeChanged(bool)": "validNodeChanged",
        "currentNodeIDChanged(QString)": "currentNodeIDChanged",
        "nodeActivated(vtkMRMLNode*)": "nodeActivated",
        "nodeAdded(vtkMRMLNode*)": "nodeAdded",
        "nodeAddedByUser(vtkMRMLNode*)": "nodeAddedByUser",
        "nodeAboutToBeRemoved(vtkMRMLNode*)": "nodeAboutToBeRemoved",
    }

    locals().update(
        plainProperties(
            showChildNodeTypes=(bool, True),
            hideChildNodeTypes=("QStringList", ()),
            addEnabled=(bool, True),
            removeEnabled=(bool, True),
            editEnabled=(bool, False),
            renameEnabled=(bool, False),
            selectNodeUponCreation=(bool, True),
            interactionNodeSingletonTag=(str, ""),
        )
    )

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Any = None
        self._observation = Observation()
        self._nodeTypes: list[str] = []
        self._noneEnabled = False
        self._noneDisplay = "None"
        self._showHidden = False
        self._baseName = ""
        self._attributes: list[tuple[str, str, Any]] = []
        self._currentId = ""
        self._nodes: list[Any] = []
        self._combo = facade(QtWidgets.QComboBox)(self)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._combo)
        self._combo.currentIndexChanged.connect(self._onComboIndexChanged)
        self._combo.activated.connect(lambda _index: self.nodeActivated.emit(self.currentNode()))

    # Scene

    def mrmlScene(self) -> Any:
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        self._observation.clear()
        self._scene = scene
        if scene is not None:
            self._observation.add(scene, scene.NodeAddedEvent, self._onNodeAdded, withObject=True)
            self._observation.add(scene, scene.NodeRemovedEvent, self._onNodeRemoved, withObject=True)
            for event in (scene.EndCloseEvent, scene.EndImportEvent, scene.EndBatchProcessEvent):
                self._observation.add(scene, event, self._rebuild)
        self._rebuild()

    def _onNodeAdded(self, node: Any) -> None:
        if not self._scene.IsBatchProcessing() and self._shown(node):
            self._rebuild()
            self.nodeAdded.emit(node)

    def _onNodeRemoved(self, node: Any) -> None:
        if node in self._nodes:
            self.nodeAboutToBeRemoved.emit(node)
            self._rebuild()

    # Choice

    def nodes(self) -> list[Any]:
        return list(self._nodes)

    def nodeCount(self) -> int:
        return len(self._nodes)

    def nodeFromIndex(self, index: int) -> Any:
        return self._nodes[index] if 0 <= index < len(self._nodes) else None

    def currentNode(self) -> Any:
        return self._scene.GetNodeByID(self._currentId) if self._scene is not None and self._currentId else None

    def setCurrentNode(self, node: Any) -> None:
        self.setCurrentNodeID(node if isinstance(node, str) else node.GetID() if node else "")

    def setCurrentNodeID(self, nodeId: str | None) -> None:
        ids = [node.GetID() for node in self._nodes]
        self._select(nodeId if nodeId in ids else "")

    def setCurrentNodeIndex(self, index: int) -> None:
        self.setCurrentNode(self.nodeFromIndex(index))

    def currentNodeId(self) -> str:
        return self._currentId

    currentNodeID = QtCore.Property(str, currentNodeId, setCurrentNodeID)

    def addNode(self, nodeType: str = "") -> Any:
        kind = nodeType or self._nodeTypes[0]
        name = self._scene.GenerateUniqueName(self._baseName or kind.removeprefix("vtkMRML").removesuffix("Node"))
        node = self._scene.AddNewNodeByClass(kind, name)
        if self.selectNodeUponCreation:
            self.setCurrentNode(node)
        self.nodeAddedByUser.emit(node)
        return node

    def removeCurrentNode(self) -> None:
        if self.currentNode() is not None:
            self._scene.RemoveNode(self.currentNode())

    # Filter

    def addAttribute(self, nodeType: str, name: str, value: Any = None) -> None:
        self._attributes.append((nodeType, name, value))
        self._rebuild()

    def removeAttribute(self, nodeType: str, name: str) -> None:
        self._attributes = [entry for entry in self._attributes if entry[:2] != (nodeType, name)]
        self._rebuild()

    def _shown(self, node: Any) -> bool:
        exactly = not self.showChildNodeTypes
        if not any(node.GetClassName() == kind if exactly else node.IsA(kind) for kind in self._nodeTypes):
            return False
        if any(node.IsA(kind) for kind in self.hideChildNodeTypes):
            return False
        if node.GetHideFromEditors() and not self._showHidden:
            return False
        wanted = [entry for entry in self._attributes if node.IsA(entry[0])]
        return all(
            node.GetAttribute(name) is not None if value is None else node.GetAttribute(name) == str(value)
            for _, name, value in wanted
        )

    def _rebuild(self) -> None:
        every = [] if self._scene is None else slicer.util.getNodesByClass("vtkMRMLNode", self._scene)
        self._nodes = [node for node in every if self._shown(node)]
        blocked = self._combo.blockSignals(True)
        self._combo.clear()
        if self._noneEnabled:
            self._combo.addItem(self._noneDisplay)
        self._combo.addItems([node.GetName() or "" for node in self._nodes])
        self._combo.blockSignals(blocked)
        ids = [node.GetID() for node in self._nodes]
        fallback = "" if self._noneEnabled or not ids else ids[0]
        self._select(self._currentId if self._currentId in ids else fallback)

    def _select(self, nodeId: str) -> None:
        row = next((row for row, node in enumerate(self._nodes) if node.GetID() == nodeId), -1)
        blocked = self._combo.blockSignals(True)
        self._combo.setCurrentIndex(row + 1 if self._noneEnabled else row)
        self._combo.blockSignals(blocked)
        if nodeId == self._currentId:
            return
        self._currentId = nodeId
        self.currentNodeChanged.emit(self.currentNode())
        self.validNodeChanged.emit(bool(nodeId))
        self.currentNodeIDChanged.emit(nodeId)

    def _onComboIndexChanged(self, index: int) -> None:
        node = self.nodeFromIndex(index - 1 if self._noneEnabled else index)
        self._select(node.GetID() if node else "")

    # Properties that change the list

    def setNodeTypes(self, kinds: list[str]) -> None:
        self._nodeTypes = [str(kind) for kind in kinds]
        self._rebuild()

    def setNoneEnabled(self, enabled: bool) -> None:
        self._noneEnabled = enabled
        self._rebuild()

    def setNoneDisplay(self, text: str) -> None:
        self._noneDisplay = text
        self._rebuild()

    def setShowHidden(self, shown: bool) -> None:
        self._showHidden = shown
        self._rebuild()

    def setBaseName(self, name: str, _nodeType: str = "") -> None:
        self._baseName = name

    nodeTypes = QtCore.Property("QStringList", lambda self: self._nodeTypes, setNodeTypes)
    noneEnabled = QtCore.Property(bool, lambda self: self._noneEnabled, setNoneEnabled)
    noneDisplay = QtCore.Property(str, lambda self: self._noneDisplay, setNoneDisplay)
    showHidden = QtCore.Property(bool, lambda self: self._showHidden, setShowHidden)
    baseName = QtCore.Property(str, lambda self: self._baseName, setBaseName)
