"""DICOM: grids with known answers, identity, and the choice of a series."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicom_files import GRID, Writer, enhanced, expected
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.io.dicom_frame import HEADER_TAGS
from orthoai.io.read import read_volume
from pydicom.dataset import Dataset

# Grid and values


def test_a_series_is_sorted_by_position_and_rescaled_to_hu(dicom_series: Writer, tmp_path: Path) -> None:
    dicom_series(tmp_path / "ct")
    found = read_volume(tmp_path / "ct")
    assert found.modality == "CT"
    assert found.voxels.dtype == np.int16
    assert found.geometry == GRID
    np.testing.assert_array_equal(found.voxels, [expected(k) for k in range(4)])


def test_slices_stored_from_head_to_feet_give_the_same_volume(dicom_series: Writer, tmp_path: Path) -> None:
    def upside_down(data: Dataset, k: int) -> None:
        data.ImagePositionPatient = [-10, 20, 300 + 2.5 * (3 - k)]

    dicom_series(tmp_path / "ct", edit=upside_down)
    found = read_volume(tmp_path / "ct")
    assert found.geometry == GRID
    np.testing.assert_array_equal(found.voxels, [expected(3 - k) for k in range(4)])


def test_an_oblique_series_keeps_its_direction(dicom_series: Writer, tmp_path: Path) -> None:
    angle = np.radians(20)
    row, column = np.array([np.cos(angle), np.sin(angle), 0]), np.array([0, 0, -1.0])
    normal = np.cross(row, column)

    def oblique(data: Dataset, k: int) -> None:
        data.ImageOrientationPatient = [float(f"{v:.6f}") for v in (*row, *column)]
        data.ImagePositionPatient = [float(f"{v:.4f}") for v in 50 + 3.0 * k * normal]

    dicom_series(tmp_path / "ct", edit=oblique)
    geometry = read_volume(tmp_path / "ct").geometry
    assert geometry.axis_codes == "LIP"
    np.testing.assert_allclose(geometry.directions, np.stack([row, column, normal], axis=1), atol=1e-5)
    np.testing.assert_allclose(geometry.index_to_lps((0, 0, 3)), 50 + 9.0 * normal, atol=1e-3)
    np.testing.assert_allclose(geometry.directions.T @ geometry.directions, np.eye(3), atol=1e-12)


@pytest.mark.parametrize(
    ("slope", "intercept", "dtype"),
    [(1, -1024, "int16"), (2, 0, "int16"), (0.5, 3.25, "float32"), (1000, 0, "float32")],
)
def test_slope_and_intercept_give_whole_numbers_where_that_is_exact(
    dicom_series: Writer, tmp_path: Path, slope: float, intercept: float, dtype: str
) -> None:
    def rescale(data: Dataset, _: int) -> None:
        data.RescaleSlope, data.RescaleIntercept = slope, intercept

    dicom_series(tmp_path / "ct", edit=rescale)
    found = read_volume(tmp_path / "ct").voxels
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, [(expected(k) + 1024) * slope + intercept for k in range(4)])


def test_a_slope_of_zero_does_not_wipe_the_image(dicom_series: Writer, tmp_path: Path) -> None:
    def zero(data: Dataset, _: int) -> None:
        data.RescaleSlope, data.RescaleIntercept = 0, 0

    dicom_series(tmp_path / "ct", edit=zero)
    np.testing.assert_array_equal(read_volume(tmp_path / "ct").voxels, [expected(k) + 1024 for k in range(4)])


def test_each_slice_uses_its_own_slope(dicom_series: Writer, tmp_path: Path) -> None:
    def rescale(data: Dataset, k: int) -> None:
        data.RescaleSlope = k + 1

    dicom_series(tmp_path / "ct", edit=rescale)
    np.testing.assert_array_equal(
        read_volume(tmp_path / "ct").voxels, [(expected(k) + 1024) * (k + 1) - 1024 for k in range(4)]
    )


def test_unsigned_values_above_int16_become_hu_without_wrapping(dicom_series: Writer, tmp_path: Path) -> None:
    def unsigned(data: Dataset, _: int) -> None:
        data.PixelRepresentation = 0
        data.PixelData = np.full((6, 8), 33000, np.uint16).tobytes()

    dicom_series(tmp_path / "ct", edit=unsigned)
    found = read_volume(tmp_path / "ct").voxels
    assert found.dtype == np.int16
    assert (found == 33000 - 1024).all()


def test_one_slice_alone_is_a_volume_of_one_slice(dicom_series: Writer, tmp_path: Path) -> None:
    path = dicom_series(tmp_path / "ct")[2]
    found = read_volume(path)
    assert found.geometry == Geometry((1, 6, 8), (0.5, 0.75, 3.0), (-10.0, 20.0, 305.0))
    np.testing.assert_array_equal(found.voxels[0], expected(2))


def test_a_file_without_the_dicom_prefix_is_read(dicom_series: Writer, tmp_path: Path) -> None:
    path = dicom_series(tmp_path / "ct", 1)[0]
    data = pydicom.dcmread(path)
    bare = Dataset({tag: data[tag] for tag in data.keys()})  # noqa: SIM118, iterating a data set gives elements
    bare.save_as(tmp_path / "bare.dcm", implicit_vr=True, little_endian=True)
    assert (tmp_path / "bare.dcm").read_bytes()[128:132] != b"DICM"
    np.testing.assert_array_equal(read_volume(tmp_path / "bare.dcm").voxels[0], expected(0))


def test_an_enhanced_file_gives_the_same_grid_as_a_classic_series(tmp_path: Path) -> None:
    enhanced(tmp_path / "e.dcm")
    for found in (read_volume(tmp_path / "e.dcm"), read_volume(tmp_path)):
        assert found.geometry == Geometry((3, 6, 8), GRID.spacing, GRID.origin)
        np.testing.assert_array_equal(found.voxels, [expected(k) for k in range(3)])


# Identity


def test_uids_are_recorded_and_the_patient_is_not(dicom_series: Writer, tmp_path: Path) -> None:
    paths = dicom_series(tmp_path / "ct")
    data = pydicom.dcmread(paths[0])
    found = read_volume(tmp_path / "ct")
    assert found.source.uids == {
        "study": data.StudyInstanceUID,
        "series": data.SeriesInstanceUID,
        "frame_of_reference": data.FrameOfReferenceUID,
    }
    assert found.source.description == "Pelvis 2.5 soft"
    assert "Doe" not in repr(found.source)
    assert "SECRET" not in repr(found.source)


def test_no_patient_attribute_is_even_read() -> None:
    assert [tag for tag in HEADER_TAGS if tag.startswith("Patient") or "Physician" in tag or "Institution" in tag] == []


def test_the_sha256_is_that_of_the_files_in_slice_order(dicom_series: Writer, tmp_path: Path) -> None:
    paths = dicom_series(tmp_path / "ct")
    together = b"".join(path.read_bytes() for path in paths)
    assert read_volume(tmp_path / "ct").source.sha256 == hashlib.sha256(together).hexdigest()


# Choice


@pytest.fixture
def two_series(dicom_series: Writer, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    def lung(data: Dataset, _: int) -> None:
        data.SeriesNumber, data.SeriesDescription = 3, "Pelvis 1.0 bone"

    first = dicom_series(tmp_path / "both" / "a", 4)
    second = dicom_series(tmp_path / "both" / "b", 6, lung)
    uids = {n: pydicom.dcmread(p[0]).SeriesInstanceUID for n, p in (("soft", first), ("bone", second))}
    return tmp_path / "both", uids


def test_the_series_with_the_most_slices_is_read(two_series: tuple[Path, dict[str, str]]) -> None:
    folder, uids = two_series
    found = read_volume(folder)
    assert (found.geometry.shape[0], found.source.uids["series"]) == (6, uids["bone"])


@pytest.mark.parametrize("wanted", ["2", "soft", "SOFT", "Pelvis 2.5 soft", " 2 "])
def test_a_series_is_named_by_number_or_description(two_series: tuple[Path, dict[str, str]], wanted: str) -> None:
    folder, uids = two_series
    assert read_volume(folder, wanted).source.uids["series"] == uids["soft"]


def test_a_series_is_named_by_its_uid(two_series: tuple[Path, dict[str, str]]) -> None:
    folder, uids = two_series
    assert read_volume(folder, uids["soft"]).source.uids["series"] == uids["soft"]


def test_an_unknown_series_gets_the_list(two_series: tuple[Path, dict[str, str]]) -> None:
    with pytest.raises(InputError, match=r"No series matches '9'.* 3 \(CT, 6 images\), 2 \(CT, 4 images\)"):
        read_volume(two_series[0], "9")


@pytest.mark.parametrize("wanted", ["Pelvis", "p"])
def test_a_name_for_two_series_is_refused(two_series: tuple[Path, dict[str, str]], wanted: str) -> None:
    with pytest.raises(InputError, match="Several series match"):
        read_volume(two_series[0], wanted)


def test_localizers_other_files_and_copies_are_passed_over(dicom_series: Writer, tmp_path: Path) -> None:
    def localizer(data: Dataset, k: int) -> None:
        if k == 4:
            data.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
            data.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]

    paths = dicom_series(tmp_path / "ct", 5, localizer)
    shutil.copy(paths[1], tmp_path / "ct" / "copy")
    (tmp_path / "ct" / "notes.txt").write_text("hello")
    (tmp_path / "ct" / "empty").touch()
    assert read_volume(tmp_path / "ct").geometry == GRID


def test_a_screen_shot_in_the_series_is_passed_over(dicom_series: Writer, tmp_path: Path) -> None:
    def screen_shot(data: Dataset, k: int) -> None:
        if k == 4:
            del data.ImagePositionPatient
            data.Rows, data.Columns = 12, 4

    dicom_series(tmp_path / "ct", 5, screen_shot)
    assert read_volume(tmp_path / "ct").geometry == GRID


def test_float_pixels_keep_their_fractions_and_missing_values(dicom_series: Writer, tmp_path: Path) -> None:
    values = np.linspace(-1000.9, 40.5, 48, dtype=np.float32).reshape(6, 8)
    values[0, 5] = np.nan

    def float_pixels(data: Dataset, _: int) -> None:
        data.RescaleIntercept = 0
        del data.PixelData, data.BitsStored, data.HighBit, data.PixelRepresentation
        data.BitsAllocated, data.FloatPixelData = 32, values.tobytes()

    dicom_series(tmp_path / "ct", 4, float_pixels)
    voxels = read_volume(tmp_path / "ct").voxels
    assert voxels.dtype == np.float32
    np.testing.assert_array_equal(voxels[2], values)


def test_slices_that_an_anonymizer_gave_one_uid_are_all_read(dicom_series: Writer, tmp_path: Path) -> None:
    def one_uid(data: Dataset, _: int) -> None:
        data.SOPInstanceUID = "1.2.3"

    paths = dicom_series(tmp_path / "ct", 4, one_uid)
    shutil.copy(paths[1], tmp_path / "ct" / "copy")
    assert read_volume(tmp_path / "ct").geometry == GRID


def test_a_folder_of_links_is_read_once(dicom_series: Writer, tmp_path: Path) -> None:
    dicom_series(tmp_path / "store", 4)
    links = tmp_path / "ct"
    links.mkdir()
    (links / "series").symlink_to(tmp_path / "store")
    (links / "again").symlink_to(links)
    assert read_volume(links).geometry == GRID


def test_a_colored_screen_shot_in_the_series_is_passed_over(dicom_series: Writer, tmp_path: Path) -> None:
    def screen_shot(data: Dataset, k: int) -> None:
        if k == 4:
            del data.ImagePositionPatient
            data.SamplesPerPixel, data.PhotometricInterpretation, data.PlanarConfiguration = 3, "RGB", 0

    dicom_series(tmp_path / "ct", 5, screen_shot)
    assert read_volume(tmp_path / "ct").geometry == GRID


@pytest.mark.parametrize("start", [b"\x02\0\x01\0", b"\x08\0\x05\0"])
def test_a_file_that_only_starts_like_dicom_is_passed_over(dicom_series: Writer, tmp_path: Path, start: bytes) -> None:
    dicom_series(tmp_path / "ct", 4)
    (tmp_path / "ct" / "labels.raw").write_bytes(start * 200)
    assert read_volume(tmp_path / "ct").geometry == GRID


def damage(path: Path) -> None:
    """Writes two numbers of millimeters as no DICOM file may have them."""
    content = path.read_bytes()
    assert b"0.75\\0.5" in content
    path.write_bytes(content.replace(b"0.75\\0.5", b"0,75\\0,5"))


def test_a_damaged_file_of_another_series_is_no_reason_to_refuse_this_one(
    two_series: tuple[Path, dict[str, str]],
) -> None:
    folder, uids = two_series
    for path in folder.rglob("*"):
        if path.is_file() and pydicom.dcmread(path).SeriesInstanceUID != uids["soft"]:
            damage(path)
    assert read_volume(folder, uids["soft"]).source.uids["series"] == uids["soft"]


def test_a_damaged_file_of_the_series_is_named(dicom_series: Writer, tmp_path: Path) -> None:
    paths = dicom_series(tmp_path / "ct", 4)
    damage(paths[3])
    with pytest.raises(InputError, match=rf"{paths[3].name} has a damaged DICOM header"):
        read_volume(tmp_path / "ct")


@pytest.mark.parametrize(("wanted", "slices"), [("CT", 3), ("MR", 5), (None, 5)])
def test_of_a_study_the_series_of_the_wanted_kind_is_read(
    dicom_series: Writer, tmp_path: Path, wanted: str | None, slices: int
) -> None:
    def magnetic(data: Dataset, _: int) -> None:
        data.Modality = "MR"

    dicom_series(tmp_path / "study" / "ct", 3)
    dicom_series(tmp_path / "study" / "mr", 5, magnetic)
    assert len(read_volume(tmp_path / "study", modality=wanted).voxels) == slices


def test_a_series_name_is_checked_for_a_single_file_too(dicom_series: Writer, tmp_path: Path) -> None:
    path = dicom_series(tmp_path / "ct", 1)[0]
    assert read_volume(path, "soft").voxels.shape == (1, 6, 8)
    with pytest.raises(InputError, match="No series matches 'bone'"):
        read_volume(path, "bone")
