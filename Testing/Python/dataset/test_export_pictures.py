"""Pictures show the case the right way up, and the outlines lie where the labels do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from dataset_fakes import filled, overlap
from orthoai.dataset.exporters.look import LOOKS, Look, Window, look_of
from orthoai.dataset.exporters.pictures import Picture, draw_pictures
from orthoai.errors import Canceled
from orthoai.geometry import Geometry
from orthoai.progress import Progress
from orthoai.spine.window import windowed
from orthoai.tasks import all_tasks
from orthoai.volume import Volume
from orthoai_training.femur.detector.labeled_case import LabeledCase
from orthoai_training.femur.detector.views import plain_views

GRAY = Window(0.0, 255.0)


def drawn(volume: Volume, labels: np.ndarray, look: Look, values: tuple[int, ...] = (1, 2)) -> dict[str, Picture]:
    return {picture.name: picture for picture in draw_pictures(volume, labels, list(values), look, Progress())}


@pytest.mark.parametrize("codes", ["LPS", "RAS", "SLA"])
def test_femur_pictures_and_boxes_are_those_that_the_detector_is_trained_on(rods: Callable, codes: str) -> None:
    volume, review = rods(codes=codes)
    labels = review.result.segmentation
    ours = drawn(volume, labels, LOOKS["femur"])
    theirs = plain_views(LabeledCase.of(volume, labels))
    assert list(ours) == [view.name for view in theirs] == ["coronal", "axial"]
    for view in theirs:
        picture = ours[view.name]
        assert np.array_equal(picture.pixels, view.image.pixels)
        boxes = [(box.x0, box.y0, box.x1, box.y1) for box in view.boxes]
        assert np.allclose([shape.box for shape in picture.shapes], boxes, atol=1e-9)
        assert [shape.value for shape in picture.shapes] == [1, 2]


def test_femur_outlines_are_the_projected_masks(rods: Callable) -> None:
    volume, review = rods()
    labels = review.result.segmentation
    (coronal, axial) = drawn(volume, labels, LOOKS["femur"]).values()
    for number, value in enumerate((1, 2)):
        # 2 mm pixels across, slices of 3 mm: each row of the picture shows the slice that its center lies in.
        slices = ((np.arange(coronal.pixels.shape[0]) + 0.5) * 2 / 3).astype(int)
        seen = (labels == value).any(axis=1)[::-1][slices]
        assert overlap(filled(coronal.shapes[number].outline, coronal.pixels.shape), seen) > 0.95
        seen = (labels == value).any(axis=0)
        assert overlap(filled(axial.shapes[number].outline, axial.pixels.shape), seen) == 1.0


def test_the_axial_picture_of_a_femur_reaches_to_the_last_slice_that_holds_a_label() -> None:
    labels = np.zeros((40, 20, 20), np.uint8)
    labels[8:17, 5:15, 5:15] = 1
    voxels = np.full(labels.shape, -1000, np.int16)
    voxels[16, 5:15, 5:15] = 1000
    axial = drawn(Volume(voxels, Geometry(labels.shape), "CT"), labels, LOOKS["femur"], (1,))["axial"]
    assert axial.pixels[5:15, 5:15].min() > 0


def test_a_femur_in_two_parts_is_one_object() -> None:
    labels = np.zeros((30, 20, 20), np.uint8)
    labels[2:10, 5:15, 4:9] = labels[18:28, 5:15, 4:9] = 1
    volume = Volume(labels.astype(np.int16) * 1000, Geometry(labels.shape), "CT")
    coronal = drawn(volume, labels, LOOKS["femur"], (1,))["coronal"]
    (shape,) = coronal.shapes
    assert shape.box == (4.0, 2.0, 9.0, 28.0)
    assert overlap(filled(shape.outline, coronal.pixels.shape), labels.any(axis=1)[::-1]) == 1.0


@pytest.mark.parametrize(
    ("plane", "number", "expected"),
    [
        # The marked corner of the volume is its left, front, head end.
        ("sagittal", 5, "top left"),
        ("coronal", 0, "top right"),
        ("axial", 3, "top right"),
    ],
)
@pytest.mark.parametrize("codes", ["LPS", "RAI"])
def test_slices_stand_upright_with_square_pixels(plane: str, number: int, expected: str, codes: str) -> None:
    lps = Volume(np.zeros((4, 5, 6), np.int16), Geometry((4, 5, 6), (1.0, 2.0, 3.0)))
    lps.voxels[3, 0, 5] = 255
    volume = lps.reoriented(codes)
    labels = (volume.voxels > 0).astype(np.uint8)
    pictures = drawn(volume, labels, Look((plane,), GRAY), (1,))
    assert list(pictures) == [f"{plane}_{number:04d}"]
    picture = pictures[f"{plane}_{number:04d}"]
    sizes = {"sagittal": (6, 5), "coronal": (12, 6), "axial": (10, 6)}
    assert picture.pixels.shape == sizes[plane]
    row, col = np.unravel_index(picture.pixels.argmax(), picture.pixels.shape)
    height, width = picture.pixels.shape
    assert (row < height / 2, col < width / 2) == ("top" in expected, "left" in expected)
    (shape,) = picture.shapes
    x0, y0, x1, y1 = shape.box
    assert x0 <= col + 0.5 <= x1 and y0 <= row + 0.5 <= y1


def test_each_part_in_a_slice_is_an_object_with_its_own_outline() -> None:
    labels = np.zeros((20, 30, 8), np.uint8)
    labels[2:8, 4:12, 3] = labels[11:18, 4:12, 3] = 1
    labels[5:9, 20:26, 3] = 2
    volume = Volume((labels * 100).astype(np.int16), Geometry(labels.shape, (4.0, 1.5, 3.0)))
    (picture,) = drawn(volume, labels, LOOKS["ovf"]).values()
    assert picture.name == "sagittal_0003"
    assert [shape.value for shape in picture.shapes] == [1, 1, 2]
    rows = (np.arange(picture.pixels.shape[0]) + 0.5) / picture.pixels.shape[0] * 20
    whole = np.zeros(picture.pixels.shape, int)
    for shape in picture.shapes:
        whole[filled(shape.outline, picture.pixels.shape)] = shape.value
    seen = labels[:, :, 3][::-1][rows.astype(int)]
    assert overlap(whole > 0, seen > 0) > 0.97
    assert np.array_equal(np.unique(whole), [0, 1, 2])


def test_only_slices_with_a_label_are_drawn_and_a_healthy_case_gives_a_few() -> None:
    labels = np.zeros((40, 10, 10), np.uint8)
    volume = Volume(np.random.default_rng(0).integers(0, 255, labels.shape).astype(np.int16), Geometry(labels.shape))
    look = look_of("something new", "CT")
    empty = drawn(volume, labels, look)
    assert list(empty) == [f"axial_{number:04d}" for number in (2, 7, 12, 17, 22, 27, 32, 37)]
    assert not any(picture.shapes for picture in empty.values())
    labels[[4, 9], 5, 5] = 1
    assert list(drawn(volume, labels, look)) == ["axial_0004", "axial_0009"]


def test_a_flat_picture_is_taken_as_it_is() -> None:
    labels = np.zeros((1, 12, 16), np.uint8)
    labels[0, 3:8, 4:9] = 2
    volume = Volume(np.arange(192, dtype=np.uint8).reshape(labels.shape), Geometry(labels.shape))
    (picture,) = drawn(volume, labels, LOOKS["disc"]).values()
    assert picture.pixels.shape == (12, 16)
    assert (picture.pixels[0, 0], picture.pixels[-1, -1]) == (0, 255)
    assert [(shape.value, shape.box) for shape in picture.shapes] == [(2, (4.0, 3.0, 9.0, 8.0))]


def test_an_image_without_contrast_is_drawn() -> None:
    volume = Volume(np.full((3, 4, 5), 7, np.int16), Geometry((3, 4, 5)), "MR")
    assert len(drawn(volume, np.zeros(volume.voxels.shape, np.uint8), LOOKS["disc"])) == 5


@pytest.mark.parametrize("task", ["femur", "ovf"])
def test_drawing_can_be_canceled(rods: Callable, task: str) -> None:
    volume, review = rods()
    with pytest.raises(Canceled):
        list(draw_pictures(volume, review.result.segmentation, [1, 2], LOOKS[task], Progress(is_canceled=lambda: True)))


def test_every_task_has_a_look_of_its_own() -> None:
    assert {task.name for task in all_tasks()} <= set(LOOKS)


@pytest.mark.parametrize("task", ["fracture", "ovf"])
def test_pictures_of_the_spine_are_as_gray_as_its_networks_see_them(rods: Callable, task: str) -> None:
    volume, review = rods(task=task)
    labels = review.result.segmentation
    marrow = volume.with_voxels(np.full(labels.shape, 400, np.int16))
    for picture in drawn(marrow, labels, look_of(task, "CT")).values():
        assert np.unique(picture.pixels) == pytest.approx(windowed(np.array([400])).tolist(), abs=1)
