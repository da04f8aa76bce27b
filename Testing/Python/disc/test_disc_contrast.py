"""What is no T2 MR is told in a sentence; the mid-sagittal slice is where the canal is, not where the middle is."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.tasks.disc.contrast import fluid_ratio, require_mr_values, require_t2
from orthoai.tasks.disc.labels import CANAL, DISC, VERTEBRA
from orthoai.tasks.disc.midslice import midslice
from orthoai.volume import Source, Volume

SHAPE = (3, 40, 40)


def volume(values: np.ndarray, description: str = "") -> Volume:
    return Volume(values, Geometry(SHAPE), source=Source(description=description))


def noise(low: int = 0, high: int = 500) -> np.ndarray:
    return np.random.default_rng(0).integers(low, high, SHAPE, dtype=np.int16)


@pytest.mark.parametrize(
    ("values", "description", "words"),
    [
        (np.zeros(SHAPE, np.int16), "", "empty"),
        (noise(-1024, 1500), "", "looks like a CT"),
        (noise(0, 4), "", "label map"),
        (noise(), "T1_TSE_SAG", "named as T1"),
        (noise(), "sag t1w", "named as T1"),
    ],
)
def test_what_cannot_be_a_t2_is_refused(values: np.ndarray, description: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        require_mr_values(volume(values, description))


@pytest.mark.parametrize("name", ["", "T2_TSE_SAG", "L-spine T12-S1", "t2 + t1 fused", "AT1"])
def test_other_names_pass(name: str) -> None:
    require_mr_values(volume(noise(), name))


def test_some_ringing_below_zero_is_no_ct() -> None:
    require_mr_values(volume(noise(-30, 900)))


def spine(fluid: float, marrow: float) -> tuple[np.ndarray, np.ndarray]:
    labels = np.zeros((60, 60), np.uint8)
    labels[:, 10:30], labels[:, 35:45] = VERTEBRA, CANAL
    pixels = np.zeros((60, 60))
    pixels[labels == VERTEBRA], pixels[labels == CANAL] = marrow, fluid
    return pixels, labels


def test_bright_fluid_passes_and_dark_fluid_is_refused() -> None:
    assert fluid_ratio(*spine(300, 100)) == pytest.approx(3.0)
    require_t2(fluid_ratio(*spine(300, 100)))
    with pytest.raises(InputError, match=r"0\.40 of their brightness"):
        require_t2(fluid_ratio(*spine(40, 100)))


def test_an_offset_of_all_values_does_not_matter() -> None:
    pixels, labels = spine(300, 100)
    assert fluid_ratio(pixels + 1000, labels) == pytest.approx(3.0)


def test_without_a_canal_there_is_no_judgment() -> None:
    pixels, labels = spine(300, 100)
    assert fluid_ratio(pixels, np.where(labels == CANAL, 0, labels)) is None
    require_t2(None)


def stack(areas: list[int], value: int = CANAL) -> np.ndarray:
    labels = np.zeros((len(areas), 20, 20), np.uint8)
    for index, area in enumerate(areas):
        labels[index].flat[:area] = value
    return labels


@pytest.mark.parametrize(
    ("areas", "middle"),
    [([0, 0, 0, 0, 0, 0, 50, 80, 50, 0], 7), ([40, 90, 40, 0, 0, 0, 0, 0], 1), ([70], 0), ([60, 60, 60], 1)],
)
def test_the_middle_of_the_canal_is_the_middle(areas: list[int], middle: int) -> None:
    assert midslice(stack(areas)) == middle
    assert midslice(stack(areas)[::-1]) == len(areas) - 1 - middle


def test_specks_far_from_the_canal_do_not_count() -> None:
    assert midslice(stack([20, 0, 0, 0, 0, 80, 100, 80])) == 6


def test_discs_stand_in_for_a_canal_that_is_not_seen() -> None:
    assert midslice(stack([0, 10, 40, 10, 0, 0], DISC)) == 2
    assert midslice(stack([0, 0, 0])) is None
