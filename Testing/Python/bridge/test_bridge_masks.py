"""Masks of segments on the volume's grid: one place in the patient, whatever the axes."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest
from bridge_scene import labels_on, result_on, same_result, slicer, vtk
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from OrthoAILib.Bridge.Extent import EMPTY
from OrthoAILib.Bridge.Grid import Grid
from OrthoAILib.Bridge.MaskArchive import MaskArchive
from OrthoAILib.Bridge.Masks import NOTHING, Mask, cropOf, extentOf, hull, mergedLabels
from OrthoAILib.Bridge.PreparedResult import PreparedResult
from OrthoAILib.Bridge.ResultBridge import ResultBridge
from OrthoAILib.Bridge.ReviewBridge import ReviewBridge
from OrthoAILib.Bridge.Segments import BINARY, fromSegment, toImage
from vtk.util.numpy_support import vtk_to_numpy

AXES = [
    tuple(np.eye(3)[list(order)].T @ np.diag(signs))
    for order in permutations(range(3))
    for signs in product((1, -1), repeat=3)
]
STILL = np.eye(4)


def grid_with(direction) -> Geometry:
    return Geometry((9, 11, 14), (0.7, 1.3, 2.5), (-31.0, 17.5, 240.0), tuple(np.asarray(direction).ravel()))


def image_of(nodes, name):
    return nodes.segmentation.GetSegmentation().GetSegment(name).GetRepresentation(BINARY)


def ras_of_voxels(image, value=1) -> np.ndarray:
    """World positions of an image's voxels with a value, by VTK's own matrix, sorted."""
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    x0, _, y0, _, z0, _ = image.GetExtent()
    i, j, k = image.GetDimensions()
    where = np.argwhere(vtk_to_numpy(image.GetPointData().GetScalars()).reshape(k, j, i) == value)[:, ::-1]
    points = [matrix.MultiplyPoint((*np.add(index, (x0, y0, z0)), 1))[:3] for index in where]
    return np.array(sorted(np.round(points, 6).tolist()))


@pytest.mark.parametrize("direction", AXES)
def test_every_axis_order_puts_the_mask_at_the_volumes_voxels(workplace, direction):
    geometry = grid_with(direction)
    result = result_on(geometry)
    volume = workplace.volume_on(geometry)
    nodes = ResultBridge(workplace.scene).show(result, volume)
    for value, name in result.labels.items():
        lps = geometry.index_to_lps(np.argwhere(result.segmentation == value)[:, ::-1])
        expected = np.array(sorted(np.round(lps * (-1, -1, 1), 6).tolist()))
        np.testing.assert_allclose(ras_of_voxels(image_of(nodes, name)), expected, atol=1e-5)
    assert same_result(ReviewBridge(workplace.scene).result(nodes, volume), result)


def test_forty_eight_axis_orders_were_tried():
    assert len({np.asarray(direction).tobytes() for direction in AXES}) == 48


def test_a_voxel_lies_where_a_person_computes_it(workplace):
    # i runs to the left in steps of 2, j to the back in steps of 3, k down in steps of 4 mm.
    volume = workplace.volume([[-2, 0, 0, 90], [0, -3, 0, 80], [0, 0, -4, 70], [0, 0, 0, 1]], (6, 7, 8))
    geometry = Grid.ofVolume(volume).geometry
    labels = np.zeros(geometry.shape, np.uint8)
    labels[5, 4, 3] = 1  # i = 3, j = 4, k = 5
    nodes = ResultBridge(workplace.scene).show(result_on(geometry, labels), volume)
    np.testing.assert_allclose(ras_of_voxels(image_of(nodes, "femur_left")), [[84, 68, 50]])


def test_slicers_own_export_gives_the_label_map_back(workplace, oblique):
    result, volume = result_on(oblique), workplace.volume_on(oblique)
    nodes = ResultBridge(workplace.scene).show(result, volume)
    exported = workplace.scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode")
    names = vtk.vtkStringArray()
    for name in result.labels.values():
        names.InsertNextValue(name)
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    assert logic.ExportSegmentsToLabelmapNode(nodes.segmentation, names, exported, volume)
    assert Grid.ofVolume(exported).geometry.matches(oblique, 1e-6)
    scalars = exported.GetImageData().GetPointData().GetScalars()
    np.testing.assert_array_equal(vtk_to_numpy(scalars).reshape(oblique.shape), result.segmentation)


def test_the_reference_geometry_is_the_volumes(workplace, oblique):
    volume = workplace.volume_on(oblique)
    nodes = ResultBridge(workplace.scene).show(result_on(oblique), volume)
    converter = slicer.vtkSegmentationConverter
    text = nodes.segmentation.GetSegmentation().GetConversionParameter(
        converter.GetReferenceImageGeometryParameterName()
    )
    reference = slicer.vtkOrientedImageData()
    assert converter.DeserializeImageGeometry(text, reference, False)
    matrix = vtk.vtkMatrix4x4()
    reference.GetImageToWorldMatrix(matrix)
    elements = [[matrix.GetElement(row, column) for column in range(4)] for row in range(4)]
    np.testing.assert_allclose(elements, np.diag([-1, -1, 1, 1]) @ oblique.affine, atol=1e-9)
    assert reference.GetExtent() == (0, 13, 0, 10, 0, 8)
    assert nodes.segmentation.GetNodeReference("referenceImageGeometryRef") is volume


def test_labelmaps_are_cropped_to_the_extents(workplace, oblique):
    result = result_on(oblique)
    extents = {value: extentOf(result.segmentation, value) for value in (1, 2)}
    nodes = ResultBridge(workplace.scene).show(result, workplace.volume_on(oblique), extents)
    i0, i1, j0, j1, k0, k1 = extents[2]
    assert image_of(nodes, "femur_right").GetExtent() == (i0, i1 - 1, j0, j1 - 1, k0, k1 - 1)
    assert image_of(nodes, "femur_right").GetNumberOfPoints() < result.segmentation.size / 2


def test_a_result_prepared_in_another_thread_is_shown_the_same(workplace, oblique):
    result, volume = result_on(oblique), workplace.volume_on(oblique)
    with ThreadPoolExecutor(1) as threads:
        prepared = threads.submit(PreparedResult.of, result).result()
    unread = replace(result, segmentation=np.zeros_like(result.segmentation))
    nodes = ResultBridge(workplace.scene).show(unread, volume, prepared=prepared)
    assert same_result(ReviewBridge(workplace.scene).result(nodes, volume), result)


def test_only_the_extents_are_read(workplace, oblique):
    """So a memory-mapped segmentation of a long CT is not read whole."""
    result = result_on(oblique)
    extents = {1: (2, 4, 1, 3, 1, 3), 2: EMPTY}
    nodes = ResultBridge(workplace.scene).show(result, workplace.volume_on(oblique), extents)
    assert image_of(nodes, "femur_left").GetDimensions() == (2, 2, 2)
    assert image_of(nodes, "femur_right").GetNumberOfPoints() == 0


# Segments that a user left on another lattice


def segment_on(geometry, labels, value=1, stored=1, extent=None):
    """A segment with the voxels of ``value`` on a grid, stored as label ``stored``."""
    i, j, k = geometry.size
    image = toImage(cropOf(labels, value, extent or (0, i, 0, j, 0, k)), Grid(geometry))
    scalars = vtk_to_numpy(image.GetPointData().GetScalars())
    scalars *= stored
    segment = slicer.vtkSegment()
    segment.AddRepresentation(BINARY, image)
    segment.SetLabelValue(stored)
    return segment


def whole(mask: Mask, shape) -> np.ndarray:
    labels = np.zeros(shape, np.uint8)
    mask.pasteInto(labels, 1)
    return labels


@pytest.mark.parametrize("codes", ["LPS", "RAI", "SAR", "PIL"])
def test_a_segment_with_other_axes_is_turned_not_resampled(oblique, codes):
    labels = labels_on(oblique)
    turned = oblique.reoriented(codes)
    lps = oblique.index_to_lps(np.argwhere(labels == 1)[:, ::-1])
    index = np.rint(turned.lps_to_index(lps)).astype(int)
    other = np.zeros(turned.shape, np.uint8)
    other[tuple(index[:, ::-1].T)] = 1
    mask = fromSegment(segment_on(turned, other), Grid(oblique), STILL)
    np.testing.assert_array_equal(whole(mask, oblique.shape), labels == 1)


def test_what_lies_outside_the_volume_is_cut_off(oblique):
    i, j, k = oblique.size
    larger = oblique.cropped((-3, -2, -1), (i + 2, j + 1, k + 4))
    labels = (np.random.default_rng(0).random(larger.shape) < 0.5).astype(np.uint8)
    mask = fromSegment(segment_on(larger, labels), Grid(oblique), STILL)
    assert mask.extent == (0, i, 0, j, 0, k)
    np.testing.assert_array_equal(mask.voxels, labels[1 : k + 1, 2 : j + 2, 3 : i + 3] == 1)


def test_a_segment_that_left_the_volume_is_nothing(oblique):
    away = oblique.cropped((100, 0, 0), (105, 5, 5))
    assert fromSegment(segment_on(away, np.ones(away.shape, np.uint8)), Grid(oblique), STILL) is NOTHING


def test_a_segment_without_a_labelmap_is_nothing(oblique):
    assert fromSegment(slicer.vtkSegment(), Grid(oblique), STILL) is NOTHING


def test_another_segments_voxels_in_a_shared_layer_are_not_its_own(oblique):
    labels = labels_on(oblique)
    segment = segment_on(oblique, labels, value=2, stored=7)
    shared = segment.GetRepresentation(BINARY)
    vtk_to_numpy(shared.GetPointData().GetScalars())[(labels == 1).ravel()] = 3
    mask = fromSegment(segment, Grid(oblique), STILL)
    np.testing.assert_array_equal(whole(mask, oblique.shape), labels == 2)


def test_a_coarser_lattice_takes_the_nearest_voxel():
    fine = Geometry((8, 8, 8))
    coarse = fine.resampled((2.0, 2.0, 2.0))
    labels = np.zeros(coarse.shape, np.uint8)
    labels[1, 2, 3] = 1
    mask = fromSegment(segment_on(coarse, labels), Grid(fine), STILL)
    expected = np.zeros(fine.shape, np.uint8)
    expected[2:4, 4:6, 6:8] = 1
    np.testing.assert_array_equal(whole(mask, fine.shape), expected)


def test_a_segment_moved_by_half_a_voxel_more_than_one_lands_on_a_neighbor():
    geometry = Geometry((8, 8, 8))
    labels = np.zeros(geometry.shape, np.uint8)
    labels[4, 4, 4] = 1
    to_volume = np.eye(4)
    to_volume[0, 3] = -1.4  # RAS: toward the patient's left, where i grows
    mask = fromSegment(segment_on(geometry, labels), Grid(geometry), to_volume)
    assert np.argwhere(whole(mask, geometry.shape)).tolist() == [[4, 4, 5]]


# Masks in numpy


def test_the_extent_of_a_value_is_tight():
    labels = np.zeros((5, 6, 7), np.uint8)
    labels[1, 2, 3] = labels[3, 4, 3] = 9
    assert extentOf(labels, 9) == (3, 4, 2, 5, 1, 4)
    assert extentOf(labels, 8) == EMPTY


def test_the_hull_holds_both_masks_and_leaves_out_empty_ones():
    one = Mask((1, 3, 2, 4, 5, 6), np.zeros((1, 2, 2), bool))
    other = Mask((2, 9, 0, 1, 5, 7), np.zeros((2, 1, 7), bool))
    assert hull([one, NOTHING, other]) == (1, 9, 0, 4, 5, 7)
    assert hull([NOTHING]) == (0, 1, 0, 1, 0, 1)


def row(start, stop):
    return Mask((start, stop, 0, 1, 0, 1), np.ones((1, 1, stop - start), bool))


def test_a_voxel_in_two_masks_goes_to_the_one_whose_edit_put_it_there():
    original = {1: row(0, 4), 2: row(4, 8)}
    grown = {1: row(0, 6), 2: row(4, 8)}
    assert mergedLabels(grown, original, (1, 1, 8)).ravel().tolist() == [1, 1, 1, 1, 1, 1, 2, 2]
    other = {1: row(0, 4), 2: row(2, 8)}
    assert mergedLabels(other, original, (1, 1, 8)).ravel().tolist() == [1, 1, 2, 2, 2, 2, 2, 2]


def test_holes_that_an_edit_filled_count_as_its_own():
    holed = Mask((0, 4, 0, 1, 0, 1), np.array([[[True, False, True, False]]]))
    merged = mergedLabels({1: row(0, 4), 2: row(0, 3)}, {1: holed, 2: row(0, 3)}, (1, 1, 4))
    assert merged.ravel().tolist() == [2, 1, 2, 1]


def test_a_voxel_that_two_edits_claim_goes_to_the_higher_value():
    assert mergedLabels({1: row(0, 3), 2: row(1, 4)}, {}, (1, 1, 4)).ravel().tolist() == [1, 2, 2, 2]


def test_the_archive_gives_masks_back(oblique):
    labels = labels_on(oblique)
    masks = {value: cropOf(labels, value, extentOf(labels, value)) for value in (1, 2, 3)}
    back = MaskArchive.fromText(MaskArchive.toText(masks))
    assert {value: mask.extent for value, mask in back.items()} == {v: m.extent for v, m in masks.items()}
    for value, mask in masks.items():
        np.testing.assert_array_equal(back[value].voxels, mask.voxels)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[" * 100_000,
        '{"1": 5}',
        '{"1": {"extent": [Infinity, 0, 0, 0, 0, 0], "bits": ""}}',
        '{"1": {"extent": [0, 9, 0, 9, 0, 9], "bits": "eJwDAAAAAAE="}}',
        '{"1": {"bits": "x"}}',
    ],
)
def test_a_damaged_archive_is_an_input_error(text):
    with pytest.raises(InputError, match="damaged"):
        MaskArchive.fromText(text)
