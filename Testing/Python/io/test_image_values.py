"""The voxels of NIfTI: value types, byte orders, scaling."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from image_fakes import nifti_bytes, volume
from orthoai.io.read import read_volume
from orthoai.io.write import write_volume

CODES = {"uint8": 2, "int16": 4, "int32": 8, "float32": 16, "float64": 64, "int8": 256, "uint16": 512, "uint32": 768}


@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_value_type_and_byte_order_is_read_as_the_smallest_that_holds_it(
    tmp_path: Path, dtype: str, order: str
) -> None:
    voxels = np.arange(24).reshape(2, 3, 4).astype(dtype)
    (tmp_path / "a.nii").write_bytes(nifti_bytes(voxels, CODES[dtype], order))
    after = read_volume(tmp_path / "a.nii").voxels
    assert after.dtype == (dtype if dtype in ("uint8", "int8") else "int16")
    assert after.dtype.isnative
    np.testing.assert_array_equal(after, voxels)


@pytest.mark.parametrize("order", ["<", ">"])
def test_fractions_stay_fractions(tmp_path: Path, order: str) -> None:
    voxels = (np.arange(24).reshape(2, 3, 4) / 2).astype(np.float64)
    (tmp_path / "a.nii").write_bytes(nifti_bytes(voxels, 64, order))
    after = read_volume(tmp_path / "a.nii").voxels
    assert after.dtype == np.float32
    np.testing.assert_array_equal(after, voxels)


@pytest.mark.parametrize("high", [32767, 32768, 65535])
def test_values_too_large_for_int16_are_not_wrapped(tmp_path: Path, high: int) -> None:
    voxels = np.array([[[0, 1], [2, high]]], np.uint16)
    (tmp_path / "a.nii").write_bytes(nifti_bytes(voxels, 512))
    after = read_volume(tmp_path / "a.nii").voxels
    np.testing.assert_array_equal(after, voxels)
    assert after.dtype == (np.int16 if high == 32767 else np.float32)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_missing_values_are_kept_for_the_checks_to_find(tmp_path: Path, bad: float) -> None:
    voxels = np.zeros((2, 3, 4), np.float32)
    voxels[1, 2, 3] = bad
    (tmp_path / "a.nii").write_bytes(nifti_bytes(voxels, 16))
    np.testing.assert_array_equal(read_volume(tmp_path / "a.nii").voxels, voxels)


@pytest.mark.parametrize("order", ["<", ">"])
def test_scl_slope_and_inter_are_applied(tmp_path: Path, order: str) -> None:
    voxels = np.arange(24).reshape(2, 3, 4).astype(np.uint16)
    (tmp_path / "a.nii").write_bytes(nifti_bytes(voxels, 512, order, slope=2.0, intercept=-1024.0))
    after = read_volume(tmp_path / "a.nii").voxels
    assert after.dtype == np.int16
    np.testing.assert_array_equal(after, np.arange(24).reshape(2, 3, 4) * 2 - 1024)


def test_a_slope_of_zero_means_no_scaling(tmp_path: Path) -> None:
    voxels = np.arange(24).reshape(2, 3, 4).astype(np.int16)
    (tmp_path / "a.nii").write_bytes(nifti_bytes(voxels, 4, slope=0.0, intercept=7.0))
    np.testing.assert_array_equal(read_volume(tmp_path / "a.nii").voxels, voxels)


@pytest.mark.parametrize(("slope", "intercept"), [(np.nan, np.nan), (np.nan, 0.0), (0.0, np.nan)])
def test_a_slope_that_is_no_number_means_no_scaling(tmp_path: Path, slope: float, intercept: float) -> None:
    voxels = np.arange(8, dtype=np.int16).reshape(2, 2, 2)
    (tmp_path / "a.nii").write_bytes(nifti_bytes(voxels, 4, slope=slope, intercept=intercept))
    np.testing.assert_array_equal(read_volume(tmp_path / "a.nii").voxels, voxels)


def test_itk_agrees_with_our_reading_of_the_voxels(tmp_path: Path) -> None:
    path = tmp_path / "a.nii.gz"
    path.write_bytes(gzip.compress(nifti_bytes(volume().voxels, 4, slope=0.5, intercept=3.0)))
    np.testing.assert_allclose(read_volume(path).voxels, sitk.GetArrayFromImage(sitk.ReadImage(str(path))))


def test_the_array_outlives_the_itk_image_and_can_be_changed(tmp_path: Path) -> None:
    write_volume(volume(), tmp_path / "a.mha")
    voxels = read_volume(tmp_path / "a.mha").voxels
    np.empty(voxels.shape, voxels.dtype).fill(-1)  # Would take over the memory if it had been given back.
    np.testing.assert_array_equal(voxels, volume().voxels)
    voxels[0, 0, 0] = 99
    assert voxels[0, 0, 0] == 99
