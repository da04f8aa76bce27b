"""The whole run on a small CT, with stand-ins for the networks."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from femur_fakes import GRID, EmptySegmenter, PictureDetector, ThresholdSegmenter, engines, legs
from orthoai.box import Box
from orthoai.errors import Canceled, InputError
from orthoai.geometry import Geometry
from orthoai.progress import Progress
from orthoai.result import Result
from orthoai.tasks import RunOptions
from orthoai.tasks.femur.findings import METAL, MUCH_SHORTER, TRUNCATED
from orthoai.tasks.femur.fuse import NOTE_AXIAL_ONLY, NOTE_CORONAL_ONLY, NOTE_SIDE_BY_LOOK, NOTE_SIDE_BY_POSITION
from orthoai.tasks.femur.pipeline import NOTHING, run
from orthoai.volume import Volume, reorient_array

ORDERS = ["".join(letters) for axes in permutations(("RL", "AP", "IS")) for letters in product(*axes)]


def go(volume: Volume, detector: PictureDetector | None = None, segmenter: object | None = None, **options) -> Result:
    return run(volume, RunOptions(**options), load=lambda _: engines(detector, segmenter))


def test_both_femora_are_marked_voxel_by_voxel():
    volume, truth = legs()
    result = go(volume)
    assert np.array_equal(result.segmentation, truth)
    assert result.geometry == volume.geometry
    assert result.message == "Found the left and right femora."
    assert result.labels == {1: "femur_left", 2: "femur_right"}


def test_there_are_48_axis_orders():
    assert len(set(ORDERS)) == 48


@pytest.mark.parametrize("order", ORDERS)
def test_every_axis_order_gives_the_same_mask_and_sides(order):
    volume, truth = legs()
    turned = volume.reoriented(order)
    result = go(turned)
    assert turned.geometry.axis_codes == order
    assert np.array_equal(result.segmentation, reorient_array(truth, volume.geometry, order))
    straight = go(volume)
    for own, other in zip(result.boxes, straight.boxes, strict=True):
        assert own.label == other.label
        np.testing.assert_allclose(own.lps_min, other.lps_min, atol=1e-6)
        np.testing.assert_allclose(own.lps_max, other.lps_max, atol=1e-6)
    for own, other in zip(result.findings, straight.findings, strict=True):
        assert own.structure == other.structure
        np.testing.assert_allclose(own.place.lps, other.place.lps, atol=1e-6)
        assert own.measurements["length_mm"].value == pytest.approx(other.measurements["length_mm"].value)


@pytest.mark.parametrize(("angle", "axis"), [(20.0, 2), (-25.0, 0)])
@pytest.mark.parametrize("order", ["LPS", "RAS", "SLA", "PIR"])
def test_oblique_directions_give_the_same_mask_and_sides(angle, axis, order):
    turn = np.eye(3)
    a, b = (n for n in range(3) if n != axis)
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turn[[a, a, b, b], [a, b, a, b]] = c, -s, s, c
    grid = Geometry(GRID.shape, GRID.spacing, GRID.origin, tuple(turn.ravel()))
    volume, truth = legs(grid=grid)
    result = go(volume.reoriented(order))
    assert np.array_equal(result.segmentation, reorient_array(truth, grid, order))
    left, right = result.findings
    assert (left.structure, right.structure) == ("femur_left", "femur_right")
    assert left.place.lps[0] > right.place.lps[0]
    truth_center = grid.index_to_lps(np.argwhere(truth == 1).mean(axis=0)[::-1])
    np.testing.assert_allclose(left.place.lps, truth_center, atol=1e-6)


def test_boxes_hold_the_true_femora_on_the_input_grid():
    volume, truth = legs()
    turned = volume.reoriented("SRA")
    result = go(turned)
    for value, box in zip((1, 2), result.boxes, strict=True):
        true_box = Box.around(box.label, reorient_array(truth, GRID, "SRA") == value, turned.geometry)
        assert box.iou(true_box) > 0.8


def test_the_axial_view_shows_only_the_femoral_slices():
    volume, _ = legs(("femur_left",))
    # A plate of bone above the femur's slices would fill an axial view of the whole volume.
    volume.voxels[28:, 6:18, 4:] = 1000
    volume.voxels[27] = 50
    detector = PictureDetector(class_of=("femur_left",), scores=(0.9,))
    detector.detect = _first_run_of_rows(detector, below=3)
    result = go(volume, detector)
    assert [box.label for box in result.boxes] == ["femur_left"]
    axial = detector.pictures[1]
    assert (axial[:, : axial.shape[1] // 2] > 20).sum() == 0


def _first_run_of_rows(detector, below):
    """In the coronal picture look only below the plate."""
    plain = PictureDetector.detect

    def detect(image):
        if not detector.pictures:
            covered = image.copy()
            covered[: below * 8 // 5 + 1] = 0
            return plain(detector, covered)
        return plain(detector, image)

    return detect


@pytest.mark.parametrize("side", ["femur_left", "femur_right"])
def test_a_single_femur_is_named_by_its_class(side):
    volume, truth = legs((side,))
    result = go(volume, PictureDetector(class_of=(side,), scores=(0.9,)))
    assert np.array_equal(result.segmentation, truth)
    assert [item.structure for item in result.findings] == [side]
    own, other = ("left", "right") if side == "femur_left" else ("right", "left")
    assert result.message == f"Found the {own} femur, none on the {other}."


def test_a_single_femur_on_the_other_side_of_the_body_is_named_by_position():
    volume, truth = legs(("femur_left",))
    result = go(volume, PictureDetector(class_of=("femur_right",), scores=(0.9,)))
    assert np.array_equal(result.segmentation, truth)
    assert NOTE_SIDE_BY_POSITION in result.findings[0].flags


def test_a_scan_of_one_leg_says_that_its_side_is_a_guess():
    volume, _ = legs(("femur_left",))
    one_leg = volume.voxels[:, :, 30:]
    narrow = Volume(one_leg, Geometry(one_leg.shape, GRID.spacing, GRID.index_to_lps((30, 0, 0))), "CT")
    result = go(narrow, PictureDetector(class_of=("femur_right",), scores=(0.9,)))
    assert [item.structure for item in result.findings] == ["femur_right"]
    assert NOTE_SIDE_BY_LOOK in result.findings[0].flags


def test_two_femora_with_swapped_classes_are_named_by_position():
    volume, truth = legs()
    result = go(volume, PictureDetector(class_of=("femur_left", "femur_right")))
    assert np.array_equal(result.segmentation, truth)
    assert all(NOTE_SIDE_BY_POSITION in item.flags for item in result.findings)


@pytest.mark.parametrize(("blind", "note"), [((0,), NOTE_AXIAL_ONLY), ((1,), NOTE_CORONAL_ONLY)])
def test_one_view_is_enough(blind, note):
    volume, truth = legs()
    result = go(volume, PictureDetector(blind=blind))
    assert np.array_equal(result.segmentation, truth)
    assert all(note in item.flags for item in result.findings)


@pytest.mark.parametrize(("lost", "is_flagged"), [(0, False), (6, True)])
def test_a_femur_that_ends_much_earlier_than_the_other_is_flagged(lost, is_flagged):
    volume, truth = legs()
    is_lost = truth == 2
    is_lost[6 + lost :] = False
    volume.voxels[is_lost] = 50
    result = go(volume)
    left, right = result.findings
    assert MUCH_SHORTER not in left.flags
    assert (MUCH_SHORTER in right.flags) is is_flagged
    assert ("Look whether all of the right is marked." in result.message) is is_flagged


def test_a_femur_that_the_field_cuts_short_is_not_called_short():
    volume, _ = legs()
    high = volume.voxels[17:]
    cut = Volume(high, Geometry(high.shape, GRID.spacing, GRID.index_to_lps((0, 0, 17))), "CT")
    left, right = go(cut).findings
    assert right.measurements["length_mm"].value < 0.8 * left.measurements["length_mm"].value
    assert all(TRUNCATED in item.flags and MUCH_SHORTER not in item.flags for item in (left, right))


@pytest.mark.parametrize(("slices", "told"), [(6, True), (7, False)])
@pytest.mark.parametrize("sides", [(), ("femur_left", "femur_right")])
def test_a_scan_too_short_to_trust_says_so_also_when_nothing_is_found(slices, told, sides):
    volume, _ = legs(sides)
    piece = volume.voxels[10 : 10 + slices]
    result = go(Volume(piece, Geometry(piece.shape, GRID.spacing, GRID.index_to_lps((0, 0, 10))), "CT"))
    assert result.message.startswith("Found the" if sides else NOTHING)
    assert ("The scan covers only 48 mm" in result.message) is told


def test_no_femur_gives_an_empty_mask_and_says_so():
    volume, _ = legs(())
    result = go(volume)
    assert result.message == NOTHING == "No femur found."
    assert not result.segmentation.any()
    assert result.segmentation.shape == volume.geometry.shape
    assert result.boxes == result.findings == ()


def test_boxes_without_bone_in_them_are_no_femora():
    volume, _ = legs()
    result = go(volume, segmenter=EmptySegmenter())
    assert result.message == NOTHING
    assert result.boxes == ()


def test_given_boxes_skip_stage_1():
    volume, truth = legs()
    turned = volume.reoriented("RAS")
    mask = reorient_array(truth, GRID, "RAS") == 2
    box = Box.around("femur_right", mask, turned.geometry, score=0.7)
    detector = PictureDetector()
    stages = []
    result = run(
        turned,
        RunOptions(boxes=(box,)),
        Progress(on_report=lambda stage, *_: stages.append(stage)),
        load=lambda options: engines(detector),
    )
    assert detector.pictures == []
    assert set(stages) == {"Load", "Segment right", "Assemble"}
    assert np.array_equal(result.segmentation, np.where(mask, 2, 0))
    np.testing.assert_allclose(result.boxes[0].index_min, box.index_min)
    assert result.findings[0].probability == 0.7


@pytest.mark.parametrize(
    ("boxes", "words"),
    [
        ([("tibia", (1, 1, 1), (5, 5, 5))], "tibia"),
        ([("femur_left", (1, 1, 1), (5, 5, 5))] * 2, "two boxes"),
        ([("femur_left", (5, 1, 1), (5, 5, 5))], "no extent"),
        ([("femur_left", (1, 1, 1), (5, 5, float("nan")))], "no extent"),
        ([("femur_left", (100, 1, 1), (120, 5, 5))], "outside"),
    ],
)
def test_bad_boxes_are_refused_in_one_sentence(boxes, words):
    volume, _ = legs()
    given = tuple(Box.from_index(label, 1.0, low, high, GRID) for label, low, high in boxes)
    with pytest.raises(InputError, match=words):
        go(volume, boxes=given)


def test_an_mr_is_refused():
    volume, _ = legs()
    with pytest.raises(InputError, match="CT"):
        go(Volume(volume.voxels, GRID, "MR"))


def test_stages_are_reported_in_order_and_timed():
    volume, _ = legs()
    stages: list[str] = []
    result = run(
        volume,
        RunOptions(),
        Progress(on_report=lambda stage, *_: None if stage in stages else stages.append(stage)),
        load=lambda _: engines(),
    )
    assert stages == ["Load", "DRR", "Detect", "Segment left", "Segment right", "Assemble"]
    assert set(stages) <= set(result.timings_s)
    assert result.provenance.model_name == "stand-in"
    assert result.provenance.created.endswith("Z")


@pytest.mark.parametrize("stage", ["Load", "DRR", "Detect", "Segment left", "Segment right", "Assemble"])
def test_a_cancel_ends_the_run_at_any_stage(stage):
    volume, _ = legs()
    asked: list[str] = []
    progress = Progress(on_report=lambda at, *_: asked.append(at), is_canceled=lambda: stage in asked)
    with pytest.raises(Canceled):
        run(volume, RunOptions(), progress, load=lambda _: engines())
    assert asked[-1] == stage


def test_the_input_is_neither_copied_nor_changed():
    volume, _ = legs()
    before = volume.voxels.copy()
    volume.voxels.flags.writeable = False
    segmenter = ThresholdSegmenter()
    go(volume.reoriented("RAI"), segmenter=segmenter)
    assert all(np.shares_memory(crop.voxels, volume.voxels) for crop in segmenter.crops)
    assert np.array_equal(volume.voxels, before)


def test_metal_and_a_cut_femur_are_flagged_on_their_side_only():
    volume, truth = legs()
    volume.voxels[20:, 8:14, 43:46] = 3071
    volume.voxels[24:][truth[25:26].repeat(6, axis=0) == 1] = 1000
    result = go(volume)
    left, right = result.findings
    assert {METAL, TRUNCATED} <= set(left.flags)
    assert not {METAL, TRUNCATED} & set(right.flags)
    assert result.message == (
        "Found the left and right femora. The scan cuts off the left: volume and length are of the part that it shows. "
        "Look whether all of the right is marked. Metal near the left: check the mask there."
    )


def test_measurements_match_the_cylinder():
    volume, truth = legs(("femur_left",))
    item = go(volume, PictureDetector(class_of=("femur_left",), scores=(0.9,))).findings[0]
    assert item.label == "present"
    assert item.measurements["volume_ml"].value == pytest.approx((truth == 1).sum() * 5 * 4 * 8 / 1000)
    # 22 slices of 8 mm.
    assert item.measurements["length_mm"].value == pytest.approx(176, abs=3)
    assert item.place.slice_index in (14, 15)


def test_a_result_survives_its_json():
    volume, _ = legs()
    result = go(volume)
    again = Result.from_json(result.to_json(), result.segmentation)
    assert again.boxes == result.boxes
    assert again.findings == result.findings
