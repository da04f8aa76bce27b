"""DICOM: a scout that no mark tells, among the slices of its series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dicom_files import GRID, Writer, expected
from orthoai.errors import InputError
from orthoai.io.dicom import SCOUT_LEFT_OUT
from orthoai.io.read import read_volume
from orthoai.progress import Progress
from orthoai.result import Provenance, Result
from orthoai.tasks import RunOptions, get_task
from orthoai.volume import Volume
from orthoai.worker import perform as performing
from pydicom.dataset import Dataset

CORONAL, SAGITTAL = [1, 0, 0, 0, 0, -1], [0, 1, 0, 0, 0, -1]

Edit = Callable[[Dataset, int], None]


def scout_at(number: int, orientation: list[float], size: tuple[int, int] = (6, 8), spacing: float = 1.0) -> Edit:
    """Makes image ``number`` a scout, which takes the place of no slice."""

    def edit(data: Dataset, k: int) -> None:
        data.ImagePositionPatient = [-10, 20, 300 + 2.5 * (k - (k > number))]
        if k == number:
            data.ImageOrientationPatient, data.ImagePositionPatient = orientation, [-40, -30, 320]
            data.Rows, data.Columns = size
            data.PixelSpacing = [spacing, spacing]
            data.PixelData = np.zeros(size, np.int16).tobytes()

    return edit


@pytest.mark.parametrize("number", [0, 2, 4])
@pytest.mark.parametrize("orientation", [CORONAL, SAGITTAL])
@pytest.mark.parametrize(("size", "spacing"), [((6, 8), 0.75), ((9, 4), 1.0)])
def test_the_slices_are_read_without_the_scout_and_it_is_noted(
    dicom_series: Writer, tmp_path: Path, number: int, orientation: list[float], size: tuple[int, int], spacing: float
) -> None:
    dicom_series(tmp_path / "ct", 5, scout_at(number, orientation, size, spacing))
    found = read_volume(tmp_path / "ct")
    assert found.geometry == GRID
    slices = [k for k in range(5) if k != number]
    np.testing.assert_array_equal(found.voxels, [expected(k) for k in slices])
    assert found.notes == (SCOUT_LEFT_OUT,)


def test_a_series_without_a_scout_has_no_note(dicom_series: Writer, tmp_path: Path) -> None:
    dicom_series(tmp_path / "ct")
    assert read_volume(tmp_path / "ct").notes == ()


def two_scouts(data: Dataset, k: int) -> None:
    if k > 3:
        data.ImageOrientationPatient = [CORONAL, SAGITTAL][k - 4]


def slice_lacks(data: Dataset, k: int) -> None:
    scout_at(5, CORONAL)(data, k)
    if k in (3, 4):
        data.ImagePositionPatient = [-10, 20, 300 + 2.5 * (k + 1)]


def turned_by_45_degrees(data: Dataset, k: int) -> None:
    if k == 5:
        data.ImageOrientationPatient = [1, 0, 0, 0, 0.707107, 0.707107]


def damaged(data: Dataset, k: int) -> None:
    if k == 5:
        data.ImageOrientationPatient = [1, 0, 0, 1, 0, 0]


@pytest.mark.parametrize("edit", [two_scouts, slice_lacks, turned_by_45_degrees, damaged])
def test_where_it_is_in_doubt_the_series_is_refused(dicom_series: Writer, tmp_path: Path, edit: Edit) -> None:
    dicom_series(tmp_path / "ct", 6, edit)
    with pytest.raises(InputError, match=r"different (orientations|pixel sizes)"):
        read_volume(tmp_path / "ct")


def test_two_slices_and_an_image_across_them_are_refused(dicom_series: Writer, tmp_path: Path) -> None:
    dicom_series(tmp_path / "ct", 3, scout_at(2, CORONAL, spacing=0.75))
    with pytest.raises(InputError, match="different orientations"):
        read_volume(tmp_path / "ct")


def test_the_result_says_it(dicom_series: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(volume: Volume, options: RunOptions, progress: Progress) -> Result:
        empty = np.zeros(volume.geometry.shape, np.uint8)
        made = Provenance("", "", {}, "cpu", "float32", {}, "")
        return Result("femur", volume.source, volume.geometry, (), empty, {}, (), "No femur found.", made)

    monkeypatch.setattr(performing, "get_task", lambda name: replace(get_task(name), run=run))
    dicom_series(tmp_path / "ct", 5, scout_at(0, CORONAL))
    _, result = performing.perform("femur", tmp_path / "ct", RunOptions(), Progress())
    assert result.message == f"No femur found. {SCOUT_LEFT_OUT}"
