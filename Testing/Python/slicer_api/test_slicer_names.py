"""The API guard: every name of slicer, qt and ctk that the module uses is in Slicer 5.12, and in the host.

The table beside this file holds facts from the sources of Slicer and what it is built with. Nothing else keeps the host
from drifting away from the real API.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from used_names import Use, object_classes, used_in_code, used_in_project, used_in_ui

ROOT = Path(__file__).resolve().parents[3]
TABLE: dict[str, str] = json.loads((Path(__file__).parent / "slicer_5_12_names.json").read_text())["names"]

HOW = "look them up with tools/slicer_names.py (its docstring says how), or use what Slicer has"

NOT_IN_THE_HOST = ("slicer.qSlicerExtensionsManagerModel.",)
"""The host has no server of extensions; Testing/Python/install has a fake of this one."""

UI = """<ui version="4.0"><widget class="qMRMLWidget" name="Panel">
 <layout class="QVBoxLayout" name="rows">
  <item><widget class="qMRMLNodeComboBox" name="inputSelector">
   <property name="noneEnabled"><bool>true</bool></property>
   <property name="SlicerParameterName" stdset="0"><string>inputVolume</string></property>
  </widget></item>
  <item><widget class="QPushButton" name="runButton">
   <property name="text"><string>Run</string></property>
  </widget></item>
 </layout></widget>
 <connections><connection><sender>Panel</sender><signal>mrmlSceneChanged(vtkMRMLScene*)</signal>
  <receiver>inputSelector</receiver><slot>setMRMLScene(vtkMRMLScene*)</slot></connection></connections>
</ui>"""

GOOD = """
import qt
import slicer.util
from slicer.i18n import tr as _
from slicer import vtkMRMLScalarVolumeNode

class Panel:
    def __init__(self):
        self.timer = qt.QTimer()
        self.timer.connect("timeout()", self.tick)
        button = self.ui.runButton
        button.setEnabled(True)
        self.ui.inputSelector.connect("currentNodeChanged(vtkMRMLNode*)", print)
        slicer.app.style().standardIcon(qt.QStyle.SP_MessageBoxWarning).pixmap(16, 16)

    def other(self):
        button = object()
        button.notQt()
        slicer.vtkMRMLTextNode().SetText("followed by slicer-core itself")
"""

BAD = {
    "a function that slicer.util has not": "import slicer\nslicer.util.loadUi('x')",
    "a method that slicer.app has not": "import slicer\nslicer.app.layoutManagers()",
    "a class of another Qt": "import qt\nqt.QTextCodecs()",
    "a node that does not exist": "from slicer import vtkMRMLBoneNode",
    "a method of a widget of a .ui file": "def f(self):\n    self.ui.inputSelector.currentNodes()",
    "a signal with other arguments": "def f(self):\n    self.ui.runButton.connect('clicked(int)', f)",
    "a method of an own widget": "import qt\ntimer = qt.QTimer()\ntimer.begin()",
    "an import under another name": "import slicer.util as tools\ntools.getNodez('x')",
    "a method behind another one": "import slicer\nslicer.app.layoutManager().sliceWidgets('Red')",
}


@pytest.fixture
def classes(tmp_path):
    path = tmp_path / "Panel.ui"
    path.write_text(UI)
    return object_classes([path])


@pytest.fixture(scope="module")
def uses() -> list[Use]:
    return [use for use in used_in_project(ROOT) if "__" not in use.name]


def unknown(uses: list[Use]) -> list[str]:
    return [f"{use.place} uses {use.name}" for use in uses if use.name not in TABLE]


def test_every_name_that_the_module_uses_is_in_slicer_5_12(uses):
    assert len(uses) > 100
    assert unknown(uses) == [], HOW


def test_every_fact_says_where_it_is_from():
    assert all(where.startswith(("Slicer ", "CTK", "PythonQt", "Qt ", "VTK ")) for where in TABLE.values())


@pytest.mark.parametrize("code", BAD.values(), ids=BAD.keys())
def test_the_guard_catches(code, classes):
    assert unknown(list(used_in_code(code, "bad.py", classes)))


def test_the_names_of_a_file_are_read_from_its_syntax(classes):
    assert {use.name for use in used_in_code(GOOD, "good.py", classes)} == {
        *("qt", "qt.QTimer", "qt.QTimer.connect", "qt.QTimer.timeout()", "qt.QPushButton.setEnabled"),
        *("qt.QStyle", "qt.QStyle.SP_MessageBoxWarning", "qt.QStyle.standardIcon", "qt.QIcon.pixmap"),
        *("slicer.util", "slicer.i18n.tr", "slicer.vtkMRMLScalarVolumeNode", "slicer.vtkMRMLTextNode"),
        *("slicer.app", "slicer.app.style", "slicer.qMRMLNodeComboBox.connect"),
        "slicer.qMRMLNodeComboBox.currentNodeChanged(vtkMRMLNode*)",
    }


def test_places_are_told(classes):
    (use,) = used_in_code("import ctk", "OrthoAI/x.py", classes)
    assert use == Use("ctk", "OrthoAI/x.py:1")


def test_our_own_module_needs_no_table(classes):
    code = "import slicer\nslicer.modules.OrthoAIWidget.panel\nslicer.modules.orthoai.path"
    assert {use.name for use in used_in_code(code, "x.py", classes)} == {"slicer", "slicer.modules"}


def test_a_ui_file_names_classes_properties_and_connections(tmp_path):
    path = tmp_path / "Panel.ui"
    path.write_text(UI)
    assert {use.name for use in used_in_ui(path)} == {
        *("slicer.qMRMLWidget", "qt.QVBoxLayout", "slicer.qMRMLNodeComboBox", "qt.QPushButton"),
        *("slicer.qMRMLNodeComboBox.noneEnabled", "slicer.qMRMLWidget.mrmlSceneChanged(vtkMRMLScene*)"),
        "slicer.qMRMLNodeComboBox.setMRMLScene(vtkMRMLScene*)",
    }


def test_the_host_has_every_name_that_the_module_uses(host, uses):
    expected = [use for use in uses if not use.name.startswith(NOT_IN_THE_HOST)]
    lacking = [f"{use.name} ({use.place})" for use in expected if not provided(use.name)]
    assert lacking == []


def test_the_search_in_the_host_can_fail(host):
    assert provided("slicer.util.loadUI")
    assert not provided("slicer.util.loadUi")
    assert not provided("qt.QTimer.begin")


def provided(name: str) -> bool:
    """Whether a dotted name leads to something here; the arguments of signals and slots are not compared."""
    words = name.partition("(")[0].split(".")
    found: Any = importlib.import_module(words[0])
    for position, word in enumerate(words[1:], start=2):
        if not hasattr(found, word):
            try:
                found = importlib.import_module(".".join(words[:position]))
            except ImportError:
                return False
        else:
            found = getattr(found, word)
    return True
