"""A small scripted module that shows that the host runs one: a selector, a threshold and a button."""

from __future__ import annotations

from typing import Annotated, ClassVar

import qt
import slicer
import vtk
from slicer import vtkMRMLScalarVolumeNode
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin


class FixtureModule(ScriptedLoadableModule):
    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Fixture")
        parent.categories = ["Testing"]


@parameterNodeWrapper
class FixtureParameterNode:
    inputVolume: vtkMRMLScalarVolumeNode
    threshold: Annotated[float, WithinRange(0, 1)] = 0.5
    comment: str


class FixtureModuleWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self.parameterNode = None
        self.guiTag = None
        self.entered = 0
        self.ticks = 0

    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        ui = slicer.util.loadUI(self.resourcePath("UI/FixtureModule.ui"))
        self.layout.addWidget(ui)
        self.ui = slicer.util.childWidgetVariables(ui)
        ui.setMRMLScene(slicer.mrmlScene)
        self.logic = FixtureModuleLogic()
        self.ui.applyButton.connect("clicked(bool)", self.onApply)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self.timer = qt.QTimer()
        self.timer.setInterval(5)
        self.timer.connect("timeout()", self.onTick)
        self.setParameterNode()

    def cleanup(self):
        self.timer.stop()
        self.disconnectParameterNode()
        self.removeObservers()

    def enter(self):
        self.entered += 1
        self.setParameterNode()

    def setParameterNode(self):
        if self.parameterNode is None:
            self.parameterNode = self.logic.getParameterNode()
            self.guiTag = self.parameterNode.connectGui(self.ui)
            self.addObserver(self.parameterNode, vtk.vtkCommand.ModifiedEvent, self.checkCanApply)
            self.checkCanApply()

    def disconnectParameterNode(self):
        if self.parameterNode is not None:
            self.parameterNode.disconnectGui(self.guiTag)
            self.removeObserver(self.parameterNode, vtk.vtkCommand.ModifiedEvent, self.checkCanApply)
            self.parameterNode = None

    def onSceneStartClose(self, caller, event):
        self.disconnectParameterNode()

    def checkCanApply(self, caller=None, event=None):
        self.ui.applyButton.enabled = self.parameterNode.inputVolume is not None

    def onApply(self):
        with slicer.util.tryWithErrorDisplay("Failed to compute results.", waitCursor=True):
            self.logic.process(self.parameterNode.inputVolume, self.parameterNode.threshold)

    def onTick(self):
        self.ticks += 1


class FixtureModuleLogic(ScriptedLoadableModuleLogic):
    def __init__(self):
        ScriptedLoadableModuleLogic.__init__(self)
        self.processed = []

    def getParameterNode(self):
        return FixtureParameterNode(super().getParameterNode())

    def process(self, volume, threshold):
        if threshold > 0.9:
            raise ValueError("threshold too high")
        self.processed.append((volume.GetName(), threshold))


class FixtureModuleTest(ScriptedLoadableModuleTest):
    ran: ClassVar[list[str]] = []

    def setUp(self):
        slicer.mrmlScene.Clear()

    def test_first(self):
        self.ran.append("first")

    def test_second(self):
        self.delayDisplay("second")
        self.ran.append("second")
