"""Headers that are damaged, or of images that no task takes."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from image_fakes import SUFFIXES, nifti_bytes, volume
from orthoai.errors import InputError
from orthoai.io.read import read_volume
from orthoai.io.write import write_volume


@pytest.mark.parametrize("offset", [0.0, 347.0, np.nan, np.inf])
def test_voxels_that_would_start_in_the_header_are_refused(tmp_path: Path, offset: float) -> None:
    content = bytearray(nifti_bytes(np.zeros((2, 2, 2), np.int16), 4))
    struct.pack_into("<f", content, 108, offset)
    (tmp_path / "a.nii").write_bytes(bytes(content))
    with pytest.raises(InputError, match="damaged header"):
        read_volume(tmp_path / "a.nii")


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_voxels_that_would_start_beyond_the_file_are_refused(tmp_path: Path, suffix: str) -> None:
    content = bytearray(nifti_bytes(np.zeros((2, 2, 2), np.int16), 4))
    struct.pack_into("<f", content, 108, 1e30)
    path = tmp_path / f"a{suffix}"
    path.write_bytes(gzip.compress(content) if suffix == ".nii.gz" else content)
    with pytest.raises(InputError, match="truncated or damaged"):
        read_volume(path)


@pytest.mark.parametrize("dimensions", ["-1", "0", "99", "99999999999", "", "three"])
def test_a_metaimage_of_no_usual_dimensions_is_refused(tmp_path: Path, dimensions: str) -> None:
    path = tmp_path / "a.mha"
    write_volume(volume(), path)
    path.write_bytes(path.read_bytes().replace(b"NDims = 3", f"NDims = {dimensions}".encode()))
    with pytest.raises(InputError, match="NDims is no number of 1 to 4"):
        read_volume(path)


def test_four_dimensions_are_refused_and_a_fourth_of_one_is_not(tmp_path: Path) -> None:
    series = np.zeros((2, 5, 6, 7), np.int16)
    (tmp_path / "a.nii").write_bytes(nifti_bytes(series, 4))
    with pytest.raises(InputError, match=r"four-dimensional \(2 volumes\)"):
        read_volume(tmp_path / "a.nii")
    (tmp_path / "b.nii").write_bytes(nifti_bytes(series[:1], 4))
    assert read_volume(tmp_path / "b.nii").geometry.size == (7, 6, 5)
    sitk.WriteImage(sitk.GetImageFromArray(series, isVector=False), str(tmp_path / "c.nrrd"))
    with pytest.raises(InputError, match="four-dimensional"):
        read_volume(tmp_path / "c.nrrd")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_color_is_refused(tmp_path: Path, suffix: str) -> None:
    color = sitk.GetImageFromArray(np.zeros((5, 6, 7, 3), np.uint8), isVector=True)
    sitk.WriteImage(color, str(tmp_path / f"a{suffix}"))
    with pytest.raises(InputError, match=r"color|vector"):
        read_volume(tmp_path / f"a{suffix}")


def test_a_sheared_grid_is_refused(tmp_path: Path) -> None:
    pitched = np.array([[1.0, 0, 0], [0, 1.0, 0.4], [0, 0, 1.0]])
    (tmp_path / "a.nii").write_bytes(nifti_bytes(volume().voxels, 4, sform=pitched))
    with pytest.raises(InputError, match="not at right angles"):
        read_volume(tmp_path / "a.nii")


def test_nifti_2_is_named(tmp_path: Path) -> None:
    head = struct.pack("<i", 540) + b"n+2\0\r\n\x1a\n" + bytes(532)
    (tmp_path / "a.nii").write_bytes(head + bytes(48))
    with pytest.raises(InputError, match="NIfTI-2"):
        read_volume(tmp_path / "a.nii")


@pytest.mark.parametrize("place", [40, 42, 70])
def test_a_damaged_header_is_refused(tmp_path: Path, place: int) -> None:
    content = bytearray(nifti_bytes(volume().voxels, 4))
    struct.pack_into("<h", content, place, -3)
    (tmp_path / "a.nii").write_bytes(content)
    with pytest.raises(InputError, match=r"damaged header|unsupported kind"):
        read_volume(tmp_path / "a.nii")


def test_a_flat_image_is_one_slice(tmp_path: Path) -> None:
    sitk.WriteImage(sitk.GetImageFromArray(np.arange(42, dtype=np.int16).reshape(6, 7)), str(tmp_path / "a.mha"))
    found = read_volume(tmp_path / "a.mha")
    assert found.geometry.size == (7, 6, 1)
    assert found.voxels[0, 5, 6] == 41


@pytest.mark.realdata
def test_a_real_fmri_is_refused_as_four_dimensional(real_data: Path) -> None:
    with pytest.raises(InputError, match="four-dimensional"):
        read_volume(real_data / "dicom_robustness" / "nifti_4d_fmri.nii.gz")
