"""The boxes of the training pictures against what the pictures show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import permutations, product

import numpy as np
import pytest
from orthoai.detect.detector import Detection
from orthoai.errors import InputError
from orthoai_training.femur.detector.augment import ViewRecipe, change_appearance, random_field, training_views
from orthoai_training.femur.detector.labeled_case import Field, LabeledCase
from orthoai_training.femur.detector.views import LEAST_SIDE_MM, LabeledView, ProjectedField, plain_views

PLAIN = ViewRecipe(gain=(1.0, 1.0), noise=(0.0, 0.0), fitted_probability=0.0)
"""Random fields, but the pictures themselves as they are."""


def axis_orders() -> Iterator[str]:
    for pairs in permutations(("RL", "AP", "IS")):
        yield from ("".join(letters) for letters in product(*pairs))


def labeled(case) -> LabeledCase:
    return LabeledCase.of(case.volume, case.labels.voxels)


def corners(box: Detection) -> tuple[float, float, float, float]:
    return box.x0, box.y0, box.x1, box.y1


def boxed(view: LabeledView) -> dict[str, tuple[float, float, float, float]]:
    """The boxes, without the last digits in which a product of floats differs."""
    return {box.label: tuple(round(edge, 6) for edge in corners(box)) for box in view.boxes}


def shown(view: LabeledView, middle: float) -> dict[str, tuple[float, float, float, float]]:
    """What is bright in the picture: bounds in pixel edges to the left (patient's right) and right of ``middle``."""
    bounds = {}
    bright = view.image.pixels > 0
    column = int(np.clip(round(middle), 0, bright.shape[1]))
    for label, part, start in (("femur_right", bright[:, :column], 0), ("femur_left", bright[:, column:], column)):
        rows, cols = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
        if rows.size:
            bounds[label] = (start + cols[0], rows[0], start + cols[-1] + 1, rows[-1] + 1)
    return bounds


def test_boxes_are_the_projected_masks_to_the_pixel(bone_case: Callable) -> None:
    coronal, axial = plain_views(labeled(bone_case()))
    for view in (coronal, axial):
        assert boxed(view) == shown(view, 35)
    assert coronal.image.pixels.shape == (90, 70) and axial.image.pixels.shape == (60, 70)


def test_the_head_is_up_and_the_left_femur_on_the_right(bone_case: Callable) -> None:
    case = bone_case()
    coronal, _ = plain_views(labeled(case))
    boxes = {box.label: box for box in coronal.boxes}
    assert boxes["femur_left"].x0 > boxes["femur_right"].x1
    top = np.flatnonzero((case.labels.voxels == 2).any(axis=(1, 2)))[-1]
    assert boxes["femur_right"].y0 == 90 - 1 - top


@pytest.mark.parametrize("fitted", [None, 128])
def test_boxes_lead_back_to_the_voxel_edges_where_voxels_are_not_cubes(bone_case: Callable, fitted: int | None) -> None:
    case = bone_case(spacing=(1.5, 2.0, 3.0))
    whole = labeled(case)
    projected = ProjectedField.of(whole, Field.whole(whole.volume), fitted)
    for view, axis in ((projected.coronal(), 2), (projected.axial(), 1)):
        if fitted:
            assert max(view.image.pixels.shape) == fitted
        for box, value in zip(view.boxes, (1, 2), strict=True):
            k, j, i = np.nonzero(case.labels.voxels == value)
            along = (i, j, k)[axis]
            found = sorted([view.image.to_index(box.x0, box.y0), view.image.to_index(box.x1, box.y1)])
            assert [x for x, _ in found] == pytest.approx([i.min() - 0.5, i.max() + 0.5])
            assert sorted(y for _, y in found) == pytest.approx([along.min() - 0.5, along.max() + 0.5])


def test_pictures_fitted_to_the_input_show_the_femora_inside_their_boxes(bone_case: Callable) -> None:
    whole = labeled(bone_case())
    view = ProjectedField.of(whole, Field.whole(whole.volume), 50).coronal()
    boxes = {box.label: corners(box) for box in view.boxes}
    for label, bounds in shown(view, view.image.pixels.shape[1] / 2).items():
        assert np.abs(np.subtract(bounds, boxes[label])).max() <= 1


def test_all_48_axis_orders_give_the_same_pictures(bone_case: Callable) -> None:
    case = bone_case(shape=(40, 24, 30), spacing=(4.0, 5.0, 6.0))
    expected = plain_views(labeled(case))
    orders = list(axis_orders())
    assert len(orders) == 48
    for order in orders:
        other = LabeledCase.of(case.volume.reoriented(order), case.labels.reoriented(order).voxels)
        for view, wanted in zip(plain_views(other), expected, strict=True):
            assert view.boxes == wanted.boxes
            np.testing.assert_array_equal(view.image.pixels, wanted.image.pixels)


def test_an_axial_picture_of_some_slices_has_the_boxes_of_what_is_in_these_slices(bone_case: Callable) -> None:
    whole = labeled(bone_case())
    projected = ProjectedField.of(whole, Field.whole(whole.volume))
    for between in ((20.0, 30.0), (33.0, 47.0), (0.0, 90.0), (64.0, 89.5)):
        view = projected.axial(between)
        assert boxed(view) == shown(view, 35)
    assert projected.axial((20.0, 30.0)).boxes != projected.axial().boxes


def test_every_random_field_of_view_has_the_boxes_of_what_is_in_view(bone_case: Callable) -> None:
    # Coarse voxels, so that LEAST_SIDE_MM is less than one and no visible femur is without its box.
    whole = labeled(bone_case(spacing=(12.0, 12.0, 12.0)))
    seen = set()
    for seed in range(60):
        rng = np.random.default_rng(seed)
        field = random_field(whole.volume.geometry.size, (12.0,) * 3, np.random.default_rng(seed), PLAIN)
        for view in training_views(whole, 416, rng, PLAIN):
            assert boxed(view) == shown(view, 35 - field.start[0])
            seen.add((view.name, len(view.boxes)))
    assert {("coronal", 2), ("coronal", 1), ("axial", 2), ("axial_whole", 2)} <= seen


def test_random_fields_lie_in_the_volume_and_keep_the_least_length() -> None:
    size, spacing, recipe = (200, 100, 400), (1.0, 2.0, 1.5), ViewRecipe(crop_probability=(1.0, 1.0, 1.0))
    lengths = []
    for seed in range(200):
        field = random_field(size, spacing, np.random.default_rng(seed), recipe)
        start, stop = np.array(field.start), np.array(field.stop)
        assert (start >= 0).all() and (stop <= size).all()
        lengths.append((stop - start) * spacing)
    assert (np.min(lengths, axis=0) >= recipe.least_mm).all()
    assert (np.max(lengths, axis=0) > 0.95 * np.multiply(size, spacing)).all()


def test_a_field_shorter_than_the_least_length_stays_whole() -> None:
    recipe = ViewRecipe(crop_probability=(1.0, 1.0, 1.0))
    field = random_field((20, 20, 20), (1.0, 1.0, 1.0), np.random.default_rng(0), recipe)
    assert field == Field((0, 0, 0), (20, 20, 20))


def test_a_sliver_of_a_femur_gets_no_box(bone_case: Callable) -> None:
    whole = labeled(bone_case())
    top = whole.femora[0].start[2] + whole.femora[0].mask.shape[0]
    slices = int(LEAST_SIDE_MM / 2.0)
    for kept, expected in ((slices, 1), (slices - 1, 0)):
        field = Field((35, 0, top - kept), (70, 60, 90))
        view = ProjectedField.of(whole, field).coronal()
        assert view.image.pixels.max() > 0
        assert len(view.boxes) == expected


def test_without_a_femur_in_view_there_is_a_whole_axial_picture_without_boxes(bone_case: Callable) -> None:
    case = bone_case()
    empty = LabeledCase.of(case.volume, np.zeros_like(case.labels.voxels))
    views = training_views(empty, 64, np.random.default_rng(0))
    assert [(view.name, view.boxes) for view in views] == [("coronal", ()), ("axial_whole", ())]


def test_the_same_seed_gives_the_same_pictures_and_another_seed_others(bone_case: Callable) -> None:
    whole = labeled(bone_case())
    first, again, other = (training_views(whole, 64, np.random.default_rng(seed)) for seed in (1, 1, 2))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.image.pixels, two.image.pixels)
        assert one.boxes == two.boxes
    assert first[0].image.pixels.tobytes() != other[0].image.pixels.tobytes()


def test_gain_multiplies_the_path_that_a_picture_shows() -> None:
    paths = np.array([[0.0, 5.0, 20.0, 60.0]])
    gray = lambda path: np.rint(255 * (1 - np.exp(-path / 40))).astype(np.uint8)  # noqa: E731
    changed = change_appearance(gray(paths), 1.5, np.zeros(paths.shape))
    np.testing.assert_allclose(changed.astype(int), gray(1.5 * paths).astype(int), atol=1)


def test_noise_is_added_and_stays_in_8_bits() -> None:
    noise = np.array([[-300.0, 7.0, 300.0]])
    np.testing.assert_array_equal(change_appearance(np.full((1, 3), 100, np.uint8), 1.0, noise), [[0, 107, 255]])


def test_labels_of_another_size_are_refused(bone_case: Callable) -> None:
    case = bone_case()
    with pytest.raises(InputError, match="different sizes"):
        LabeledCase.of(case.volume, case.labels.voxels[:-1])
