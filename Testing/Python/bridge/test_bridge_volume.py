import numpy as np
import pytest
from bridge_scene import slicer, vtk
from orthoai.tasks import get_task
from OrthoAILib.Bridge.VolumeBridge import VolumeBridge

FEMUR = get_task("femur")
SHAPE = (4, 5, 6)  # K, J, I
RAS = np.eye(4)


def test_a_ras_matrix_becomes_lps_by_turning_the_signs_of_x_and_y(workplace):
    ijk_to_ras = [[2, 0, 0, 10], [0, 3, 0, 20], [0, 0, 4, 30], [0, 0, 0, 1]]
    geometry = VolumeBridge().geometry(workplace.volume(ijk_to_ras, SHAPE))
    assert geometry.shape == SHAPE
    assert geometry.spacing == (2, 3, 4)
    assert geometry.origin == (-10, -20, 30)
    assert geometry.axis_codes == "RAS"
    np.testing.assert_allclose(geometry.index_to_lps([1, 1, 1]), [-12, -23, 34])


def test_an_oblique_grid_keeps_its_place(workplace, oblique):
    assert VolumeBridge().geometry(workplace.volume_on(oblique)).matches(oblique, 1e-9)


def test_a_parent_transform_is_no_part_of_the_geometry(workplace, oblique):
    node = workplace.volume_on(oblique)
    moved = np.eye(4)
    moved[:3, 3] = 5, 6, 7
    node.SetAndObserveTransformNodeID(workplace.transform(moved).GetID())
    assert VolumeBridge().geometry(node).matches(oblique, 1e-9)


def test_an_image_that_starts_at_another_index_is_placed_by_its_first_voxel(workplace):
    node = workplace.volume(np.diag([2.0, 2.0, 2.0, 1.0]), SHAPE)
    node.GetImageData().SetExtent(3, 8, 0, 4, 1, 4)
    geometry = VolumeBridge().geometry(node)
    assert geometry.shape == SHAPE
    assert geometry.origin == (-6, 0, 2)


def test_voxels_are_a_view_in_slice_row_column_order(workplace):
    node = workplace.volume(RAS, SHAPE)
    voxels = VolumeBridge().voxels(node)
    assert voxels.shape == SHAPE
    voxels[3, 1, 2] = 77
    assert node.GetImageData().GetScalarComponentAsDouble(2, 1, 3, 0) == 77


def test_nothing_speaks_against_a_plain_volume(workplace, oblique):
    assert VolumeBridge().problem(workplace.volume_on(oblique), FEMUR) == ""


def test_no_volume_asks_for_one():
    assert VolumeBridge().problem(None, FEMUR) == "Choose a CT volume first."


def empty(workplace):
    return workplace.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")


def label_map(workplace):
    return workplace.scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode")


def model(workplace):
    return workplace.scene.AddNewNodeByClass("vtkMRMLModelNode")


def color(workplace):
    node = workplace.scene.AddNewNodeByClass("vtkMRMLVectorVolumeNode")
    image = vtk.vtkImageData()
    image.SetDimensions(4, 4, 4)
    image.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 3)
    node.SetAndObserveImageData(image)
    return node


def one_slice(workplace):
    return workplace.volume(RAS, (1, 8, 8))


def sheared(workplace):
    return workplace.volume([[1, 0.2, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], SHAPE)


def flat(workplace):
    node = workplace.volume(RAS, SHAPE)
    node.SetSpacing(1, 1, 0)
    return node


def bent(workplace):
    node = workplace.volume(RAS, SHAPE)
    spline = vtk.vtkThinPlateSplineTransform()
    points = [[0, 0, 0], [9, 0, 0], [0, 9, 0], [0, 0, 9], [9, 9, 9]]
    for setter, shift in ((spline.SetSourceLandmarks, 0), (spline.SetTargetLandmarks, 2)):
        landmarks = vtk.vtkPoints()
        for number, point in enumerate(points):
            landmarks.InsertNextPoint(point[0] + shift * (number == 4), point[1], point[2])
        setter(landmarks)
    transform = workplace.scene.AddNewNodeByClass("vtkMRMLTransformNode")
    transform.SetAndObserveTransformToParent(spline)
    node.SetAndObserveTransformNodeID(transform.GetID())
    return node


def mr(workplace):
    node = workplace.volume(RAS, SHAPE)
    item = workplace.hierarchy.CreateItem(workplace.hierarchy.GetSceneItemID(), node)
    workplace.hierarchy.SetItemAttribute(item, "DICOM.Modality", "MR")
    return node


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (empty, "holds no image"),
        (label_map, "label map"),
        (model, "no single 3D image"),
        (color, "several values in each voxel"),
        (one_slice, "one slice only"),
        (sheared, "not at right angles"),
        (flat, "no valid voxel size"),
        (bent, "non-linear transform"),
        (mr, "needs CT, and the volume's modality is MR"),
    ],
)
def test_each_unsuitable_node_has_its_own_sentence(workplace, build, words):
    problem = VolumeBridge().problem(build(workplace), FEMUR)
    assert words in problem
    assert problem.endswith(".")


def test_dicom_tells_the_modality_from_the_series_above(workplace):
    node = mr(workplace)
    assert VolumeBridge().modality(node) == "MR"


def test_the_unit_of_the_voxels_tells_a_ct(workplace):
    node = workplace.volume(RAS, SHAPE)
    assert VolumeBridge().modality(node) == ""
    units = slicer.vtkCodedEntry()
    units.SetValueSchemeMeaning("[hnsf'U]", "UCUM", "Hounsfield unit")
    node.SetVoxelValueUnits(units)
    assert VolumeBridge().modality(node) == "CT"


@pytest.mark.parametrize(("air", "modality"), [(-1000, "CT"), (-100, ""), (0, "")])
def test_only_air_far_below_zero_tells_a_ct_by_its_values(workplace, air, modality):
    node = workplace.volume(RAS, (20, 20, 20))
    voxels = VolumeBridge().voxels(node)
    voxels[:] = air
    voxels[5:9, 5:9] = 400
    assert VolumeBridge().modality(node) == modality


def test_no_volume_has_no_modality():
    assert VolumeBridge().modality(None) == ""


def test_uids_come_from_the_series_and_the_study(workplace):
    node = workplace.volume(RAS, SHAPE)
    hierarchy = workplace.hierarchy
    patient = hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), "subject")
    study = hierarchy.CreateStudyItem(patient, "study")
    hierarchy.SetItemUID(study, "DICOM", "1.2.840.1")
    series = hierarchy.CreateItem(study, node)
    hierarchy.SetItemUID(series, "DICOM", "1.2.840.1.7")
    hierarchy.SetItemAttribute(series, "DICOM.FrameOfReferenceUID", "1.2.840.9")
    assert VolumeBridge().uids(node) == {
        "study": "1.2.840.1",
        "series": "1.2.840.1.7",
        "frame_of_reference": "1.2.840.9",
    }


def test_a_volume_without_dicom_has_no_uids(workplace):
    assert VolumeBridge().uids(workplace.volume(RAS, SHAPE)) == {}
