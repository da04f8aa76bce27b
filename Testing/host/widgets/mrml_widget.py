"""qMRMLWidget and what stands on it: widgets that hold the scene."""

from __future__ import annotations

from typing import Any, ClassVar

from PySide6 import QtCore, QtWidgets

from host.pythonqt.facade import facade


class qMRMLWidget(facade(QtWidgets.QWidget)):  # type: ignore[misc]
    """A widget with a scene. Children get the scene only through connections, as in Slicer."""

    mrmlSceneChanged = QtCore.Signal(object)
    SIGNALS: ClassVar[dict[str, str]] = {"mrmlSceneChanged(vtkMRMLScene*)": "mrmlSceneChanged"}

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Any = None

    def mrmlScene(self) -> Any:
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        if scene is not self._scene:
            self._scene = scene
            self.mrmlSceneChanged.emit(scene)


class qSlicerWidget(qMRMLWidget):
    """The C++ base of module panels."""


class qSlicerScriptedLoadableModuleWidget(qMRMLWidget):
    """A scripted module's panel: the ``parent`` of its ScriptedLoadableModuleWidget."""

    def __init__(self, makePython: Any) -> None:
        super().__init__()
        QtWidgets.QVBoxLayout(self)
        self._makePython = makePython
        self._python: Any = None

    def self(self) -> Any:
        return self._python

    def reload(self) -> None:
        """Makes the Python half anew, from the newest version of its class."""
        self._python = self._makePython(self)
        self._python.setup()

    def enter(self) -> None:
        self._call("enter")

    def exit(self) -> None:
        self._call("exit")

    def _call(self, name: str) -> None:
        if hasattr(self._python, name):
            getattr(self._python, name)()
