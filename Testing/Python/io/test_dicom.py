"""DICOM: grids with known answers, the choice of a series, and each refusal."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.io.dicom_frame import HEADER_TAGS
from orthoai.io.read import read_volume
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, RLELossless, generate_uid

Writer = Callable[..., list[Path]]

GRID = Geometry((4, 6, 8), (0.5, 0.75, 2.5), (-10.0, 20.0, 300.0))


def expected(k: int) -> np.ndarray:
    return np.arange(48).reshape(6, 8) + 100 * k - 1024


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


def enhanced(path: Path, count: int = 3, echoes: int = 1) -> None:
    """One enhanced CT file with ``count`` frames; the last comes first in the file."""
    data = Dataset()
    data.SOPClassUID, data.SOPInstanceUID = UID("1.2.840.10008.5.1.4.1.1.2.1"), generate_uid()
    data.SeriesInstanceUID, data.Modality, data.ImageType = generate_uid(), "CT", ["ORIGINAL", "PRIMARY", "VOLUME"]
    data.Rows, data.Columns, data.SamplesPerPixel, data.NumberOfFrames = 6, 8, 1, count * echoes
    data.PhotometricInterpretation = "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
    measures, orientation, values, shared = Dataset(), Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [0.75, 0.5], 2.5
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    values.RescaleSlope, values.RescaleIntercept = 1, -1024
    shared.PixelMeasuresSequence = Sequence([measures])
    shared.PlaneOrientationSequence = Sequence([orientation])
    shared.PixelValueTransformationSequence = Sequence([values])
    data.SharedFunctionalGroupsSequence = Sequence([shared])
    frames, pixels = [], []
    for k in reversed(range(count)):
        for _ in range(echoes):
            position, frame = Dataset(), Dataset()
            position.ImagePositionPatient = [-10, 20, 300 + 2.5 * k]
            frame.PlanePositionSequence = Sequence([position])
            frames.append(frame)
            pixels.append((expected(k) + 1024).astype(np.int16))
    data.PerFrameFunctionalGroupsSequence = Sequence(frames)
    data.PixelData = np.stack(pixels).tobytes()
    data.file_meta = pydicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data.save_as(path, enforce_file_format=True)


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


# Refused


def tilted(data: Dataset, k: int) -> None:
    data.ImagePositionPatient = [-10, 20 + 0.5 * k, 300 + 2.5 * k]


def one_missing(data: Dataset, k: int) -> None:
    data.ImagePositionPatient = [-10, 20, 300 + 2.5 * (k + (k > 1))]


def two_missing(data: Dataset, k: int) -> None:
    data.ImagePositionPatient = [-10, 20, 300 + 2.5 * (k + (k > 1) + (k > 2))]


def irregular(data: Dataset, k: int) -> None:
    data.ImagePositionPatient = [-10, 20, 300 + 2.5 * k + 0.6 * (k == 2)]


def turned(data: Dataset, k: int) -> None:
    if k == 3:
        data.ImageOrientationPatient = [1, 0, 0, 0, 0.95, float(f"{np.sqrt(1 - 0.95**2):.6f}")]


def same_place(data: Dataset, k: int) -> None:
    data.ImagePositionPatient = [-10, 20, 300 + 2.5 * (k // 2)]


def other_size(data: Dataset, k: int) -> None:
    if k == 2:
        data.Rows, data.Columns = 8, 6


def other_pixels(data: Dataset, k: int) -> None:
    if k == 2:
        data.PixelSpacing = [0.75, 0.6]


def no_position(data: Dataset, _: int) -> None:
    del data.ImagePositionPatient


def no_pixel_size(data: Dataset, _: int) -> None:
    del data.PixelSpacing


def bad_cosines(data: Dataset, _: int) -> None:
    data.ImageOrientationPatient = [1, 0, 0, 1, 0, 0]


def color(data: Dataset, _: int) -> None:
    data.SamplesPerPixel, data.PhotometricInterpretation, data.PlanarConfiguration = 3, "RGB", 0


def short_pixels(data: Dataset, k: int) -> None:
    if k == 2:
        data.PixelData = data.PixelData[:40]


def report(data: Dataset, _: int) -> None:
    data.Modality = "SR"


REFUSED = [
    (tilted, "tilted gantry \\(11 degrees\\)"),
    (one_missing, "lacks 1 slice between"),
    (two_missing, "lacks 2 slices between"),
    (irregular, "irregular distances"),
    (turned, "different orientations"),
    (same_place, "same position"),
    (other_size, "different sizes"),
    (other_pixels, "different pixel sizes"),
    (no_position, "without a position"),
    (no_pixel_size, "how large its pixels are"),
    (bad_cosines, "direction cosines"),
    (color, "color"),
    (short_pixels, "cannot be decoded"),
    (report, "no CT or MR series"),
]


@pytest.mark.parametrize(("edit", "words"), REFUSED, ids=[edit.__name__ for edit, _ in REFUSED])
def test_each_flaw_of_a_series_has_its_sentence(
    dicom_series: Writer, tmp_path: Path, edit: Callable[[Dataset, int], None], words: str
) -> None:
    dicom_series(tmp_path / "ct", edit=edit)
    with pytest.raises(InputError, match=words) as caught:
        read_volume(tmp_path / "ct")
    assert str(caught.value).count(". ") == 0  # One sentence.
    assert "Doe" not in str(caught.value)


def test_the_rounding_of_scanners_is_no_flaw(dicom_series: Writer, tmp_path: Path) -> None:
    def rounded(data: Dataset, k: int) -> None:
        data.ImageOrientationPatient = [0.9999, 0.0005, 0, -0.0005, 0.9999, 0]
        data.ImagePositionPatient = [-10, 20.01, round(300 + 0.625 * k, 1)]

    dicom_series(tmp_path / "ct", 40, rounded)
    assert read_volume(tmp_path / "ct").geometry.spacing[2] == pytest.approx(0.625, abs=0.01)


def test_an_enhanced_file_with_two_echoes_is_refused(tmp_path: Path) -> None:
    enhanced(tmp_path / "e.dcm", echoes=2)
    with pytest.raises(InputError, match="same position"):
        read_volume(tmp_path / "e.dcm")


def test_a_truncated_file_is_named(dicom_series: Writer, tmp_path: Path) -> None:
    path = dicom_series(tmp_path / "ct")[1]
    content = path.read_bytes()
    for length in (len(content) - 10, 700, 200):
        path.write_bytes(content[:length])
        with pytest.raises(InputError, match=r"cannot be decoded|without an image|damaged DICOM header"):
            read_volume(path)


def test_a_broken_compressed_slice_is_named(dicom_series: Writer, tmp_path: Path) -> None:
    path = dicom_series(tmp_path / "ct", 1)[0]
    data = pydicom.dcmread(path)
    data.compress(RLELossless)
    data.save_as(path)
    np.testing.assert_array_equal(read_volume(path).voxels[0], expected(0))
    data.PixelData = pydicom.encaps.encapsulate([b"\xff" * 80])
    data.save_as(path)
    with pytest.raises(InputError, match="cannot be decoded"):
        read_volume(path)


def test_a_folder_without_dicom_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(InputError, match="no DICOM files"):
        read_volume(tmp_path)


def test_one_missing_slice_among_many_is_found(dicom_series: Writer, tmp_path: Path) -> None:
    def gap(data: Dataset, k: int) -> None:
        data.ImagePositionPatient = [-10, 20, 300 + 0.6 * (k + (k > 40))]

    dicom_series(tmp_path / "ct", 80, gap)
    with pytest.raises(InputError, match="lacks 1 slice between"):
        read_volume(tmp_path / "ct")


# Real files


@pytest.mark.realdata
def test_a_real_jpeg_2000_series_matches_the_segmentation_that_belongs_to_it(real_data: Path) -> None:
    image = read_volume(real_data / "ts_ct_dicom" / "dicom")
    labels = read_volume(real_data / "ts_ct_dicom" / "example_seg_dicom.nii.gz")
    assert image.geometry.matches(labels.geometry.reoriented(image.geometry.axis_codes), 0.05)
    assert (image.voxels.dtype, image.voxels.min(), image.voxels.max()) == (np.int16, -1024, 1839)
    # Any labeled organ is soft or hard, never air: the axes agree.
    inside = image.voxels[labels.reoriented(image.geometry.axis_codes).voxels > 0]
    assert np.median(inside) > -100


@pytest.mark.realdata
@pytest.mark.parametrize("compression", ["compressed_j2k", "compressed_jpeg", "compressed_jpegls", "compressed_rle"])
def test_all_lossless_compressions_give_the_same_voxels(real_data: Path, compression: str) -> None:
    folder = real_data / "dicom_robustness" / "dicom2nifti" / "generic"
    found = read_volume(folder / compression / "001")
    reference = read_volume(folder / "compressed_rle" / "001")
    assert found.modality == "MR"
    assert found.geometry == reference.geometry
    assert found.geometry.axis_codes == "PIR"
    np.testing.assert_array_equal(found.voxels, reference.voxels)
    assert found.voxels.std() > 10


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["CT1", "CT2", "MR1", "MR3"])
def test_the_nema_images_are_equal_in_every_lossless_compression(real_data: Path, name: str) -> None:
    folder = real_data / "dicom_robustness" / "wg04"
    images = [read_volume(folder / f"{name}_{kind}").voxels for kind in ("J2KR", "JPLL", "RLE")]
    np.testing.assert_array_equal(images[0], images[1])
    np.testing.assert_array_equal(images[0], images[2])


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("ge_ct_variable_tilt", "tilted gantry"),
        ("dicom2nifti/generic/rgb/001", "color"),
        ("dicom2nifti/siemens/fmri_classic/001", "same position"),
        ("dcmqi_ct_seg/liver.dcm", "segmentation"),
        ("pydicom_odd/color-px.dcm", "color"),
    ],
)
def test_real_series_that_are_no_volume_are_named(real_data: Path, path: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_volume(real_data / "dicom_robustness" / path)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("path", "size", "codes", "modality"),
    [
        ("vhf_pelvis_ct5", (512, 512, 5), "LPS", "CT"),
        ("dcmqi_ct_seg", (512, 512, 3), "LPS", "CT"),
        ("dicom2nifti/philips_enhanced/anatomical/001", (256, 256, 8), "PIR", "MR"),
        ("dicom2nifti/hyperfine/anatomical/001", (112, 138, 8), "LPS", "MR"),
        ("dicom2nifti/generic/anatomical/002_non_isotropic", (64, 28, 4), "LPS", "MR"),
        ("pydicom_odd/bad_sequence.dcm", (512, 512, 1), "LPS", "CT"),
        ("pydicom_odd/explicit_VR-UN.dcm", (512, 512, 1), "LAI", "CT"),
        ("pydicom_odd/eCT_Supplemental.dcm", (512, 512, 2), "RPI", "CT"),
    ],
)
def test_odd_but_sound_real_files_are_read(
    real_data: Path, path: str, size: tuple[int, int, int], codes: str, modality: str
) -> None:
    found = read_volume(real_data / "dicom_robustness" / path)
    assert (found.geometry.size, found.geometry.axis_codes, found.modality) == (size, codes, modality)


@pytest.mark.realdata
def test_the_grid_of_a_real_series_is_the_one_itk_finds(real_data: Path) -> None:
    folder = real_data / "dicom_robustness" / "vhf_pelvis_ct5"
    found = read_volume(folder)
    files = sorted(str(path) for path in folder.glob("*.dcm"))
    image = sitk.ReadImage(files)
    np.testing.assert_array_equal(found.voxels, sitk.GetArrayViewFromImage(image))
    np.testing.assert_allclose(found.geometry.spacing, image.GetSpacing())
    np.testing.assert_allclose(found.geometry.origin, image.GetOrigin())
    np.testing.assert_allclose(found.geometry.direction, image.GetDirection(), atol=1e-9)
