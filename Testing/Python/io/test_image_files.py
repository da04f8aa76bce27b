"""NIfTI, NRRD and MetaImage: round trips, and what is refused."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.io.read import read_volume
from orthoai.io.write import write_labels, write_volume
from orthoai.volume import Volume

SUFFIXES = [".nii.gz", ".nii", ".nrrd", ".mha"]

OBLIQUE = np.linalg.qr(np.array([[1.0, 0.2, -0.1], [-0.15, 1.0, 0.3], [0.05, -0.25, 1.0]]))[0]


def volume(dtype: str = "int16", direction: np.ndarray = OBLIQUE) -> Volume:
    rng = np.random.default_rng(0)
    geometry = Geometry((5, 6, 7), (0.7, 0.9, 2.5), (-101.5, 33.25, 800.0), tuple(direction.ravel()))
    return Volume(rng.integers(0, 120, geometry.shape).astype(dtype), geometry)


def assert_same_grid(a: Geometry, b: Geometry) -> None:
    assert a.shape == b.shape
    np.testing.assert_allclose(a.spacing, b.spacing, rtol=1e-6)
    np.testing.assert_allclose(a.origin, b.origin, rtol=1e-6)
    np.testing.assert_allclose(a.direction, b.direction, atol=1e-6)


# Round trips


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


@pytest.mark.parametrize("pair", [(".nhdr", ".raw"), (".mhd", ".raw")])
def test_a_header_with_a_data_file_beside_it_is_read_and_hashed_with_it(tmp_path: Path, pair: tuple[str, str]) -> None:
    before = volume()
    image = sitk.GetImageFromArray(before.voxels)
    image.SetSpacing(before.geometry.spacing)
    image.SetOrigin(before.geometry.origin)
    image.SetDirection(before.geometry.direction)
    header, data = tmp_path / f"a{pair[0]}", tmp_path / f"a{pair[1]}"
    sitk.WriteImage(image, str(header))
    after = read_volume(header)
    np.testing.assert_array_equal(after.voxels, before.voxels)
    assert_same_grid(after.geometry, before.geometry)
    assert after.source.sha256 == hashlib.sha256(header.read_bytes() + data.read_bytes()).hexdigest()
    data.unlink()
    with pytest.raises(InputError, match=r"The data file a\.raw .* is missing"):
        read_volume(header)


@pytest.mark.parametrize("suffix", [".nhdr", ".mhd"])
def test_a_data_file_with_a_name_in_another_language_is_found(tmp_path: Path, suffix: str) -> None:
    header = tmp_path / f"Müller{suffix}"
    sitk.WriteImage(sitk.GetImageFromArray(volume().voxels), str(header))
    np.testing.assert_array_equal(read_volume(header).voxels, volume().voxels)
    (tmp_path / "Müller.raw").unlink()
    with pytest.raises(InputError, match=r"The data file Müller\.raw"):
        read_volume(header)


@pytest.mark.parametrize("named", ["LIST\n{files}", "s%d.raw 0 1 1"])
def test_images_in_several_data_files_have_the_identity_of_their_voxels(tmp_path: Path, named: str) -> None:
    header = tmp_path / "ct.mhd"
    files = "\n".join(f"s{k}.raw" for k in range(2))
    header.write_text(
        "ObjectType = Image\nNDims = 3\nDimSize = 3 2 2\nElementSpacing = 1 1 1\nElementType = MET_SHORT\n"
        f"ElementByteOrderMSB = False\nElementDataFile = {named.format(files=files)}\n"
    )
    seen = []
    for value in (100, 200, 100):
        for k in range(2):
            (tmp_path / f"s{k}.raw").write_bytes(np.full((2, 3), value, "<i2").tobytes())
        read = read_volume(header)
        assert read.voxels.tolist() == [[[value] * 3] * 2] * 2
        seen.append(read.source.sha256)
    assert seen[0] != seen[1] and seen[0] == seen[2]


@pytest.mark.parametrize("numbers", ["1 99999999999 1", "0 99999 1", "0 -99999 0"])
def test_more_data_files_than_an_image_has_are_refused(tmp_path: Path, numbers: str) -> None:
    header = tmp_path / "ct.nhdr"
    header.write_text(
        "NRRD0004\ntype: short\ndimension: 3\nsizes: 3 2 2\nencoding: raw\nendian: little\n"
        f"data file: x%03d.raw {numbers}\n"
    )
    with pytest.raises(InputError, match="more than 10000 data files"):
        read_volume(header)


# Value types


def nifti_bytes(
    voxels: np.ndarray,
    code: int,
    order: str = "<",
    slope: float = 0.0,
    intercept: float = 0.0,
    dims: tuple[int, ...] | None = None,
    sform: np.ndarray | None = None,
) -> bytes:
    """A NIfTI-1 file made by the book, independent of ITK."""
    head = bytearray(352)
    size = dims or voxels.shape[::-1]
    struct.pack_into(f"{order}i", head, 0, 348)
    struct.pack_into(f"{order}8h", head, 40, len(size), *size, *[1] * (7 - len(size)))
    struct.pack_into(f"{order}2h", head, 70, code, voxels.dtype.itemsize * 8)
    matrix = np.eye(3) if sform is None else sform
    struct.pack_into(f"{order}8f", head, 76, 1.0, *np.linalg.norm(matrix, axis=0), *[1.0] * 4)
    struct.pack_into(f"{order}3f", head, 108, 352.0, slope, intercept)
    head[123] = 2  # mm
    struct.pack_into(f"{order}2h", head, 252, 0, 1)
    struct.pack_into(f"{order}12f", head, 280, *np.hstack([matrix, np.zeros((3, 1))]).ravel())
    head[344:348] = b"n+1\0"
    return bytes(head) + voxels.astype(voxels.dtype.newbyteorder(order)).tobytes()


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


# Refused


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_truncated_file_is_named(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    noise = np.random.default_rng(1).integers(-1000, 1000, (20, 32, 32)).astype(np.int16)
    write_volume(Volume(noise, Geometry(noise.shape)), path)
    content = path.read_bytes()
    for part in (0.98, 0.5):
        path.write_bytes(content[: int(len(content) * part)])
        with pytest.raises(InputError, match="truncated"):
            read_volume(path)


def test_an_image_that_is_too_large_for_the_memory_is_not_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.mha"
    write_volume(Volume(np.zeros((2, 2, 2)), Geometry((2, 2, 2))), path)
    content = path.read_bytes()
    assert b"DimSize = 2 2 2\n" in content
    path.write_bytes(content.replace(b"DimSize = 2 2 2\n", b"DimSize = 131072 131072 131072\n"))
    with pytest.raises(InputError, match="too large for this computer's memory"):
        read_volume(path)


def test_a_damaged_byte_in_a_compressed_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.nii.gz"
    noise = np.random.default_rng(1).integers(-1000, 1000, (20, 32, 32)).astype(np.int16)
    write_volume(Volume(noise, Geometry(noise.shape)), path)
    content = bytearray(path.read_bytes())
    content[-8] ^= 1  # In the checksum: every voxel can still be unpacked.
    path.write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        read_volume(path)


@pytest.mark.parametrize("suffix", [".nii.gz", ".nii", ".nrrd", ".mha", ".nhdr", ".mhd"])
@pytest.mark.parametrize("compress", [False, True])
def test_text_under_an_image_name_is_named(tmp_path: Path, suffix: str, compress: bool) -> None:
    path = tmp_path / f"notes{suffix}"
    text = b"Dear colleague, please find enclosed ..." * 20
    path.write_bytes(gzip.compress(text) if compress else text)
    with pytest.raises(InputError, match=r"is not a .* file although its name says so"):
        read_volume(path)


def test_an_unknown_file_an_empty_file_and_a_missing_one_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_text("x" * 500)
    (tmp_path / "b.nii.gz").touch()
    with pytest.raises(InputError, match="not an image that can be read"):
        read_volume(tmp_path / "a.xyz")
    with pytest.raises(InputError, match="empty"):
        read_volume(tmp_path / "b.nii.gz")
    with pytest.raises(InputError, match="does not exist"):
        read_volume(tmp_path / "c.nii.gz")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.nii")
    with pytest.raises(InputError, match="neither a file nor a folder"):
        read_volume(tmp_path / "a.nii")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_name_that_is_not_utf_8_is_to_be_changed(tmp_path: Path, suffix: str) -> None:
    write_volume(volume(), tmp_path / f"a{suffix}")
    path = (tmp_path / f"a{suffix}").rename(tmp_path / os.fsdecode(b"M\xfcller" + suffix.encode()))
    with pytest.raises(InputError, match="not UTF-8; rename it") as caught:
        read_volume(path)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("dimensions", ["-1", "0", "99", "99999999999", "", "three"])
def test_a_metaimage_of_no_usual_dimensions_is_refused(tmp_path: Path, dimensions: str) -> None:
    path = tmp_path / "a.mha"
    write_volume(volume(), path)
    path.write_bytes(path.read_bytes().replace(b"NDims = 3", f"NDims = {dimensions}".encode()))
    with pytest.raises(InputError, match="NDims is no number of 1 to 4"):
        read_volume(path)


def test_a_file_under_the_name_of_another_kind_is_told_its_right_name(tmp_path: Path) -> None:
    write_volume(volume(), tmp_path / "a.nrrd")
    (tmp_path / "a.nrrd").rename(tmp_path / "a.nii.gz")
    with pytest.raises(InputError, match=r"NRRD image under another name; rename it to end with \.nrrd"):
        read_volume(tmp_path / "a.nii.gz")
    write_volume(volume(), tmp_path / "b.nii.gz")
    (tmp_path / "b.nii.gz").rename(tmp_path / "b.nii")
    with pytest.raises(InputError, match=r"its content is \.nii\.gz"):
        read_volume(tmp_path / "b.nii")


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


def test_a_series_name_is_refused_for_a_file(tmp_path: Path) -> None:
    write_volume(volume(), tmp_path / "a.nii.gz")
    with pytest.raises(InputError, match="leave the series out"):
        read_volume(tmp_path / "a.nii.gz", series="2")


def test_a_flat_image_is_one_slice(tmp_path: Path) -> None:
    sitk.WriteImage(sitk.GetImageFromArray(np.arange(42, dtype=np.int16).reshape(6, 7)), str(tmp_path / "a.mha"))
    found = read_volume(tmp_path / "a.mha")
    assert found.geometry.size == (7, 6, 1)
    assert found.voxels[0, 5, 6] == 41


# Writing that fails


def test_an_unknown_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no suffix that can be written"):
        write_volume(volume(), tmp_path / "a.stl")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="parent folder is missing"):
        write_volume(volume(), tmp_path / "no" / "a.nii.gz")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_leaves_the_older_file_and_nothing_else(
    tmp_path: Path, suffix: str, small_disk: Callable[[int], AbstractContextManager[None]]
) -> None:
    path = tmp_path / f"a{suffix}"
    write_volume(volume(), path)
    before = path.read_bytes()
    noise = np.random.default_rng(1).integers(-1000, 1000, (20, 32, 32)).astype(np.int16)
    with small_disk(20_000), pytest.raises(InputError, match=r"completely|full"):
        write_volume(Volume(noise, Geometry(noise.shape)), path)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == before


def test_labels_must_fit_their_grid(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="geometry says"):
        write_labels(np.zeros((2, 2, 2)), replace(volume().geometry), tmp_path / "a.nii.gz")


# Real files


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


@pytest.mark.realdata
def test_a_real_fmri_is_refused_as_four_dimensional(real_data: Path) -> None:
    with pytest.raises(InputError, match="four-dimensional"):
        read_volume(real_data / "dicom_robustness" / "nifti_4d_fmri.nii.gz")
