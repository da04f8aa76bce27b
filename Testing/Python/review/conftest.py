"""A small CT with a result on it, in a scene of its own, and the people around a review."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from review_room import CASES, Questions

EXTENSION = Path(__file__).resolve().parents[3] / "OrthoAI"

if str(EXTENSION) not in sys.path:
    sys.path.insert(0, str(EXTENSION))

SHAPE = (6, 8, 10)
"""K, J, I of the small CT."""


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def smallResult() -> Callable[..., object]:
    """Builder of a result of the femur task on a grid of SHAPE: two boxes, two masks, two findings."""
    from orthoai.box import Box
    from orthoai.finding import Finding, Measurement, Place
    from orthoai.geometry import Geometry
    from orthoai.result import Provenance, Result
    from orthoai.volume import Source

    def build(sha256: str = "ab" * 32) -> Result:
        grid = Geometry(SHAPE, (2.0, 2.0, 3.0), (-9.0, -7.0, 100.0))
        voxels = np.zeros(SHAPE, np.uint8)
        voxels[1:4, 2:5, 6:9] = 1
        voxels[1:4, 2:5, 1:4] = 2
        boxes = tuple(
            Box.around(name, voxels == value, grid, 0.9) for value, name in ((1, "femur_left"), (2, "femur_right"))
        )
        findings = tuple(
            Finding(
                box.label,
                "present",
                0.9,
                measurements={"volume_ml": Measurement(0.324, "mL")},
                place=Place(tuple(float(n) for n in (np.add(box.lps_min, box.lps_max) / 2)), 2),
                flags=("truncated at the field of view",) if box.label == "femur_left" else (),
            )
            for box in boxes
        )
        return Result(
            task="femur",
            source=Source("simulated", sha256),
            geometry=grid,
            boxes=boxes,
            segmentation=voxels,
            labels={1: "femur_left", 2: "femur_right"},
            findings=findings,
            message="Found two femora.",
            provenance=Provenance("0.1.0", "tiny", {"detector": "00"}, "cpu", "float32", {}, "2025-11-20T22:37:00Z"),
        )

    return build


@pytest.fixture
def addResult(smallResult: Callable[..., object]) -> Callable[..., SimpleNamespace]:
    """Adds the CT and its result to a scene; gives scene, volumeNode, nodes, result and bridge."""
    slicer = pytest.importorskip("slicer", reason="needs slicer-core")
    if not hasattr(slicer, "vtkMRMLScene"):
        pytest.skip("needs slicer-core")
    from OrthoAILib.Bridge.ResultBridge import ResultBridge
    from OrthoAILib.Bridge.ReviewBridge import ReviewBridge
    from vtk.util.numpy_support import numpy_to_vtk

    def add(scene: object, sha256: str = "ab" * 32) -> SimpleNamespace:
        import vtk

        result = smallResult(sha256)
        image = vtk.vtkImageData()
        image.SetDimensions(*reversed(SHAPE))
        voxels = np.arange(np.prod(SHAPE), dtype=np.int16)
        scalars = numpy_to_vtk(voxels, deep=True, array_type=vtk.VTK_SHORT)
        image.GetPointData().SetScalars(scalars)
        volumeNode = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "CT")
        volumeNode.SetAndObserveImageData(image)
        toRas = np.diag([-1.0, -1.0, 1.0, 1.0]) @ result.geometry.affine
        matrix = vtk.vtkMatrix4x4()
        matrix.DeepCopy(toRas.ravel().tolist())
        volumeNode.SetIJKToRASMatrix(matrix)
        nodes = ResultBridge(scene).show(result, volumeNode)
        return SimpleNamespace(
            scene=scene, volumeNode=volumeNode, nodes=nodes, result=result, bridge=ReviewBridge(scene)
        )

    return add


@pytest.fixture
def scene() -> object:
    """An empty scene without an application."""
    slicer = pytest.importorskip("slicer", reason="needs slicer-core")
    scene = slicer.vtkMRMLScene()
    slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    return scene


@pytest.fixture
def shown(addResult: Callable[..., SimpleNamespace], scene: object) -> SimpleNamespace:
    """The result in a scene without an application."""
    return addResult(scene)


def paint(nodes: object, segmentId: str = "femur_left") -> None:
    """Add one voxel to a mask, as the Segment Editor's paint does."""
    import slicer

    representation = nodes.segmentation.GetSegmentation().GetSegment(segmentId).GetRepresentation("Binary labelmap")
    i0, _, j0, _, k0, _ = representation.GetExtent()
    stroke = slicer.vtkOrientedImageData()
    stroke.DeepCopy(representation)
    stroke.SetExtent(i0 - 1, i0 - 1, j0, j0, k0, k0)
    stroke.AllocateScalars(representation.GetScalarType(), 1)
    stroke.GetPointData().GetScalars().Fill(1)
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    assert logic.SetBinaryLabelmapToSegment(
        stroke, nodes.segmentation, segmentId, logic.MODE_MERGE_MAX, stroke.GetExtent()
    )


def anotherImage(volumeNode: object) -> object:
    """Put other voxels on the same grid into a volume, as scrubbing a sequence does; gives the image that it held."""
    import vtk

    image, other = volumeNode.GetImageData(), vtk.vtkImageData()
    other.DeepCopy(image)
    other.GetPointData().GetScalars().Fill(777)
    volumeNode.SetAndObserveImageData(other)
    return image


@pytest.fixture
def changeImage() -> Callable[..., object]:
    return anotherImage


@pytest.fixture
def paintOn() -> Callable[..., None]:
    return paint


@pytest.fixture
def room(host, addResult, tmp_path):
    """The panel on a small result, entered, with a parameter node, and wired as the module does it."""
    import slicer
    import vtk
    from OrthoAILib.Bridge.ReviewBridge import ReviewBridge
    from OrthoAILib.Panels.ReviewPanel import ReviewPanel
    from OrthoAILib.ParameterNode import OrthoAIParameterNode

    ask = Questions()
    panel = ReviewPanel(ask=ask, askWithdraw=ask.askWithdraw)
    node = OrthoAIParameterNode(host.scene.AddNewNodeByClass("vtkMRMLScriptedModuleNode"))
    shown = addResult(host.scene)
    node.inputVolume = shown.volumeNode

    def follow(caller=None, event=None):
        """The shell's part: no result is shown for an image that has none."""
        if panel.session is not None and node.inputVolume is not panel.session.volumeNode:
            panel.setResult(None, node.inputVolume)

    def show(parts):
        node.inputVolume = parts.volumeNode
        panel.setResult(parts.nodes, parts.volumeNode)

    tag = node.parameterNode.AddObserver(vtk.vtkCommand.ModifiedEvent, follow)
    panel.setParameterNode(node)
    show(shown)
    panel.widget.resize(420, 900)
    panel.widget.show()
    panel.widget.activateWindow()
    panel.enter()
    host.processEvents()
    yield SimpleNamespace(
        panel=panel,
        node=node,
        ask=ask,
        host=host,
        training=tmp_path / "training",
        reviews=ReviewBridge(host.scene),
        child=lambda name: slicer.util.findChild(panel.widget, name),
        show=show,
        **vars(shown),
    )
    panel.cleanup()
    node.parameterNode.RemoveObserver(tag)
    panel.widget.deleteLater()
    host.processEvents()


@pytest.fixture
def folder(tmp_path, smallResult):
    """A worklist of three small images."""
    from orthoai.io.write import write_volume
    from orthoai.volume import Volume

    result = smallResult()
    folder = tmp_path / "cases"
    folder.mkdir()
    for number, name in enumerate(CASES):
        voxels = np.full(result.geometry.shape, number, np.int16)
        write_volume(Volume(voxels, result.geometry), folder / name)
    return folder
