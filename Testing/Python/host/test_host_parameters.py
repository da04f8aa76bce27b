"""The parameterNodeWrapper subset keeps values as Slicer does."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import pytest


class Speed(enum.Enum):
    SLOW = 1
    FAST = 2


@pytest.fixture
def node(host):
    import slicer

    return slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode")


@pytest.fixture
def Parameters(host):
    import slicer
    from slicer.parameterNodeWrapper import Choice, Default, WithinRange, parameterNodeWrapper

    class Plain:
        pass

    Plain.__annotations__ = {
        "on": bool,
        "count": Annotated[int, Default(7)],
        "share": Annotated[float, WithinRange(0, 1)],
        "title": str,
        "speed": Speed,
        "device": Annotated[str, Choice(["auto", "cpu"]), Default("auto")],
        "folder": Path,
        "limit": float | None,
        "volume": slicer.vtkMRMLScalarVolumeNode,
    }
    Plain.title = "untitled"
    return parameterNodeWrapper(Plain)


def test_defaults_are_written_into_the_node(node, Parameters):
    parameters = Parameters(node)
    assert (parameters.on, parameters.count, parameters.title) == (False, 7, "untitled")
    assert (parameters.speed, parameters.device, parameters.limit) == (Speed.SLOW, "auto", None)
    assert node.GetParameter("count") == "7"


@pytest.mark.parametrize(
    "name, value, text",
    [
        ("on", True, "True"),
        ("count", 3, "3"),
        ("share", 0.25, "0.25"),
        ("speed", Speed.FAST, "FAST"),
        ("folder", Path("/cases"), "/cases"),
        ("title", "femur", "femur"),
    ],
)
def test_a_value_is_kept_as_slicers_text_and_read_back(node, Parameters, name, value, text):
    setattr(Parameters(node), name, value)
    assert node.GetParameter(name) == text
    assert getattr(Parameters(node), name) == value


def test_an_optional_value_goes_to_a_value_and_back_to_none(node, Parameters):
    parameters = Parameters(node)
    parameters.limit = 0.5
    assert Parameters(node).limit == 0.5
    parameters.limit = None
    assert Parameters(node).limit is None


def test_a_node_is_kept_as_a_reference_and_lost_with_the_node(node, Parameters):
    import slicer

    parameters = Parameters(node)
    parameters.volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    assert node.GetNodeReference("volume") is parameters.volume
    slicer.mrmlScene.RemoveNode(parameters.volume)
    assert parameters.volume is None


@pytest.mark.parametrize(
    "name, value, error",
    [("share", 1.5, ValueError), ("device", "tpu", ValueError), ("count", "3", TypeError), ("title", None, ValueError)],
)
def test_a_value_that_is_not_allowed_is_refused(node, Parameters, name, value, error):
    with pytest.raises(error):
        setattr(Parameters(node), name, value)


def test_one_change_is_one_modified_event(node, Parameters):
    parameters = Parameters(node)
    seen = []
    parameters.AddObserver("ModifiedEvent", lambda *_: seen.append(1))
    parameters.limit = 0.5
    assert len(seen) == 1


def test_widgets_follow_the_node_and_the_node_follows_them(node, Parameters):
    import ctk
    import qt

    parameters = Parameters(node)
    check, combo, spin = qt.QCheckBox(), qt.QComboBox(), ctk.ctkSliderWidget()
    spin.singleStep = 0.01
    tag = parameters.connectParametersToGui({"on": check, "device": combo, "share": spin})
    assert [combo.itemText(row) for row in range(combo.count)] == ["auto", "cpu"]
    check.checked = True
    combo.setCurrentText("cpu")
    spin.value = 0.5
    assert (parameters.on, parameters.device, parameters.share) == (True, "cpu", 0.5)
    parameters.on = False
    parameters.device = "auto"
    assert not check.checked and combo.currentText == "auto"
    parameters.disconnectGui(tag)
    check.checked = True
    assert not parameters.on


def test_a_widget_that_cannot_show_the_type_is_refused(node, Parameters):
    import qt

    with pytest.raises(RuntimeError, match="QLineEdit"):
        Parameters(node).connectParametersToGui({"share": qt.QLineEdit()})


def test_two_prefixes_share_one_node(node, Parameters):
    left, right = Parameters(node, "left."), Parameters(node, "right.")
    left.count, right.count = 1, 2
    assert (left.count, right.count) == (1, 2)


def test_an_unknown_type_is_refused(host):
    from slicer.parameterNodeWrapper import parameterNodeWrapper

    class Plain:
        pass

    Plain.__annotations__ = {"values": complex}
    with pytest.raises(TypeError, match="complex"):
        parameterNodeWrapper(Plain)
