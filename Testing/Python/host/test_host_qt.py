"""The qt module of the host keeps PythonQt's rules."""

from __future__ import annotations

import pytest


@pytest.fixture
def qt(host):
    import qt

    return qt


def test_properties_are_attributes_and_setters_stay(qt):
    button = qt.QPushButton("one")
    assert button.text == "one"
    button.setText("two")
    button.enabled = False
    assert (button.text, button.enabled) == ("two", False)


def test_an_attribute_that_the_class_lacks_is_refused(qt):
    with pytest.raises(AttributeError, match="enable"):
        qt.QPushButton().enable = True


def test_a_derived_class_takes_attributes_of_its_own(qt):
    class Panel(qt.QWidget):
        pass

    panel = Panel()
    panel.count = 3
    assert panel.count == 3


def test_name_is_the_object_name(qt):
    label = qt.QLabel()
    label.name = "title"
    assert label.objectName == "title"


@pytest.mark.parametrize("signature, expected", [("clicked()", ()), ("clicked(bool)", (True,))])
def test_the_signature_decides_which_arguments_a_slot_gets(qt, signature, expected):
    got = []
    button = qt.QPushButton()
    button.checkable = True
    button.connect(signature, lambda *arguments: got.append(arguments))
    button.click()
    assert got == [expected]


def test_a_slot_gets_no_more_arguments_than_it_takes(qt):
    got = []
    button = qt.QPushButton()
    button.connect("clicked(bool)", lambda: got.append("clicked"))
    button.click()
    assert got == ["clicked"]


def test_connecting_a_signal_that_does_not_exist_is_an_error(qt):
    with pytest.raises(ValueError, match="no signal pressed"):
        qt.QPushButton().connect("pressed(int)", lambda: None)


def test_a_disconnected_slot_is_no_longer_called(qt):
    got = []

    def slot():
        got.append(1)

    button = qt.QPushButton()
    button.connect("clicked()", slot)
    assert button.disconnect("clicked()", slot)
    button.click()
    assert got == []


def test_what_pythonqt_lacks_is_not_there(qt):
    assert not hasattr(qt, "Signal") and not hasattr(qt, "QRegExp")


def test_objects_that_qt_made_are_instances_of_the_qt_classes(qt):
    assert isinstance(qt.QTableWidget().horizontalHeader(), qt.QWidget)


def test_settings_stay_in_the_hosts_own_file(qt, host):
    import slicer

    qt.QSettings().setValue("OrthoAI/Test", "3")
    assert qt.QSettings().fileName().startswith(slicer.app.slicerHome)
    assert slicer.util.settingsValue("OrthoAI/Test", 0, converter=int) == 3


def test_an_exception_in_a_slot_fails_the_test(qt, host):
    def slot():
        raise RuntimeError("broken slot")

    qt.QTimer.singleShot(0, slot)
    with pytest.raises(AssertionError, match="broken slot"):
        host.processEvents(1)


def test_a_ui_file_with_an_unknown_widget_is_refused(host, tmp_path):
    import slicer

    path = tmp_path / "panel.ui"
    path.write_text(
        '<ui version="4.0"><class>P</class><widget class="QWidget" name="P"><layout class="QVBoxLayout" name="l">'
        '<item><widget class="ctkNothing" name="n"/></item></layout></widget></ui>'
    )
    with pytest.raises(LookupError, match="ctkNothing"):
        slicer.util.loadUI(str(path))


def test_a_connection_of_a_ui_file_is_made(host, tmp_path):
    import slicer

    path = tmp_path / "panel.ui"
    path.write_text(
        '<ui version="4.0"><class>P</class><widget class="QWidget" name="P"><layout class="QVBoxLayout" name="l">'
        '<item><widget class="QCheckBox" name="check"/></item><item><widget class="QLabel" name="label">'
        '<property name="enabled"><bool>false</bool></property></widget></item></layout></widget>'
        "<connections><connection><sender>check</sender><signal>toggled(bool)</signal><receiver>label</receiver>"
        "<slot>setEnabled(bool)</slot></connection></connections></ui>"
    )
    ui = slicer.util.childWidgetVariables(slicer.util.loadUI(str(path)))
    ui.check.checked = True
    assert ui.label.enabled
