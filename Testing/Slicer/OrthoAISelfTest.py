"""The module from the click to the scene that is opened again, on the shipped sample, with the shipped networks.

In Slicer ctest runs it; pytest runs the same file in Testing/host (Testing/Python/window/test_self_tests.py). It uses
what both have: widgets by their names, slicer.util, MRML.
"""

import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import slicer
import vtk
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleTest

RUN_LIMIT_S = 600.0
"""Seconds for a run on a slow or busy computer, the start of the worker included."""

STEP_LIMIT_S = 60.0
"""Seconds for everything else that is waited for."""

SEGMENTS = ("femur_left", "femur_right")

LARGEST_DISTANCE_MM = 40.0
"""Between the middle of a box and that of its mask: they are of the same bone, which fills its box unevenly."""


class OrthoAISelfTest(ScriptedLoadableModuleTest):
    """Load the sample, click, wait, look, correct, approve, export, save, open again."""

    def setUp(self):
        slicer.mrmlScene.Clear(0)
        self.folder = Path(tempfile.mkdtemp(prefix="orthoai-self-test-"))
        self.openModule()
        missing = self.missingPackages()
        if missing:
            self.skipTest(f"OrthoAI's worker needs Python packages that are not installed: {', '.join(missing)}")

    def tearDown(self):
        slicer.mrmlScene.Clear(0)
        shutil.rmtree(self.folder, ignore_errors=True)

    # Tests

    def test_withoutAnImageTheButtonSaysWhatIsMissing(self):
        button = self.widget("taskButton_femur")
        self.assertFalse(button.enabled)
        self.assertTrue(button.toolTip)

    def test_cancelLeavesTheSceneAsItWas(self):
        self.loadSample()
        before = self.nodeIds()
        self.widget("taskButton_femur").click()
        self.waitFor(lambda: self.state() == "running", RUN_LIMIT_S, "the run to begin")
        self.widget("taskButton_femur").click()
        self.waitFor(lambda: self.state() == "idle", STEP_LIMIT_S, "the cancel")
        self.assertEqual(self.nodeIds(), before)
        self.assertTrue(self.widget("taskButton_femur").enabled)

    def test_fromTheClickToTheSceneThatIsOpenedAgain(self):
        volume = self.loadSample()
        result = self.segment()
        self.checkNodes(result, volume)
        self.checkMasks(result, volume)
        moved = self.correct(result, volume)
        self.approveAndExport()
        self.checkTrainingSet()
        scene = self.folder / "scene.mrb"
        self.delayDisplay("Saving the scene and opening it again")
        self.assertTrue(slicer.util.saveScene(str(scene)))
        slicer.mrmlScene.Clear(0)
        self.waitFor(lambda: self.panel().result is None, STEP_LIMIT_S, "the empty panel")
        slicer.util.loadScene(str(scene))
        self.checkReloaded(result.resultId, moved)

    # Steps

    def loadSample(self):
        """The shipped CT, through Sample Data as a user would: vtkMRMLScalarVolumeNode."""
        import SampleData
        from OrthoAILib.Sample.HipSample import SAMPLE_NAME, registerSampleData

        registerSampleData(Path(slicer.util.modulePath("OrthoAI")).parent / "Resources")
        self.delayDisplay("Loading the sample")
        loaded = SampleData.SampleDataLogic().downloadSamples(SAMPLE_NAME)
        volume = loaded[0] if isinstance(loaded, list | tuple) else loaded
        self.assertIsNotNone(volume)
        self.waitFor(lambda: self.widget("taskButton_femur").enabled, STEP_LIMIT_S, "the button")
        self.assertIs(self.parameters().inputVolume, volume)
        return volume

    def segment(self):
        """Click and wait: ResultNodes."""
        self.parameters().reviewer = "Self-test"
        self.delayDisplay("Segment Femur")
        self.widget("taskButton_femur").click()
        self.waitFor(lambda: self.state() == "idle", RUN_LIMIT_S, "the result")
        result = self.panel().result
        self.assertIsNotNone(result, self.panel().message.text)
        self.waitFor(lambda: self.review() is not None, STEP_LIMIT_S, "the review")
        return result

    def checkNodes(self, result, volume):
        self.assertEqual(result.segmentation.GetSegmentation().GetSegmentIDs(), SEGMENTS)
        self.assertEqual(len(result.boxes), len(SEGMENTS))
        self.assertEqual(result.findingsTable.GetNumberOfRows(), len(SEGMENTS))
        self.assertEqual(self.widget("findingsTable").rowCount, len(SEGMENTS))
        self.assertIs(result.volumeNode, volume)
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
        folder = hierarchy.GetItemParent(hierarchy.GetItemByDataNode(result.segmentation))
        self.assertEqual(hierarchy.GetItemParent(folder), hierarchy.GetItemParent(hierarchy.GetItemByDataNode(volume)))

    def checkMasks(self, result, volume):
        """On the volume's own grid, on bone, and each around the middle of its box."""
        hounsfield = slicer.util.arrayFromVolume(volume)
        for name in SEGMENTS:
            mask = self.mask(result, name, volume)
            self.assertEqual(mask.shape, hounsfield.shape)
            self.assertGreater(hounsfield[mask].mean(), 150.0)
            box = next(box for box in result.boxes if name.rpartition("_")[2] in box.GetName())
            center = [0.0, 0.0, 0.0]
            box.GetCenterWorld(center)
            middle = self.toRas(volume, np.argwhere(mask).mean(axis=0)[::-1])
            self.assertLess(np.linalg.norm(middle - center), LARGEST_DISTANCE_MM)
            entry = result.segmentation.GetSegmentation().GetSegment(name).GetTerminology()
            self.assertIn("SCT", entry)

    def correct(self, result, volume):
        """Move a box, change a class, erase a slice of a mask: the box's new center (RAS mm)."""
        from OrthoAILib.Bridge.ReviewBridge import ReviewBridge

        self.delayDisplay("Correcting a box, a class and a mask")
        center = list(result.boxes[0].GetCenter())
        center[2] += 6.0
        result.boxes[0].SetCenter(center)
        ReviewBridge(slicer.mrmlScene).setFindingClass(result, 0, SEGMENTS[1])
        mask = self.mask(result, SEGMENTS[0], volume)
        mask[np.flatnonzero(mask.any(axis=(1, 2)))[-1]] = False
        slicer.util.updateSegmentBinaryLabelmapFromArray(
            mask.astype(np.uint8), result.segmentation, SEGMENTS[0], volume
        )
        self.waitFor(lambda: self.widget("undoButton").enabled, STEP_LIMIT_S, "the edits to be noticed")
        kinds = {change.kind for change in self.review().review().changes}
        self.assertEqual(kinds, {"box", "class", "mask"})
        return center

    def approveAndExport(self):
        self.delayDisplay("Approving and exporting")
        self.widget("correctButton").click()
        self.assertEqual(self.parameters().verdict, "corrected")
        self.widget("exportFolder").setCurrentPath(str(self.folder / "training-set"))
        self.assertTrue(self.widget("exportButton").enabled, self.widget("exportButton").toolTip)
        self.widget("exportButton").click()
        self.waitFor(lambda: not self.panel().reviewPanel.export.isBusy, STEP_LIMIT_S, "the export")

    def checkTrainingSet(self):
        from orthoai.dataset import Dataset
        from orthoai.io.read import read_volume

        training = Dataset(self.folder / "training-set")
        self.assertEqual(len(list(training.cases())), 1)
        self.assertFalse(list(training.verify()))
        case = next((self.folder / "training-set" / "cases").iterdir())
        labels = read_volume(case / "labels.nii.gz")
        self.assertEqual(set(np.unique(labels.voxels)), {0, 1, 2})
        self.assertEqual(labels.geometry.shape, read_volume(case / "image.nii.gz").geometry.shape)

    def checkReloaded(self, resultId, moved):
        self.waitFor(lambda: self.panel().result is not None, STEP_LIMIT_S, "the result of the scene")
        self.waitFor(lambda: self.review() is not None, STEP_LIMIT_S, "the review of the scene")
        result = self.panel().result
        self.assertEqual(result.resultId, resultId)
        volume = result.volumeNode
        self.assertIs(self.parameters().inputVolume, volume)
        self.assertEqual(result.segmentation.GetSegmentation().GetSegmentIDs(), SEGMENTS)
        for name in SEGMENTS:
            self.assertTrue(self.mask(result, name, volume).any())
        np.testing.assert_allclose(result.boxes[0].GetCenter(), moved, atol=1e-3)
        self.assertEqual(result.findingsTable.GetNumberOfRows(), len(SEGMENTS))
        self.assertEqual(self.review().state.verdict.value, "corrected")
        self.assertEqual({change.kind for change in self.review().review().changes}, {"box", "class", "mask"})
        self.assertEqual(Path(self.parameters().exportFolder), self.folder / "training-set")

    # The module

    def openModule(self):
        if slicer.util.mainWindow() is not None:
            slicer.util.selectModule("OrthoAI")
        self.root = slicer.modules.orthoai.widgetRepresentation()
        slicer.app.processEvents()

    def missingPackages(self):
        from OrthoAILib.Install.Dependencies import Dependencies

        return Dependencies.inSlicer(Path(slicer.util.modulePath("OrthoAI")).parent / "Resources").missing()

    def panel(self):
        return slicer.modules.OrthoAIWidget.panel

    def parameters(self):
        return slicer.modules.OrthoAIWidget.logic.getParameterNode()

    def review(self):
        """The ReviewSession that is going on, or None."""
        return self.panel().reviewPanel.session

    def state(self):
        return slicer.modules.OrthoAIWidget.controller.state.value

    def widget(self, name):
        """A widget of the panel by its name."""
        return slicer.util.findChild(self.root, name)

    # Helpers

    def waitFor(self, condition, seconds, what):
        """Run the event loop until ``condition`` holds."""
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, f"waited {seconds:.0f} s for {what}: {self.panel().message.text}")
            slicer.app.processEvents()
            time.sleep(0.01)

    def mask(self, result, name, volume):
        """Voxels (K, J, I) of a segment on the volume's grid, as bool."""
        return slicer.util.arrayFromSegmentBinaryLabelmap(result.segmentation, name, volume) > 0

    def toRas(self, volume, ijk):
        """Where a voxel lies (RAS mm)."""
        matrix = vtk.vtkMatrix4x4()
        volume.GetIJKToRASMatrix(matrix)
        return (slicer.util.arrayFromVTKMatrix(matrix) @ [*ijk, 1.0])[:3]

    def nodeIds(self):
        return {node.GetID() for node in slicer.util.getNodesByClass("vtkMRMLNode")}
