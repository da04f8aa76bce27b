"""Scenes, volumes and results for the tests of the MRML bridge."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from orthoai.box import Box
from orthoai.finding import Finding, Measurement, Place
from orthoai.geometry import Geometry
from orthoai.result import Provenance, Result
from orthoai.tasks import Label, Task
from orthoai.volume import Source

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
vtk = pytest.importorskip("vtk")

LOGICS = (
    "vtkSlicerSegmentationsModuleLogic",
    "vtkSlicerMarkupsLogic",
    "vtkSlicerTablesLogic",
    "vtkSlicerTextsLogic",
    "vtkSlicerVolumesLogic",
)
"""Of the modules whose nodes a result has: they tell a scene how to store them."""

LABELS = {1: "femur_left", 2: "femur_right"}
FRACTURES = {1: "crush", 2: "wedge", 3: "biconcave"}
ABNORMAL = "morphologically_abnormal_structure"
PROVENANCE = Provenance("0.1.0", "femur_two_stage", {"detector": "ab12"}, "cpu", "float32", {}, "2025-11-20T22:37:00Z")


class Workplace:
    """A scene with what Slicer's application puts around it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scene = slicer.vtkMRMLScene()
        self.scene.SetRootDirectory(str(folder))
        self.application = slicer.vtkSlicerApplicationLogic()
        self.application.SetMRMLScene(self.scene)
        self.logics = [getattr(slicer, name)() for name in LOGICS]
        for logic in self.logics:
            logic.SetMRMLScene(self.scene)
        cache = slicer.vtkCacheManager()
        cache.SetRemoteCacheDirectory(str(folder / "cache"))
        self.io = slicer.vtkDataIOManager()
        self.io.SetCacheManager(cache)
        self.scene.SetCacheManager(cache)
        self.scene.SetDataIOManager(self.io)

    @property
    def hierarchy(self):
        return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(self.scene)

    def volume(self, ijk_to_ras: np.ndarray, shape: tuple[int, int, int], name: str = "image"):
        """A volume node of int16 zeros; ``shape`` is (K, J, I)."""
        return volume_in(self.scene, ijk_to_ras, shape, name)

    def volume_on(self, geometry: Geometry):
        """A volume node on an LPS grid."""
        return self.volume(ras_matrix(geometry), geometry.shape)

    def transform(self, matrix: np.ndarray):
        """A linear transform node."""
        vtk_matrix = vtk.vtkMatrix4x4()
        vtk_matrix.DeepCopy(np.asarray(matrix, float).ravel().tolist())
        node = self.scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
        node.SetMatrixTransformToParent(vtk_matrix)
        return node

    def ids(self) -> list[str]:
        """Of all nodes, sorted."""
        return sorted(self.scene.GetNthNode(n).GetID() for n in range(self.scene.GetNumberOfNodes()))

    def items(self) -> list[str]:
        """Names of all items of the subject hierarchy, sorted."""
        ids = vtk.vtkIdList()
        self.hierarchy.GetItemChildren(self.hierarchy.GetSceneItemID(), ids, True)
        return sorted(self.hierarchy.GetItemName(ids.GetId(n)) for n in range(ids.GetNumberOfIds()))

    def reloaded(self) -> Workplace:
        """The scene, saved as .mrb and read in an application of its own."""
        path = self.folder / "scene.mrb"
        assert self.scene.WriteToMRB(str(path))
        other = Workplace(self.folder / "other")
        assert other.scene.ReadFromMRB(str(path), True)
        return other


def volume_in(scene, ijk_to_ras: np.ndarray, shape: tuple[int, int, int], name: str = "image"):
    """A volume node of int16 zeros in ``scene``; ``shape`` is (K, J, I)."""
    image = vtk.vtkImageData()
    image.SetDimensions(*shape[::-1])
    image.AllocateScalars(vtk.VTK_SHORT, 1)
    image.GetPointData().GetScalars().Fill(0)
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    node.SetAndObserveImageData(image)
    matrix = vtk.vtkMatrix4x4()
    matrix.DeepCopy(np.asarray(ijk_to_ras, float).ravel().tolist())
    node.SetIJKToRASMatrix(matrix)
    return node


def ras_matrix(geometry: Geometry) -> np.ndarray:
    """From indices of an LPS grid to RAS mm, 4x4."""
    return np.diag([-1, -1, 1, 1]) @ geometry.affine


def labels_on(geometry: Geometry, seed: int = 0, absent: tuple[int, ...] = ()) -> np.ndarray:
    """Two blocks with rough surfaces, without any symmetry: value 1 and, unless absent, value 2."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(geometry.shape, np.uint8)
    k, j, i = geometry.shape
    labels[1 : k // 2, 1 : j // 2, 2 : i // 2] = 1
    labels[k // 2 : k - 1, j // 3 : j - 2, i // 2 : i - 1] = 2
    labels[rng.random(geometry.shape) < 0.3] = 0
    labels[1, 1, 2] = 1
    labels[-2, -3, -2] = 2
    labels[np.isin(labels, absent)] = 0
    return labels


def result_on(geometry: Geometry, labels: np.ndarray | None = None, message: str = "Two femora were found.") -> Result:
    """A femur result with a box and a finding for each value that is there."""
    segmentation = labels_on(geometry) if labels is None else labels
    boxes, findings = [], []
    for value, name in LABELS.items():
        box = Box.around(name, segmentation == value, geometry, score=0.5 + value / 10)
        if box is None:
            continue
        boxes.append(box)
        center = geometry.index_to_lps((np.array(box.index_min) + np.array(box.index_max)) / 2)
        findings.append(
            Finding(
                name,
                "present",
                box.score,
                measurements={"volume_ml": Measurement(100.0 + value, "mL"), "length_mm": Measurement(400.0, "mm")},
                place=Place((float(center[0]), float(center[1]), float(center[2])), value),
                flags=("truncated at the field of view",) if value == 2 else (),
            )
        )
    source = Source("memory", "0" * 64, {"series": "1.2.3"})
    return Result(
        "femur", source, geometry, tuple(boxes), segmentation, dict(LABELS), tuple(findings), message, PROVENANCE
    )


def fracture_task() -> Task:
    """A made-up task that tells fractures of vertebrae apart; it cannot run."""

    def run(volume, options, progress):
        raise AssertionError("made up")

    colors = ((213, 94, 0), (230, 159, 0), (86, 180, 233))
    labels = tuple(
        Label(name, value, colors[value - 1], f"7270400{value}", f"{name} fracture", category=ABNORMAL)
        for value, name in FRACTURES.items()
    )
    return Task("made_up_spine", "Classify", "Made up.", "CT", labels, "", run, (*FRACTURES.values(), "normal"))


def fractures_on(geometry: Geometry) -> Result:
    """A result of fracture_task: a wedge at L1 and a crush at L2, with heights and flags."""
    segmentation = labels_on(geometry)
    segmentation[segmentation == 1] = 3
    segmentation[segmentation == 2] = 1
    segmentation[segmentation == 3] = 2
    boxes, findings = [], []
    for value, level in ((2, "L1"), (1, "L2")):
        name = FRACTURES[value]
        box = Box.around(name, segmentation == value, geometry, score=0.9)
        assert box is not None
        boxes.append(box)
        center = geometry.index_to_lps((np.array(box.index_min) + np.array(box.index_max)) / 2)
        heights = {"anterior_height": Measurement(15.5 + value, "mm"), "genant_grade": Measurement(2.0, "1")}
        place = Place((float(center[0]), float(center[1]), float(center[2])), 2)
        findings.append(Finding(level, name, 0.92, 0.04, heights, place, (f"genant_{name}", "look_again")))
    source = Source("memory", "1" * 64)
    return Result(
        "made_up_spine", source, geometry, tuple(boxes), segmentation, dict(FRACTURES), tuple(findings), "Found 2.",
        PROVENANCE,
    )  # fmt: skip


def same_result(one: Result, other: Result) -> bool:
    """Whether two results agree in everything, voxels too."""
    return one.to_json() == other.to_json() and np.array_equal(one.segmentation, other.segmentation)
