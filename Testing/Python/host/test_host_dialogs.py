"""A modal dialog is answered in advance or fails the test."""

from __future__ import annotations

import pytest


def test_a_confirmation_returns_the_answer_given_in_advance(host):
    import qt
    import slicer

    host.answerNextDialog(qt.QMessageBox.Ok)
    host.answerNextDialog(qt.QMessageBox.Cancel)
    assert slicer.util.confirmOkCancelDisplay("Install?", "OrthoAI")
    assert not slicer.util.confirmOkCancelDisplay("Again?")
    assert [dialog.text for dialog in host.askedDialogs] == ["Install?", "Again?"]
    assert host.askedDialogs[0].title == "OrthoAI"


def test_a_dialog_that_nobody_answered_fails_the_test(host):
    import slicer

    with pytest.raises(AssertionError, match="Install"):
        slicer.util.confirmOkCancelDisplay("Install?")
    with pytest.raises(AssertionError, match="not answered in advance"):
        host.checkProblems()


def test_an_unanswered_dialog_in_a_slot_fails_the_test_too(host):
    import qt

    dialog = qt.QDialog()
    dialog.windowTitle = "Options"
    qt.QTimer.singleShot(0, dialog.exec_)
    with pytest.raises(AssertionError, match="Options"):
        host.processEvents(1)


def test_a_folder_question_is_answered_with_a_path(host, tmp_path):
    import qt

    host.answerNextDialog(str(tmp_path))
    assert qt.QFileDialog.getExistingDirectory(None, "Export to") == str(tmp_path)


def test_an_answer_may_be_a_function_of_the_dialog(host):
    import qt

    def press(box):
        box.button(qt.QMessageBox.Yes).click()
        return qt.QMessageBox.Yes

    box = qt.QMessageBox()
    box.setStandardButtons(qt.QMessageBox.Yes | qt.QMessageBox.No)
    host.answerNextDialog(press)
    assert box.exec_() == qt.QMessageBox.Yes


def test_messages_without_main_window_are_only_logged(host, caplog):
    import slicer

    slicer.util.errorDisplay("no volume")
    assert "no volume" in caplog.text and host.askedDialogs == []


def test_in_testing_mode_no_dialog_opens(host):
    import slicer

    slicer.app.setTestingEnabled(True)
    try:
        slicer.util.confirmYesNoDisplay("Really?")
    finally:
        slicer.app.setTestingEnabled(False)
    assert host.askedDialogs == []
