"""An approved spine trains the detector: its bodies, with the classes that the reviewer left them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from orthoai.dataset import save_case
from orthoai.errors import InputError
from orthoai.result import VERTEBRAE, Result
from orthoai.review import Review, Verdict
from orthoai.spine.stack import OVF_PIXEL_MM
from orthoai.tasks import RunOptions
from orthoai.tasks.ovf.labels import CLASSES
from orthoai.tasks.ovf.pipeline import run
from orthoai.volume import Source, Volume
from orthoai_training.dataset import CaseFolder
from orthoai_training.ovf.cases import case_folders, dealt, training_folders
from orthoai_training.ovf.dataset import read_pictures, write_case_pictures
from orthoai_training.ovf.recipe import COMPACT
from orthoai_training.ovf.reviewed import reviewed_scene
from orthoai_training.ovf.reviewed_bodies import reviewed_bodies
from ovf_fakes import HU, Shown, loader, spine

FROM_BELOW = ("normal", "crush", "normal", "wedge")

RECIPE = replace(COMPACT, slices_per_case=3, empty_per_case=1, validation_slices=2)


@pytest.fixture(scope="module")
def answer() -> tuple[Volume, Result]:
    """A spine of four bodies, and what the task says of it."""
    shown = [Shown("normal", "normal"), Shown("crush", "crush"), Shown("normal", "normal"), Shown("wedge", "wedge")]
    # Below the lowest and above the highest body there is room: none is cut.
    volume = spine(shown)
    return volume, run(volume, RunOptions(), load=loader())


def saved(
    data: Path, answer: tuple[Volume, Result], labels: np.ndarray | None = None, number: int = 1, study: str = ""
) -> Path:
    """The case folder of an approved review with ``labels``."""
    volume, result = answer
    source = Source("dicom", f"{number:064x}", {"study": study} if study else {})
    given = result.segmentation if labels is None else labels
    return save_case(data, volume, Review(replace(result, source=source, segmentation=given), Verdict.CORRECTED))


def kinds_from_below(folder: Path) -> list[str]:
    return [CLASSES[block.kind] for block in reviewed_scene(folder).blocks]


def test_bodies_and_classes_of_the_pictures_are_those_of_the_spine(
    tmp_path: Path, answer: tuple[Volume, Result]
) -> None:
    volume, _ = answer
    folder = saved(tmp_path / "data", answer)
    assert kinds_from_below(folder) == list(FROM_BELOW)
    other = saved(tmp_path / "data", answer, number=2)
    pictures = write_case_pictures(tmp_path / "set", [other], [folder], RECIPE)
    for picture in read_pictures(pictures, "val"):
        from_below = sorted(picture.outlines, key=lambda outline: -outline.box[3])
        assert [CLASSES[outline.kind] for outline in from_below] == list(FROM_BELOW)
        for outline in from_below:
            # The middle slice of each body, by its gray value.
            shown = (volume.voxels[:, :, 40] == HU[CLASSES[outline.kind]]).sum()
            true = shown / FROM_BELOW.count(CLASSES[outline.kind])
            x, y = outline.ring.T
            area = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2 * OVF_PIXEL_MM**2
            assert area == pytest.approx(true, rel=0.1)


def test_a_corrected_class_is_learned_as_corrected(tmp_path: Path, answer: tuple[Volume, Result]) -> None:
    labels = answer[1].segmentation
    corrected = np.where(labels == 1, 3, labels).astype(np.uint8)
    assert kinds_from_below(saved(tmp_path, answer, corrected)) == ["normal", "biconcave", "normal", "wedge"]


def test_a_cleared_mask_is_a_normal_body(tmp_path: Path, answer: tuple[Volume, Result]) -> None:
    labels = answer[1].segmentation
    whole = reviewed_scene(saved(tmp_path / "a", answer)).blocks[1]
    cleared = reviewed_scene(saved(tmp_path / "b", answer, np.where(labels == 1, 0, labels).astype(np.uint8))).blocks[1]
    assert CLASSES[cleared.kind] == "normal"
    assert np.array_equal(cleared.occupancy, whole.occupancy)


def test_what_stayed_unclear_is_not_asked_for(tmp_path: Path, answer: tuple[Volume, Result]) -> None:
    volume, result = answer
    crush, *others = result.findings
    assert crush.label == "crush"
    unclear = replace(
        result,
        findings=(replace(crush, label="unclear"), *others),
        segmentation=np.where(result.segmentation == 1, 0, result.segmentation).astype(np.uint8),
    )
    assert [block.truncated for block in reviewed_scene(saved(tmp_path, (volume, unclear))).blocks] == [
        False,
        True,
        False,
        False,
    ]


def test_cases_of_one_subject_train_or_validate_together(tmp_path: Path, answer: tuple[Volume, Result]) -> None:
    for number in range(1, 5):
        saved(tmp_path / "data", answer, number=number, study=f"1.2.{(number + 1) // 2}")
    folders = training_folders(tmp_path / "data" / "cases")
    train, validation = dealt(tmp_path, folders, 0)
    assert len(train) == len(validation) == 2
    assert not {CaseFolder(path).group for path in train} & {CaseFolder(path).group for path in validation}


def test_reviewed_cases_train_beside_simulated_ones(tmp_path: Path, answer: tuple[Volume, Result]) -> None:
    folder = saved(tmp_path, answer)
    simulated = tmp_path / "cases" / "seed_1"
    simulated.mkdir()
    for name in ("bodies.nii.gz", "case.json"):
        (simulated / name).write_text("{}")
    assert training_folders(tmp_path / "cases") == [folder, simulated]
    assert case_folders(tmp_path / "cases") == [simulated]


def test_a_case_without_the_sound_bodies_does_not_train(tmp_path: Path, answer: tuple[Volume, Result]) -> None:
    volume, result = answer
    saved(tmp_path, (volume, replace(result, extras=())))
    with pytest.raises(InputError, match="do not show the sound vertebrae"):
        training_folders(tmp_path / "cases")


def test_outlines_and_evaluations_keep_to_simulated_cases(tmp_path: Path, answer: tuple[Volume, Result]) -> None:
    saved(tmp_path, answer)
    with pytest.raises(InputError, match="do not tell the true heights and exact outlines"):
        case_folders(tmp_path / "cases")


def test_a_lost_file_is_told(tmp_path: Path, answer: tuple[Volume, Result]) -> None:
    folder = saved(tmp_path, answer)
    (folder / "vertebrae.nii.gz").unlink()
    assert training_folders(tmp_path / "cases") == [folder]
    with pytest.raises(InputError, match=r"vertebrae\.nii\.gz"):
        reviewed_scene(folder)


def test_a_body_that_ends_with_the_image_is_not_asked_for_unless_it_is_marked(
    tmp_path: Path, answer: tuple[Volume, Result]
) -> None:
    volume, result = answer
    numbers = result.extra(VERTEBRAE)
    assert numbers is not None
    low = int(np.flatnonzero((numbers.voxels == 1).any(axis=(1, 2)))[5])
    grid = volume.geometry.cropped((0, 0, low), volume.geometry.size)
    short = replace(
        result,
        geometry=grid,
        segmentation=result.segmentation[low:],
        extras=(replace(numbers, voxels=numbers.voxels[low:]),),
        boxes=(),
    )
    cut = Volume(volume.voxels[low:], grid, "CT")
    marked = np.where(numbers.voxels[low:] == 1, 1, short.segmentation).astype(np.uint8)
    for labels, truncated in ((short.segmentation, True), (marked, False)):
        scene = reviewed_scene(saved(tmp_path / str(truncated), (cut, short), labels))
        assert [block.truncated for block in scene.blocks] == [truncated, False, False, False]


# Which voxels are whose: two bodies of 10 x 10 x 10 voxels, one above the other


@pytest.fixture
def numbers() -> np.ndarray:
    numbers = np.zeros((40, 14, 14), np.uint8)
    numbers[4:14, 2:12, 2:12], numbers[16:26, 2:12, 2:12] = 1, 2
    return numbers


def bodies(numbers: np.ndarray, paint: Callable[[np.ndarray], None]) -> tuple[np.ndarray, dict[int, int]]:
    labels = np.where(numbers == 1, 2, 0).astype(np.uint8)
    paint(labels)
    found = reviewed_bodies(numbers, labels, (1.0, 1.0, 1.0))
    return found.voxels, found.values


def test_what_is_painted_beyond_a_body_and_into_its_neighbor_is_the_body_s(numbers: np.ndarray) -> None:
    def paint(labels: np.ndarray) -> None:
        labels[14:17, 2:12, 2:12] = 2

    voxels, values = bodies(numbers, paint)
    assert values == {1: 2, 2: 0}
    assert (voxels[4:17, 2:12, 2:12] == 1).all() and (voxels[17:26, 2:12, 2:12] == 2).all()
    assert (voxels > 0).sum() == 2200


def test_what_is_erased_of_a_fractured_body_is_none_of_it(numbers: np.ndarray) -> None:
    def erase(labels: np.ndarray) -> None:
        labels[4:8] = 0

    voxels, values = bodies(numbers, erase)
    assert values == {1: 2, 2: 0}
    assert not voxels[4:8].any() and (voxels[8:14, 2:12, 2:12] == 1).all()


def test_two_fractured_bodies_that_touch_stay_two(numbers: np.ndarray) -> None:
    def paint(labels: np.ndarray) -> None:
        labels[14:26, 2:12, 2:12] = 2

    voxels, values = bodies(numbers, paint)
    assert values == {1: 2, 2: 2}
    assert (voxels[4:15, 2:12, 2:12] == 1).all() and (voxels[15:26, 2:12, 2:12] == 2).all()


def test_a_piece_that_is_marked_where_no_body_is_is_one(numbers: np.ndarray) -> None:
    def paint(labels: np.ndarray) -> None:
        labels[28:38, 2:12, 2:12] = 3

    voxels, values = bodies(numbers, paint)
    assert values == {1: 2, 2: 0, 3: 3}
    assert (voxels[28:38, 2:12, 2:12] == 3).all()


def test_a_stray_voxel_makes_no_fracture(numbers: np.ndarray) -> None:
    def paint(labels: np.ndarray) -> None:
        labels[20, 5, 5] = 1

    voxels, values = bodies(numbers, paint)
    assert values == {1: 2, 2: 0} and voxels[20, 5, 5] == 2
