"""OrthoAI, the module of 3D Slicer: a shell. What it does is in OrthoAILib, what it knows in Logic/orthoai."""

import sys
from pathlib import Path

import slicer
import vtk
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

MODULE_FOLDER = Path(__file__).resolve().parent
ENGINE_FOLDER = str(MODULE_FOLDER / "Logic")

if ENGINE_FOLDER not in sys.path:
    sys.path.append(ENGINE_FOLDER)


class OrthoAI(ScriptedLoadableModule):
    """What Slicer lists the module as."""

    def __init__(self, parent):
        super().__init__(parent)
        self.parent.title = _("OrthoAI")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        self.parent.dependencies = []
        self.parent.contributors = ["The OrthoAI authors (OrthoAI)"]
        self.parent.helpText = _(
            "Finds, measures and marks bones in CT and MR. Choose an image, run a task, correct what it found, and "
            "keep approved cases as training data. Results are made by a program and need a radiologist's review."
        )
        self.parent.acknowledgementText = _("OrthoAI stands on 3D Slicer, MONAI, PyTorch and ONNX Runtime.")
        slicer.app.connect("startupCompleted()", onStartupCompleted)


def onStartupCompleted():
    """Make the sample and our terminology known to Slicer. Nothing is loaded or installed here."""
    from OrthoAILib.Bridge.Terminology import Terminology
    from OrthoAILib.Sample.HipSample import registerSampleData

    registerSampleData(MODULE_FOLDER / "Resources")
    terminologies = getattr(slicer.modules, "terminologies", None)
    if terminologies is not None:
        Terminology().load(terminologies.logic())


def isImage(node):
    """Whether ``node`` may be chosen unasked: label maps derive from images, but are none; pictures come as vectors."""
    return node is not None and node.GetClassName() in ("vtkMRMLScalarVolumeNode", "vtkMRMLVectorVolumeNode")


class OrthoAIWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel's life: setup, enter, exit, scene changes, cleanup."""

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self.panel = None
        self.controller = None
        self._parameterNode = None
        self._guiTag = None

    def setup(self):
        super().setup()
        from orthoai.models.store import ModelStore
        from orthoai.tasks import all_tasks
        from OrthoAILib.Bridge.ResultBridge import ResultBridge
        from OrthoAILib.Bridge.VolumeBridge import VolumeBridge
        from OrthoAILib.Panels.MainPanel import MainPanel

        scene = slicer.mrmlScene
        self.logic = OrthoAILogic()
        self.controller = self.logic.createController()
        models = [model.name for model in ModelStore.default().list()]
        self.panel = MainPanel(self.controller, VolumeBridge(), ResultBridge(scene), all_tasks(), models)
        self.layout.addWidget(self.panel.widget)
        slicer.app.connect("aboutToQuit()", self.controller.close)
        self.addObserver(scene, scene.StartCloseEvent, self.onSceneStartClose)
        for event in (scene.EndCloseEvent, scene.EndImportEvent):
            self.addObserver(scene, event, self.onSceneChanged)
        self.addObserver(scene, scene.NodeAddedEvent, self.onNodeAdded)
        self.initializeParameterNode()

    def enter(self):
        self.initializeParameterNode()
        self.panel.enter()

    def exit(self):
        self.panel.exit()

    def cleanup(self):
        self.removeObservers()
        if self.panel is None:  # The setup has failed.
            return
        slicer.app.disconnect("aboutToQuit()", self.controller.close)
        self.controller.close()
        self.setParameterNode(None)
        self.panel.cleanup()

    def onSceneStartClose(self, caller, event):
        self.setParameterNode(None)

    def onSceneChanged(self, caller, event):
        self.initializeParameterNode()

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def onNodeAdded(self, caller, event, node):
        """The first image that is loaded is the one to work on; it gets its voxels a little later."""
        scene, parameters = slicer.mrmlScene, self._parameterNode
        if parameters is None or scene.IsClosing() or scene.IsImporting():
            return
        if parameters.inputVolume is None and isImage(node):
            parameters.inputVolume = node

    def initializeParameterNode(self):
        """Take the scene's parameter node, and the first image where none is chosen."""
        scene = slicer.mrmlScene
        if scene.IsClosing() or scene.IsImporting():
            return
        node = self.logic.getParameterNode()
        if node.inputVolume is None:
            node.inputVolume = next(filter(isImage, slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")), None)
        self.setParameterNode(node)

    def setParameterNode(self, node):
        """Connect the panel with ``node`` (OrthoAIParameterNode), or with nothing."""
        if self._parameterNode is not None:
            self._parameterNode.disconnectGui(self._guiTag)
        self._parameterNode = node
        if node is not None:
            self._guiTag = node.connectGui(self.panel.widget)
        self.panel.setParameterNode(node)


class OrthoAILogic(ScriptedLoadableModuleLogic):
    """What scripts need: the parameter node, and runs without the panel."""

    def getParameterNode(self):
        """The scene's OrthoAIParameterNode; made where there is none."""
        from OrthoAILib.ParameterNode import OrthoAIParameterNode

        return OrthoAIParameterNode(super().getParameterNode())

    def createController(self):
        """A RunController of the caller's own: it does not block, its signals tell what comes; close it at the end.

        Example:
            >>> controller = slicer.modules.OrthoAIWidget.logic.createController()
            >>> controller.finished.connect(lambda outcome: print(outcome.message))
            >>> controller.run("femur", slicer.util.getNode("CT"))
            True
        """
        from OrthoAILib.Run.InSlicer import controllerInSlicer

        return controllerInSlicer()


class OrthoAITest(ScriptedLoadableModuleTest):
    """The module's self-tests are in Testing/Slicer; this checks that the installed module is whole."""

    def setUp(self):
        slicer.mrmlScene.Clear()

    def test_everyTaskHasAButton(self):
        from orthoai.tasks import all_tasks

        slicer.util.selectModule("OrthoAI")
        panel = slicer.modules.OrthoAIWidget.panel
        for task in all_tasks():
            self.assertEqual(panel.taskPanel.button(task.name).text, task.title)
