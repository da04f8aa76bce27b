"""``slicer.modules`` and ``slicer.app.moduleManager()``: MRML module logics, and scripted modules loaded from files."""

from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path
from typing import Any, ClassVar

import slicer
import vtk
from PySide6 import QtCore, QtGui

from .pythonqt.facade import facade

# Name in slicer.modules -> logic class in slicer-core.
LOADABLE_MODULES = {
    "colors": "vtkSlicerColorLogic",
    "cropvolume": "vtkSlicerCropVolumeLogic",
    "data": "vtkSlicerDataModuleLogic",
    "markups": "vtkSlicerMarkupsLogic",
    "models": "vtkSlicerModelsLogic",
    "plots": "vtkSlicerPlotsLogic",
    "segmentations": "vtkSlicerSegmentationsModuleLogic",
    "sequences": "vtkSlicerSequencesLogic",
    "subjecthierarchy": "vtkSlicerSubjectHierarchyModuleLogic",
    "tables": "vtkSlicerTablesLogic",
    "terminologies": "vtkSlicerTerminologiesModuleLogic",
    "texts": "vtkSlicerTextsLogic",
    "transforms": "vtkSlicerTransformLogic",
    "units": "vtkSlicerUnitsLogic",
    "volumerendering": "vtkSlicerVolumeRenderingLogic",
    "volumes": "vtkSlicerVolumesLogic",
}


class CoreModule(facade(QtCore.QObject)):  # type: ignore[misc]
    """A module of Slicer: its metadata and its logic. A scripted module's ``parent`` is one."""

    def __init__(self, name: str, path: str = "", logic: Any = None) -> None:
        self._metadata: dict[str, Any] = {
            "title": name,
            "path": path,
            "categories": [],
            "dependencies": [],
            "contributors": [],
            "helpText": "",
            "acknowledgementText": "",
            "icon": QtGui.QIcon(),
            "hidden": False,
            "index": -1,
        }
        super().__init__()
        self.setObjectName(name)
        self._logic = logic
        self._widget: Any = None
        self._makeWidget: Any = None

    def __getattr__(self, name: str) -> Any:
        if name in self.__dict__.get("_metadata", ()):
            return self._metadata[name]
        raise AttributeError(f"a module has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.__dict__.get("_metadata", ()):
            self._metadata[name] = value
        else:
            super().__setattr__(name, value)

    def logic(self) -> Any:
        return self._logic

    def setWidgetFactory(self, make: Any) -> None:
        """Host only: ``make()`` builds the module's panel at its first use."""
        self._makeWidget = make

    def widgetRepresentation(self) -> Any:
        if self._widget is None and self._makeWidget is not None:
            self._widget = self._makeWidget()
        return self._widget

    def existingWidget(self) -> Any:
        """Host only: the panel, or None where nobody has opened it."""
        return self._widget

    def deleteWidget(self) -> None:
        """Host only: what Slicer does to the panel when it closes."""
        if self._widget is not None:
            self._widget.delete()
            self._widget = None


class ModuleManager(facade(QtCore.QObject)):  # type: ignore[misc]
    """Signals of qSlicerModuleManager; the modules themselves are attributes of ``slicer.modules``."""

    moduleLoaded = QtCore.Signal(str)
    moduleAboutToBeUnloaded = QtCore.Signal(str)
    moduleUnloaded = QtCore.Signal(str)
    SIGNALS: ClassVar[dict[str, str]] = {
        "moduleLoaded(QString)": "moduleLoaded",
        "moduleAboutToBeUnloaded(QString)": "moduleAboutToBeUnloaded",
        "moduleUnloaded(QString)": "moduleUnloaded",
    }

    def module(self, name: str) -> CoreModule | None:
        return getattr(slicer.modules, name.lower(), None)

    def isModuleLoaded(self, name: str) -> bool:
        return self.module(name) is not None

    def modulesNames(self) -> tuple[str, ...]:
        return tuple(module.name for module in vars(slicer.modules).values() if isinstance(module, CoreModule))


def loadableModules(scene: Any, applicationLogic: Any) -> types.SimpleNamespace:
    """The content of ``slicer.modules`` before any scripted module is loaded."""
    modules = types.SimpleNamespace()
    for name, className in LOADABLE_MODULES.items():
        logic = getattr(slicer, className)()
        logic.SetMRMLApplicationLogic(applicationLogic)
        _setSceneQuietly(logic, scene)
        applicationLogic.SetModuleLogic(name.capitalize(), logic)
        setattr(modules, name, CoreModule(name.capitalize(), logic=logic))
    return modules


def _setSceneQuietly(logic: Any, scene: Any) -> None:
    """Colors and terminologies look for Slicer's own resource files, which slicer-core does not bring."""
    vtk.vtkObject.GlobalWarningDisplayOff()
    try:
        logic.SetMRMLScene(scene)
    finally:
        vtk.vtkObject.GlobalWarningDisplayOn()


def importScript(path: Path) -> types.ModuleType:
    """Imports a module file under its own name with its folder on ``sys.path``, as Slicer does."""
    folder = str(path.parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None and specification.loader is not None
    script = importlib.util.module_from_spec(specification)
    sys.modules[path.stem] = script
    specification.loader.exec_module(script)
    return script
