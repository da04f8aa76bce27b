"""A single picture in the scene: who takes it, and what of it is read."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_scene import vtk
from orthoai.tasks import get_task
from OrthoAILib.Bridge.VolumeBridge import VolumeBridge

DISC, FEMUR = get_task("disc"), get_task("femur")
UNPLACED = np.diag([-1.0, -1.0, 1.0, 1.0])
ONE_SLICE = "The volume has one slice only; choose the whole 3D series."
GRAY = np.arange(48, dtype=np.uint8).reshape(1, 6, 8)


def colored(workplace, channels: int, pixels: np.ndarray = GRAY):
    """A picture in color mode: each channel holds ``pixels`` (K, J, I), a fourth one is opaque."""
    node = workplace.scene.AddNewNodeByClass("vtkMRMLVectorVolumeNode")
    image = vtk.vtkImageData()
    image.SetDimensions(*pixels.shape[::-1])
    image.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, channels)
    values = vtk.util.numpy_support.vtk_to_numpy(image.GetPointData().GetScalars())
    values[:] = 255
    values[:, :3] = pixels.reshape(-1, 1)
    node.SetAndObserveImageData(image)
    matrix = vtk.vtkMatrix4x4()
    matrix.DeepCopy(UNPLACED.ravel().tolist())
    node.SetIJKToRASMatrix(matrix)
    return node


def test_a_gray_picture_is_for_the_tasks_that_take_pictures(workplace):
    node = workplace.volume(UNPLACED, (1, 6, 8))
    assert VolumeBridge().isPicture(node) and VolumeBridge().modality(node) == "OT"
    assert VolumeBridge().problem(node, DISC) == ""
    assert VolumeBridge().problem(node, FEMUR) == ONE_SLICE


@pytest.mark.parametrize("channels", [3, 4])
def test_gray_values_in_color_mode_are_read_as_gray(workplace, channels):
    node = colored(workplace, channels)
    assert VolumeBridge().problem(node, DISC) == ""
    assert VolumeBridge().modality(node) == "OT"
    np.testing.assert_array_equal(VolumeBridge().voxels(node), GRAY)
    assert VolumeBridge().geometry(node).shape == GRAY.shape
    assert "several values in each voxel" in VolumeBridge().problem(node, FEMUR)


def test_one_colored_pixel_makes_a_picture_in_color(workplace):
    node = colored(workplace, 3)
    node.GetImageData().GetPointData().GetScalars().SetComponent(7, 2, 200)
    assert VolumeBridge().problem(node, DISC) == "This is a color picture; use a gray-value image."


@pytest.mark.parametrize("channels", [2, 6])
def test_other_numbers_of_values_are_no_picture(workplace, channels):
    assert "several values in each voxel" in VolumeBridge().problem(colored(workplace, channels), DISC)


def test_a_colored_volume_is_no_picture(workplace):
    assert "several values in each voxel" in VolumeBridge().problem(
        colored(workplace, 3, np.zeros((4, 5, 6), np.uint8)), DISC
    )


def test_a_slice_with_a_place_in_the_patient_is_no_picture(workplace):
    placed = UNPLACED.copy()
    placed[:3, 3] = -31, 17, 240
    node = workplace.volume(placed, (1, 6, 8))
    assert VolumeBridge().modality(node) == "" and not VolumeBridge().isPicture(node)
    assert VolumeBridge().problem(node, DISC) == ""


@pytest.mark.parametrize("shape", [(1, 1, 8), (1, 6, 1), (6, 1, 8)])
def test_a_line_is_no_picture(workplace, shape):
    assert VolumeBridge().problem(workplace.volume(UNPLACED, shape), DISC) == ONE_SLICE


@pytest.mark.parametrize(("modality", "problem"), [("SC", ""), ("MR", ""), ("US", "needs MR")])
def test_dicom_says_what_a_slice_is(workplace, modality, problem):
    node = workplace.volume(UNPLACED, (1, 6, 8))
    item = workplace.hierarchy.CreateItem(workplace.hierarchy.GetSceneItemID(), node)
    workplace.hierarchy.SetItemAttribute(item, "DICOM.Modality", modality)
    found = VolumeBridge().problem(node, DISC)
    assert problem in found and bool(found) == bool(problem)
    assert VolumeBridge().isPicture(node) == (modality == "SC")
