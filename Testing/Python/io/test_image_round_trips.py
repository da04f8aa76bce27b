"""NIfTI, NRRD and MetaImage: what is written is read again."""

from __future__ import annotations

import hashlib
import struct
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest
from image_fakes import OBLIQUE, SUFFIXES, assert_same_grid, nifti_bytes, volume
from orthoai.geometry import Geometry
from orthoai.io.read import read_volume
from orthoai.io.write import write_labels, write_volume


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("dtype", ["int16", "uint8", "int8"])
def test_voxels_type_and_grid_survive_a_file(tmp_path: Path, suffix: str, dtype: str) -> None:
    before = volume(dtype)
    write_volume(before, tmp_path / f"a{suffix}")
    after = read_volume(tmp_path / f"a{suffix}")
    assert after.voxels.dtype == before.voxels.dtype
    np.testing.assert_array_equal(after.voxels, before.voxels)
    assert_same_grid(after.geometry, before.geometry)
    assert after.modality == ""


@pytest.mark.parametrize("columns", permutations(range(3)))
@pytest.mark.parametrize("signs", product((1, -1), repeat=3))
def test_every_axis_order_survives_nifti(tmp_path: Path, columns: tuple, signs: tuple) -> None:
    before = volume(direction=(OBLIQUE[:, columns] * signs))
    write_volume(before, tmp_path / "a.nii")
    after = read_volume(tmp_path / "a.nii")
    assert_same_grid(after.geometry, before.geometry)
    np.testing.assert_array_equal(after.voxels, before.voxels)


def test_a_reoriented_view_is_written_as_it_looks(tmp_path: Path) -> None:
    view = volume().reoriented("RSA")
    write_volume(view, tmp_path / "a.nii.gz")
    after = read_volume(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(after.voxels, view.voxels)
    assert_same_grid(after.geometry, view.geometry)


def test_nifti_says_the_same_in_ras_in_qform_and_sform(tmp_path: Path) -> None:
    before = volume(direction=np.eye(3))
    write_volume(before, tmp_path / "a.nii")
    head = (tmp_path / "a.nii").read_bytes()[:348]
    qform_code, sform_code = struct.unpack_from("<2h", head, 252)
    assert qform_code > 0
    assert sform_code > 0
    rows = np.array(struct.unpack_from("<12f", head, 280)).reshape(3, 4)
    # LPS to RAS: x and y change sign.
    np.testing.assert_allclose(rows[:, :3], np.diag((-0.7, -0.9, 2.5)), atol=1e-6)
    np.testing.assert_allclose(rows[:, 3], (101.5, -33.25, 800.0))
    np.testing.assert_allclose(struct.unpack_from("<3f", head, 268), (101.5, -33.25, 800.0))


def test_a_known_ras_header_is_read_as_lps(tmp_path: Path) -> None:
    path = tmp_path / "a.nii"
    path.write_bytes(nifti_bytes(np.arange(24, dtype="<i2").reshape(2, 3, 4), 4, sform=np.diag((2.0, 3.0, 4.0))))
    found = read_volume(path)
    assert found.geometry.axis_codes == "RAS"
    assert found.geometry.spacing == (2.0, 3.0, 4.0)
    np.testing.assert_allclose(found.geometry.index_to_lps((1, 1, 1)), (-2.0, -3.0, 4.0))
    assert found.voxels[1, 2, 3] == 23


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_labels_are_written_as_bytes(tmp_path: Path, suffix: str) -> None:
    grid = volume().geometry
    labels = (np.arange(210).reshape(grid.shape) % 3).astype(np.int64)
    write_labels(labels, grid, tmp_path / f"labels{suffix}")
    after = read_volume(tmp_path / f"labels{suffix}")
    assert after.voxels.dtype == np.uint8
    np.testing.assert_array_equal(after.voxels, labels)
    assert_same_grid(after.geometry, grid)


def test_a_truth_mask_is_written_as_zero_and_one(tmp_path: Path) -> None:
    mask = volume().voxels > 60
    write_labels(mask, volume().geometry, tmp_path / "mask.nii.gz")
    write_volume(volume().with_voxels(mask), tmp_path / "mask.nrrd")
    np.testing.assert_array_equal(read_volume(tmp_path / "mask.nii.gz").voxels, mask)
    np.testing.assert_array_equal(read_volume(tmp_path / "mask.nrrd").voxels, mask)


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha"])
def test_masks_are_compressed(tmp_path: Path, suffix: str) -> None:
    grid = Geometry((40, 64, 64))
    write_labels(np.zeros(grid.shape, np.uint8), grid, tmp_path / f"mask{suffix}")
    assert (tmp_path / f"mask{suffix}").stat().st_size < 5000


def test_the_sha256_is_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.nii.gz"
    write_volume(volume(), path)
    source = read_volume(path).source
    assert (source.kind, source.sha256) == ("nifti", hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.mark.realdata
def test_a_real_ct_keeps_type_and_grid_through_a_copy(real_data: Path, tmp_path: Path) -> None:
    before = read_volume(real_data / "ts_example" / "example_ct.nii.gz")
    assert before.geometry.size == (122, 101, 112)
    assert before.geometry.axis_codes == "RAS"
    assert before.voxels.dtype == np.int16
    write_volume(before, tmp_path / "a.nii.gz")
    after = read_volume(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(after.voxels, before.voxels)
    assert_same_grid(after.geometry, before.geometry)
