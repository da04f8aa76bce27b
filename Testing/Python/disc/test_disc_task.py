"""The task as the front ends see it, the shared picture and the crop."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from orthoai.errors import InputError
from orthoai.models.choose import chosen_confidence
from orthoai.models.store import ModelStore
from orthoai.tasks import RunOptions
from orthoai.tasks.disc.crop import CROP_PIXEL_MM, CROP_SHAPE, crop_on_slice, disc_crop
from orthoai.tasks.disc.engines import CONFIDENCE, load_engines
from orthoai.tasks.disc.grades import DiscGrades
from orthoai.tasks.disc.picture import detector_picture, normalized, resampled, resampled_to
from orthoai.tasks.disc.task import TASK


def test_the_labels_are_those_of_the_masks() -> None:
    assert TASK.label_table == {1: "vertebra", 2: "disc", 3: "canal"}
    assert (TASK.name, TASK.title, TASK.modality) == ("disc", "Analyse Lumbar Discs", "MR")


def test_the_task_is_light() -> None:
    heavy = "('numpy', 'torch', 'SimpleITK', 'onnxruntime')"
    code = f"import sys, orthoai.tasks.disc.task; print(*(name for name in {heavy} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_missing_model_is_a_sentence() -> None:
    with pytest.raises(InputError, match="no model"):
        load_engines(RunOptions(), ModelStore(()))


@pytest.mark.parametrize("confidence", [0.01, 1.5])
def test_an_impossible_confidence_is_refused(confidence: float) -> None:
    with pytest.raises(InputError, match="confidence"):
        chosen_confidence(confidence, None, CONFIDENCE)
    assert chosen_confidence(None, None, CONFIDENCE) == 0.25
    assert chosen_confidence(None, 0.4, CONFIDENCE) == 0.4
    assert chosen_confidence(0.5, 0.4, CONFIDENCE) == 0.5


# Pictures


def test_a_picture_does_not_depend_on_gain_and_offset() -> None:
    pixels = np.random.default_rng(1).normal(100, 30, (50, 40))
    picture = normalized(pixels)
    assert (picture.dtype, picture.min(), picture.max()) == (np.float32, 0, 1)
    np.testing.assert_allclose(normalized(7 * pixels + 300), picture, atol=1e-4)
    assert detector_picture(picture).max() == 255


def test_a_few_bright_pixels_do_not_darken_the_rest() -> None:
    pixels = np.linspace(0, 1, 10_000).reshape(100, 100)
    brighter = pixels.copy()
    brighter.flat[:20] = 50
    assert np.abs(normalized(brighter) - normalized(pixels))[1:].max() < 0.01


def test_a_picture_without_contrast_is_black() -> None:
    assert not normalized(np.full((10, 10), 7)).any()


@pytest.mark.parametrize("target", [0.35, 0.7, 1.4])
def test_resampling_keeps_places(target: float) -> None:
    rows, columns = np.mgrid[:60, :80]
    image = (rows * 0.9 + columns * 0.5).astype(np.float32)
    there = resampled(image, (0.9, 0.5), target)
    assert there.shape == (int(np.ceil(54 / target)), int(np.ceil(40 / target)))
    back = resampled_to(there, (target, target), (60, 80), (0.9, 0.5))
    inner = (slice(6, -6), slice(6, -6))
    np.testing.assert_allclose(back[inner], image[inner], atol=0.3)


# Crops


def test_a_crop_shows_its_center_in_its_middle_and_true_lengths() -> None:
    image = np.zeros((200, 300), np.float32)
    image[96:105, 120:161] = 1
    crop = disc_crop("L4/L5", image, (0.8, 0.5), (100, 140)).pixels
    assert crop.shape == CROP_SHAPE
    rows, columns = np.nonzero(crop > 0.5)
    assert rows.mean() == pytest.approx((CROP_SHAPE[0] - 1) / 2, abs=0.6)
    assert columns.mean() == pytest.approx((CROP_SHAPE[1] - 1) / 2, abs=0.6)
    assert np.ptp(rows) * CROP_PIXEL_MM == pytest.approx(9 * 0.8, abs=1)
    assert np.ptp(columns) * CROP_PIXEL_MM == pytest.approx(41 * 0.5, abs=1)


def test_a_heat_map_goes_back_to_where_the_crop_was() -> None:
    image = np.zeros((200, 300), np.float32)
    image[96:105, 120:161] = 1
    crop = disc_crop("L4/L5", image, (0.8, 0.5), (100, 140)).pixels
    back = crop_on_slice(crop, image.shape, (0.8, 0.5), (100, 140))
    assert np.mean(np.abs(back - image) > 0.5) < 0.002


@pytest.mark.parametrize(("shares", "grade"), [((0, 0, 1, 0, 0), 3), ((0.5, 0, 0, 0, 0.5), 3), ((0, 0, 0, 0, 1), 5)])
def test_the_grade_is_the_one_nearest_to_the_expected(shares: tuple[float, ...], grade: int) -> None:
    assert DiscGrades(0, 0, shares).pfirrmann_grade == grade  # type: ignore[arg-type]
