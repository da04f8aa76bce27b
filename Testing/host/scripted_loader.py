"""Loads scripted modules from their files into ``slicer.modules``, and takes them out again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import slicer

from .module_manager import CoreModule, importScript
from .widgets.mrml_widget import qSlicerScriptedLoadableModuleWidget

_loaded: dict[str, Any] = {}


def loadScriptedModule(path: Path) -> CoreModule:
    """Imports the file, makes its module object and registers it. A module that is loaded already is returned."""
    name = path.stem
    if name in _loaded:
        return getattr(slicer.modules, name.lower())
    script = importScript(path)
    module = CoreModule(name, str(path))
    module.title = name
    setattr(slicer.modules, name.lower(), module)
    _loaded[name] = getattr(script, name)(module)
    setattr(slicer.modules, f"{name}Instance", _loaded[name])
    module.setWidgetFactory(lambda: _makePanel(name))
    slicer.app.moduleManager().moduleLoaded.emit(name)
    return module


def unloadScriptedModule(name: str) -> None:
    """Announces the unloading, which calls the widget's cleanup, then deletes the panel."""
    module = getattr(slicer.modules, name.lower())
    manager = slicer.app.moduleManager()
    if module.existingWidget() is not None:
        module.existingWidget().exit()
    manager.moduleAboutToBeUnloaded.emit(name)
    module.deleteWidget()
    slicer.selfTests.pop(name, None)
    for attribute in (name.lower(), f"{name}Instance", f"{name}Widget"):
        if hasattr(slicer.modules, attribute):
            delattr(slicer.modules, attribute)
    del _loaded[name]
    sys.modules.pop(name, None)
    manager.moduleUnloaded.emit(name)


def scriptedModules() -> list[str]:
    """Names of the scripted modules that are loaded."""
    return list(_loaded)


def _makePanel(name: str) -> qSlicerScriptedLoadableModuleWidget:
    def makePython(panel: Any) -> Any:
        widget = getattr(sys.modules[name], f"{name}Widget")(panel)
        setattr(slicer.modules, f"{name}Widget", widget)
        return widget

    panel = qSlicerScriptedLoadableModuleWidget(makePython)
    panel.setMRMLScene(slicer.mrmlScene)
    panel.reload()
    return panel
