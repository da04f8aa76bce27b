"""A handful of simulated discs that stand in for vertebrae, so that every test is quick."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from orthoai.geometry import Geometry
from orthoai.volume import Volume
from orthoai_training.data_kinds import SIMULATED
from orthoai_training.fracture.slices import PlaneSlices
from orthoai_training.spine_ct.case import SpineCase, VertebraTruth, write_case

MakeCase = Callable[..., SpineCase]


@pytest.fixture
def make_case() -> MakeCase:
    """Builds a case of three boxes as bodies; those in ``fractured`` are half as high."""

    def make(seed: int = 0, fractured: tuple[int, ...] = (1,), group: str = "") -> SpineCase:
        shape = (40, 30, 20)
        random = np.random.default_rng(seed)
        hu = random.normal(30, 10, shape)
        bodies = np.zeros(shape, np.uint8)
        k, j, i = np.ogrid[: shape[0], : shape[1], : shape[2]]
        truths = []
        for number in range(3):
            half = 2 if number in fractured else 4.5
            here = (abs(k - 8 - 12 * number) < half) & (abs(j - 15) < 5) & (abs(i - 10) < 5)
            bodies[here] = 22 - number
            hu[here] = 300
            label = "crush" if number in fractured else "normal"
            truths.append(VertebraTruth(22 - number, f"L{3 - number}", label, 0, 20.0, 20.0, 20.0))
        volume = Volume(hu.astype(np.int16), Geometry(shape=shape, spacing=(2.0, 2.0, 2.5)), "CT")
        return SpineCase(volume, bodies, tuple(truths), SIMULATED, seed, (group,) if group else ())

    return make


@pytest.fixture
def case_folder(tmp_path: Path, make_case: MakeCase) -> Path:
    """Ten cases on disk."""
    for number in range(10):
        write_case(make_case(number, (number % 3,)), tmp_path / "cases" / f"spine_{number:04d}", "fracture")
    return tmp_path / "cases"


@pytest.fixture
def discs() -> Callable[[int], PlaneSlices]:
    """Builds slices in which bright discs are fractured and dark ones sound."""

    def make(seed: int) -> PlaneSlices:
        random = np.random.default_rng(seed)
        pictures = np.zeros((6, 64, 64), np.uint8)
        labels = np.zeros_like(pictures)
        rows, columns = np.mgrid[:64, :64]
        for picture, label in zip(pictures, labels, strict=True):
            for value, gray in ((1, 220), (2, 110)):
                row, column = random.integers(14, 50, 2)
                here = (rows - row) ** 2 + (columns - column) ** 2 < 81
                picture[here], label[here] = gray, value
        return PlaneSlices(f"discs_{seed}", pictures, labels, True)

    return make
