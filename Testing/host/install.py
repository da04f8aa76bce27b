"""Puts the stand-ins into ``sys.modules`` and ``slicer``. Runs once, before any module under test is imported."""

from __future__ import annotations

import importlib
import sys
import types
import warnings

import PySide6
import slicer

from . import dialogs, testing_stubs
from .problems import problems
from .pythonqt.module import QtModule

WIDGET_MODULES = (
    "ctk_widgets",
    "ctk_paths",
    "ctk_range_widget",
    "mrml_widget",
    "node_combo_box",
    "segments_table_view",
    "segment_editor",
    "show_3d_button",
    "table_view",
)


def install() -> None:
    _warnOfNoneLoss()
    dialogs.install()
    problems.install()
    sys.modules["qt"] = QtModule()
    sys.modules["ctk"] = types.ModuleType("ctk")
    _installWidgets()
    _installApplication()
    _installSlicerModules()


def _warnOfNoneLoss() -> None:
    """Every call of PySide6 6.12.0 that returns nothing takes a reference from None, which Python 3.11 still counts."""
    if PySide6.__version_info__[:2] == (6, 12) and sys.version_info < (3, 12):
        warnings.warn("PySide6 6.12 aborts Python 3.11 after some thousand calls: install 6.11", stacklevel=2)


def _installWidgets() -> None:
    for source in WIDGET_MODULES:
        for name, value in vars(importlib.import_module(f"host.widgets.{source}")).items():
            if name.startswith("ctk") and isinstance(value, type):
                setattr(sys.modules["ctk"], name, value)
            elif name.startswith(("qMRML", "qSlicer")) and isinstance(value, type):
                setattr(slicer, name, value)


def _installApplication() -> None:
    from .application import makeApplication
    from .module_manager import loadableModules
    from .subject_hierarchy import SubjectHierarchyItems

    slicer.app = makeApplication()
    scene = slicer.vtkMRMLScene()
    slicer.app.setMRMLScene(scene)
    SubjectHierarchyItems(scene)
    slicer.modules = loadableModules(scene, slicer.app.applicationLogic())
    sys.modules["slicer.modules"] = slicer.modules


def _installSlicerModules() -> None:
    testing_stubs.install()
    from . import parameters, scripted_module

    for name, module in {"ScriptedLoadableModule": scripted_module, "parameterNodeWrapper": parameters}.items():
        sys.modules[f"slicer.{name}"] = module
        setattr(slicer, name, module)
