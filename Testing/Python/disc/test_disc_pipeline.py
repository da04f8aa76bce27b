"""From a volume to a result: the same discs in every axis order, and a clear sentence for what cannot be read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from disc_fakes import FakeGrader, FakeSegmenter, engines, grain, load, series
from disc_phantom import Phantom
from orthoai.box import Box
from orthoai.errors import Canceled, InputError
from orthoai.finding import Place
from orthoai.geometry import Geometry
from orthoai.progress import Progress
from orthoai.result import Result
from orthoai.tasks import RunOptions
from orthoai.tasks.disc.crop import CROP_SHAPE
from orthoai.tasks.disc.findings import NO_CORNER, NO_SCALE, NOT_MARKED, ONE_ENDPLATE, POSSIBLE, finding, message
from orthoai.tasks.disc.grades import DiscGrades
from orthoai.tasks.disc.labels import CANAL, DISC
from orthoai.tasks.disc.levels import NO_SACRUM
from orthoai.tasks.disc.measure import DiscMeasures
from orthoai.tasks.disc.pipeline import run
from orthoai.tasks.disc.search import BACK_TO_FRONT, CLEARLY_SURER, UPSIDE_DOWN
from orthoai.volume import Source, Volume, reorient_array

LEVELS = ["L5/S1", "L4/L5", "L3/L4", "L2/L3", "L1/L2", "T12/L1"]
ORDERS = ("LPS", "RAS", "PIL", "AIR", "SAL", "IPR", "LSA", "PLS")
"""Each axis in each place and each direction; test_disc_plane.py takes all 48."""
OPTIONS = RunOptions()


@pytest.fixture(scope="module")
def volume() -> Volume:
    return series()


@pytest.fixture(scope="module")
def result(volume: Volume) -> Result:
    return run(volume, OPTIONS, load=load)


def levels(result: Result) -> list[str]:
    return [finding.structure for finding in result.findings]


def test_every_disc_is_named_graded_and_measured(result: Result) -> None:
    assert levels(result) == LEVELS
    assert [finding.label for finding in result.findings[:3]] == ["bulging", "herniated", "normal"]
    herniated = result.findings[1]
    assert (herniated.probability, herniated.uncertainty) == (0.8, 0.05)
    values = {name: measurement.value for name, measurement in herniated.measurements.items()}
    assert values["middle_height_mm"] == pytest.approx(10, abs=0.6)
    assert values["canal_ap_mm"] == pytest.approx(15, abs=0.7)
    assert values["disc_height_index"] == pytest.approx(10 / 26, abs=0.04)
    assert values["pfirrmann_grade"] == 4
    assert result.findings[0].flags == (ONE_ENDPLATE,)
    assert result.message == "Found 6 discs, T12/L1 to L5/S1. Herniated: L4/L5. Bulging: L5/S1."


def test_the_message_tells_what_may_be_herniated_and_what_the_names_are_worth(result: Result) -> None:
    """Both stood in the report's table alone, and the message read as an all-clear with sure levels."""
    normal = [replace(each, label="normal", flags=()) for each in result.findings]
    assert message(normal[:2]) == "Found 2 discs, L4/L5 to L5/S1. None called herniated or bulging."
    odd = [*normal[:2], replace(normal[2], flags=(POSSIBLE,)), replace(normal[3], label="bulging", flags=(POSSIBLE,))]
    assert message(odd, (NO_SACRUM,)) == (
        "Found 4 discs, L2/L3 to L5/S1. Bulging: L2/L3. Herniation possible, look at it: L2/L3, L3/L4. "
        "Sacrum not visible: levels are assumed."
    )


def test_a_bulge_that_could_not_be_measured_is_said_to_be_missing() -> None:
    grades = DiscGrades(0.1, 0.9, (0.0, 0.0, 0.0, 1.0, 0.0))
    seen = DiscMeasures(8.0, 7.0, 6.0, 35.0, 0.3, 0.2, bulge_mm=None, canal_mm=14.0, one_endplate=True)
    place = Place((0.0, 0.0, 0.0))
    assert finding("L5/S1", grades, seen, place).flags == (NO_CORNER,)
    assert finding("L5/S1", grades, replace(seen, bulge_mm=2.0), place).flags == (ONE_ENDPLATE,)
    assert finding("L5/S1", grades, seen, place, has_scale=False).flags == (NO_SCALE,)


def test_the_mid_sagittal_slice_is_where_the_canal_is(result: Result, volume: Volume) -> None:
    lumbar = result.boxes[0]
    assert lumbar.label == "lumbar"
    assert (lumbar.index_min[2], lumbar.index_max[2]) == (2.5, 3.5)
    assert [box.label for box in result.boxes[1:]] == LEVELS
    assert {finding.place.slice_index for finding in result.findings if finding.place} == {3}


def test_boxes_and_places_lie_on_their_discs(result: Result) -> None:
    numbers = result.extras[0]
    assert numbers.name == "instances"
    for box, each in zip(result.boxes[1:], result.findings, strict=True):
        assert each.place is not None
        i, j, k = (round(float(v)) for v in result.geometry.lps_to_index(each.place.lps))
        assert numbers.labels[int(numbers.voxels[k, j, i])] == box.label
        assert box.index_min[0] < i < box.index_max[0]
        assert box.index_min[1] < j < box.index_max[1]


def test_every_slice_is_segmented(result: Result) -> None:
    assert (result.segmentation != 0).any(axis=(1, 2)).tolist() == [False, False, True, True, True, *[False] * 4]
    assert set(np.unique(result.segmentation)) == {0, 1, 2, 3}


def test_the_heat_map_lies_around_the_discs_of_the_slice(result: Result) -> None:
    attention = result.extras[1]
    assert attention.name == "attention"
    assert attention.voxels.any(axis=(1, 2)).tolist() == [n == 3 for n in range(9)]
    assert attention.voxels[3][result.segmentation[3] == 2].mean() > 200


@pytest.mark.parametrize("codes", ORDERS)
def test_any_axis_order_gives_the_same_result_on_its_own_grid(codes: str, volume: Volume, result: Result) -> None:
    turned = volume.reoriented(codes)
    found = run(turned, OPTIONS, load=load)
    assert found.geometry == turned.geometry
    np.testing.assert_array_equal(found.segmentation, reorient_array(result.segmentation, result.geometry, codes))
    np.testing.assert_array_equal(
        found.extras[0].voxels, reorient_array(result.extras[0].voxels, result.geometry, codes)
    )
    assert [f.measurements for f in found.findings] == [f.measurements for f in result.findings]
    for ours, theirs in zip(found.boxes, result.boxes, strict=True):
        assert ours.lps_min == pytest.approx(theirs.lps_min)
        assert ours.lps_max == pytest.approx(theirs.lps_max)


def test_a_result_survives_its_json(result: Result) -> None:
    again = Result.from_json(result.to_json(), result.segmentation)
    assert again.findings == result.findings
    assert '"201": "L5/S1"' in result.to_json()


def test_the_classifier_sees_each_disc_in_the_middle_of_its_crop(volume: Volume) -> None:
    grader = FakeGrader()
    run(volume, OPTIONS, load=lambda options: engines(grader=grader))
    assert [crop.level for crop in grader.crops] == LEVELS
    for crop in grader.crops:
        middle = crop.pixels[CROP_SHAPE[0] // 2, CROP_SHAPE[1] // 2]
        assert middle == pytest.approx(0.25, abs=0.02)


# Wrong headers


def mirrored(volume: Volume, axis: int) -> Volume:
    """The voxels the other way round while the header stays as it was."""
    return replace(volume, voxels=np.flip(volume.voxels, axis))


@pytest.mark.parametrize(
    ("axes", "flags"), [((1,), (UPSIDE_DOWN,)), ((2,), (BACK_TO_FRONT,)), ((1, 2), (UPSIDE_DOWN, BACK_TO_FRONT))]
)
def test_an_image_that_stands_wrongly_is_turned_and_told(
    volume: Volume, result: Result, axes: tuple[int, ...], flags: tuple[str, ...]
) -> None:
    found = run(replace(volume, voxels=np.flip(volume.voxels, axes)), OPTIONS, load=load)
    assert levels(found) == LEVELS
    assert all(set(flags) <= set(finding.flags) for finding in found.findings)
    np.testing.assert_array_equal(found.segmentation, np.flip(result.segmentation, axes))


def test_left_and_right_exchanged_change_nothing_but_the_slice(volume: Volume, result: Result) -> None:
    found = run(mirrored(volume, 0), OPTIONS, load=load)
    assert [f.measurements for f in found.findings] == [f.measurements for f in result.findings]
    assert found.boxes[0].index_min[2] == 4.5


@pytest.mark.parametrize("axis", [1, 2])
def test_an_image_is_not_turned_when_another_way_is_hardly_better(volume: Volume, axis: int) -> None:
    doubtful = engines(FakeSegmenter(lead=CLEARLY_SURER / 2))
    found = run(mirrored(volume, axis), OPTIONS, load=lambda options: doubtful)
    assert not any({UPSIDE_DOWN, BACK_TO_FRONT} & set(finding.flags) for finding in found.findings)


def test_an_image_is_not_turned_by_one_slice_when_the_middle_one_disagrees() -> None:
    class Misled(FakeSegmenter):
        """Right about the middle slice only."""

        def certainty(self, slices: np.ndarray, index: int, pixel_mm: tuple[float, float]) -> float:
            sure = super().certainty(slices, 2, pixel_mm)
            return sure if index == len(slices) // 2 else -sure

    found = run(series(middle=2), OPTIONS, load=lambda options: engines(Misled()))
    assert levels(found) == LEVELS
    assert not any({UPSIDE_DOWN, BACK_TO_FRONT} & set(finding.flags) for finding in found.findings)


@pytest.mark.parametrize("axes", [(1,), (2,), (1, 2)])
def test_a_result_s_own_boxes_give_the_same_result_where_the_image_was_turned(
    volume: Volume, axes: tuple[int, ...]
) -> None:
    wrong = replace(volume, voxels=np.flip(volume.voxels, axes))
    first = run(wrong, OPTIONS, load=load)
    again = run(wrong, RunOptions(boxes=first.boxes), load=load)
    np.testing.assert_array_equal(again.segmentation, first.segmentation)
    for ours, theirs in zip(again.findings, first.findings, strict=True):
        assert (ours.structure, ours.label, ours.flags) == (theirs.structure, theirs.label, theirs.flags)
        assert {name: each.value for name, each in ours.measurements.items()} == pytest.approx(
            {name: each.value for name, each in theirs.measurements.items()}
        )
    for box, known in zip(again.boxes, first.boxes, strict=True):
        assert (box.label, box.index_min) == (known.label, pytest.approx(known.index_min))


# Other inputs


def test_three_slices_are_enough() -> None:
    assert levels(run(series(slices=3, middle=1), OPTIONS, load=load)) == LEVELS


@pytest.fixture(scope="module")
def picture() -> Volume:
    phantom = Phantom(pixel_mm=(0.4, 0.4), shape=(700, 350))
    pixels = np.rint((phantom.pixels() + grain(phantom.shape)) / 412 * 255).astype(np.uint8)[None]
    return Volume(pixels, Geometry(pixels.shape), source=Source("picture"))


def test_two_given_discs_of_a_picture_give_its_scale_wherever_they_lie(picture: Volume) -> None:
    class Remembering(FakeSegmenter):
        """Notes the pixel size that it is told."""

        def labels(self, slices: np.ndarray, pixel_mm: tuple[float, float], progress: Progress) -> np.ndarray:
            self.pixel_mm = pixel_mm
            return super().labels(slices, pixel_mm, progress)

    segmenter = Remembering()
    first = run(picture, OPTIONS, load=load)
    boxes = tuple(box for box in first.boxes if box.label in ("L5/S1", "L2/L3"))
    found = run(picture, RunOptions(boxes=boxes), load=lambda options: engines(segmenter))
    assert levels(found) == ["L5/S1", "L2/L3"]
    assert segmenter.pixel_mm[0] == pytest.approx(0.4, rel=0.1)


def test_a_picture_is_read_and_only_ratios_are_measured(picture: Volume) -> None:
    found = run(picture, OPTIONS, load=load)
    assert levels(found) == LEVELS
    assert found.segmentation.shape == picture.voxels.shape
    finding = found.findings[2]
    assert NO_SCALE in finding.flags
    assert not any(name.endswith("_mm") for name in finding.measurements)
    assert finding.measurements["disc_height_index"].value == pytest.approx(10 / 26, abs=0.04)


def test_a_frame_around_a_picture_changes_nothing_and_boxes_stay_on_their_discs(picture: Volume) -> None:
    white = np.pad(picture.voxels, ((0, 0), (12, 12), (30, 30)), constant_values=int(picture.voxels.max()))
    framed = replace(picture, voxels=white, geometry=Geometry(white.shape))
    plain, found = (run(each, OPTIONS, load=load) for each in (picture, framed))
    assert [(one.structure, one.label) for one in found.findings] == [
        (one.structure, one.label) for one in plain.findings
    ]
    for one, other in zip(found.boxes, plain.boxes, strict=True):
        np.testing.assert_allclose(one.index_min, np.add(other.index_min, (30, 12, 0)))
        np.testing.assert_allclose(one.index_max, np.add(other.index_max, (30, 12, 0)))
    np.testing.assert_array_equal(found.segmentation[:, 12:-12, 30:-30], plain.segmentation)
    assert np.count_nonzero(found.segmentation) == np.count_nonzero(plain.segmentation)
    again = run(framed, RunOptions(boxes=found.boxes), load=load)
    assert levels(again) == levels(found)


def test_nothing_to_see_is_said_and_marks_nothing() -> None:
    noise = np.random.default_rng(0).integers(300, 380, (5, 200, 200)).astype(np.int16)
    empty = Volume(noise, Geometry(noise.shape, (1, 1, 4), direction=(0, 0, 1, 1, 0, 0, 0, -1, 0)), "MR")

    class Blind:
        def detect(self, image: np.ndarray) -> list:
            return []

    found = run(empty, OPTIONS, load=lambda options: replace(engines(), lumbar=Blind()))
    assert found.findings == ()
    assert not found.segmentation.any()
    assert found.message.startswith("No lumbar disc found")


def test_discs_that_the_segmenter_does_not_see_are_none_unless_a_person_gave_them(
    volume: Volume, result: Result
) -> None:
    class Seeing(FakeSegmenter):
        """Marks specks where the discs are, and nothing else."""

        def labels(self, slices: np.ndarray, pixel_mm: tuple[float, float], progress: Progress) -> np.ndarray:
            specks = np.zeros(slices.shape, np.uint8)
            for box in Phantom(tilt=8).boxes():
                row, column = round((box.y0 + box.y1) / 2), round((box.x0 + box.x1) / 2)
                specks[:, row - 3 : row + 3, column - 3 : column + 3] = DISC
            return specks

    seeing = engines(Seeing())
    found = run(volume, OPTIONS, load=lambda options: seeing)
    assert (found.findings, found.boxes) == ((), ())
    assert not found.segmentation.any()
    assert found.message.startswith("No lumbar disc found")
    given = run(volume, RunOptions(boxes=result.boxes), load=lambda options: seeing)
    assert levels(given) == LEVELS
    assert all(NOT_MARKED in finding.flags for finding in given.findings)


def axial(volume: Volume) -> Volume:
    return replace(volume, geometry=Geometry(volume.geometry.shape, volume.geometry.spacing))


def t1(volume: Volume) -> Volume:
    """Fluid darker than marrow, found by networks that look for it there."""
    return volume.with_voxels(np.where(volume.voxels >= 400, 60, volume.voxels))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (axial, "an axial series"),
        (lambda volume: replace(volume, modality="CT"), "modality is CT"),
        (lambda volume: replace(volume, modality="", voxels=volume.voxels * 4 - 1000), "looks like a CT"),
        (lambda volume: replace(volume, source=Source(description="t1_tse_sag")), "named as T1"),
        (lambda volume: volume.with_voxels(np.zeros_like(volume.voxels)), "empty"),
    ],
)
def test_an_unsuitable_volume_is_refused_in_a_sentence(volume: Volume, change: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        run(change(volume), OPTIONS, load=load)  # type: ignore[operator]


def test_an_inverted_image_is_told_by_what_the_segmenter_is_surer_of(volume: Volume) -> None:
    class Knowing(FakeSegmenter):
        """As sure as the image's border, where there is air, is dark."""

        def certainty(self, slices: np.ndarray, index: int, pixel_mm: tuple[float, float]) -> float:
            return 1 - 0.1 * float(slices[index][0].mean())

    knowing = replace(engines(), segmenter=Knowing())
    assert run(volume, RunOptions(), load=lambda _: knowing).findings

    class Marking(Knowing):
        """Finds what is there, whatever the gray values, but no canal to tell the fluid by."""

        def labels(self, slices: np.ndarray, pixel_mm: tuple[float, float], progress: Progress) -> np.ndarray:
            found = np.stack([Phantom(tilt=8).labels()] * len(slices))
            return np.where(found == CANAL, np.uint8(0), found)

        def detect(self, image: np.ndarray) -> list:
            return Phantom(tilt=8).boxes()

    marking = Marking()
    inverted = replace(engines(), lumbar=marking, discs=marking, segmenter=marking)
    exchanged = replace(volume, voxels=volume.voxels.max() - volume.voxels)
    with pytest.raises(InputError, match="looks inverted"):
        run(exchanged, RunOptions(), load=lambda _: inverted)


def test_t1_is_told_by_its_dark_fluid(volume: Volume) -> None:
    class Knowing(FakeSegmenter):
        """Marks what T2 shows, whatever the contrast."""

        def labels(self, slices: np.ndarray, pixel_mm: tuple[float, float], progress: Progress) -> np.ndarray:
            return np.stack([Phantom(tilt=8).labels()] * len(slices))

    class Anything:
        def detect(self, image: np.ndarray) -> list:
            return Phantom(tilt=8).boxes()

    knowing = replace(engines(), lumbar=Anything(), discs=Anything(), segmenter=Knowing())
    with pytest.raises(InputError, match="no T2-weighted MR"):
        run(t1(volume), OPTIONS, load=lambda options: knowing)


def test_a_neck_is_refused() -> None:
    small = Phantom(discs=7, height=5, body=12, depth=17, canal=13, pixel_mm=(0.35, 0.35), shape=(700, 300))
    with pytest.raises(InputError, match="as in a neck"):
        run(series(small), OPTIONS, load=load)


# Boxes of a person


def test_given_discs_are_taken_as_they_are(result: Result, volume: Volume) -> None:
    given = [replace(box, label=f"L{5 - n}/L{6 - n}" if n else "L5/S1") for n, box in enumerate(result.boxes[1:4])]
    found = run(volume, RunOptions(boxes=tuple(given)), load=load)
    assert levels(found) == ["L5/S1", "L4/L5", "L3/L4"]
    assert [box.index_min for box in found.boxes] == [box.index_min for box in given]


def test_doubt_about_names_stays_with_them_until_a_person_changes_them(volume: Volume) -> None:
    cut = volume.cropped((0, 0, 0), (volume.geometry.size[0], 330, volume.geometry.size[2]))
    first = run(cut, OPTIONS, load=load)
    again = run(cut, RunOptions(boxes=first.boxes), load=load)
    higher = [replace(box, label=label) for box, label in zip(first.boxes[1:6], LEVELS[1:], strict=True)]
    renamed = run(cut, RunOptions(boxes=tuple(higher)), load=load)
    for found, is_doubtful in ((first, True), (again, True), (renamed, False)):
        assert all((NO_SACRUM in finding.flags) == is_doubtful for finding in found.findings)
    assert levels(renamed) == LEVELS[1:]


def test_a_given_region_chooses_the_slice(result: Result, volume: Volume) -> None:
    region = result.boxes[0]
    low, high = (*region.index_min[:2], 1.5), (*region.index_max[:2], 2.5)
    moved = Box.from_index("lumbar", 1.0, low, high, volume.geometry)
    found = run(volume, RunOptions(boxes=(moved,)), load=load)
    assert levels(found) == LEVELS
    assert {finding.place.slice_index for finding in found.findings if finding.place} == {2}


# Progress


def test_progress_names_its_stages_and_a_cancel_ends_the_run(volume: Volume) -> None:
    stages: list[str] = []
    run(volume, OPTIONS, Progress(lambda stage, *rest: stages.append(stage)), load)
    assert list(dict.fromkeys(stages)) == ["Detect", "Segment", "Grade"]
    for stop_at in range(len(stages)):
        count = iter(range(1000))
        with pytest.raises(Canceled):
            run(volume, OPTIONS, Progress(is_canceled=lambda n=stop_at, c=count: next(c) > n), load)  # type: ignore[misc]


def test_a_herniation_that_is_possible_is_flagged_and_one_that_is_called_is_not(volume: Volume) -> None:
    made = replace(engines(grader=FakeGrader()), suspect=0.05)
    found = {each.structure: each for each in run(volume, RunOptions(), load=lambda options: made).findings}
    assert POSSIBLE in found["L3/L4"].flags and found["L3/L4"].label == "normal"
    assert POSSIBLE not in found["L4/L5"].flags and found["L4/L5"].label == "herniated"
