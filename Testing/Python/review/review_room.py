"""Clicks, keys and questions in the review panel, as a person makes them."""

from __future__ import annotations

CASES = ("case1.nrrd", "case2.nrrd", "case10.nrrd")


class Questions:
    """Answers what the panel asks, in the order queued, and fails when nothing is queued."""

    def __init__(self) -> None:
        self.answers, self.asked, self.others = [], [], []
        self.withdraw, self.exported = False, []

    def __call__(self, canSave: bool, others: str) -> object:
        self.asked.append(canSave)
        self.others.append(others)
        return self.answers.pop(0)

    def askWithdraw(self, folders: str) -> bool:
        self.exported.append(folders)
        return self.withdraw


def click(room, name):
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    QTest.mouseClick(room.child(name), Qt.MouseButton.LeftButton)
    room.host.processEvents()


def press(room, keys):
    """As Ctrl+Shift+A: the key goes to the window, and Qt finds the shortcut."""
    from PySide6.QtGui import QKeySequence
    from PySide6.QtTest import QTest

    combination = QKeySequence(keys)[0]
    QTest.keyClick(room.panel.widget, combination.key(), combination.keyboardModifiers())
    room.host.processEvents()


def typeInto(room, name, text):
    from PySide6.QtTest import QTest

    room.child(name).setFocus()
    QTest.keyClicks(room.child(name), text)
    room.host.processEvents()


def down(room):
    names = ("approveButton", "correctButton", "rejectButton", "flagButton")
    return [name for name in names if room.child(name).checked]


def exportAndWait(room):
    click(room, "exportButton")
    assert room.host.processEvents(until=lambda: not room.panel.export.isBusy)


def findingClass(nodes, row):
    """As the table in the scene has it now."""
    from OrthoAILib.Bridge.FindingsTable import editedFindings

    return editedFindings(nodes.findingsTable, nodes.stored().findings)[row].label


def state(room):
    return room.panel.session.state


def erase(nodes, segmentId):
    """As the Segment Editor's eraser does."""
    import slicer

    empty = slicer.vtkOrientedImageData()
    empty.DeepCopy(nodes.segmentation.GetSegmentation().GetSegment(segmentId).GetRepresentation("Binary labelmap"))
    empty.GetPointData().GetScalars().Fill(0)
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    assert logic.SetBinaryLabelmapToSegment(empty, nodes.segmentation, segmentId, logic.MODE_REPLACE)


def openFolder(room, folder):
    room.child("worklistFolder").setCurrentPath(str(folder))
    room.host.processEvents()


def caseText(room):
    return room.child("caseText").text


def review(room, addResultOn=None):
    """A result on the image that is open, as a run would leave it."""
    import slicer
    from OrthoAILib.Bridge.ResultBridge import ResultBridge

    nodes = ResultBridge(slicer.mrmlScene).show(room.result, room.node.inputVolume)
    room.panel.setResult(nodes, room.node.inputVolume)
    return nodes
