"""DICOM: each refusal, and what is no reason for one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicom_files import Writer, enhanced, expected
from orthoai.errors import InputError
from orthoai.io.read import read_volume
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import RLELossless


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


def palette(data: Dataset, _: int) -> None:
    data.PhotometricInterpretation = "PALETTE COLOR"


def short_pixels(data: Dataset, k: int) -> None:
    if k == 2:
        data.PixelData = data.PixelData[:40]


def too_many_frames(data: Dataset, k: int) -> None:
    if k == 2:
        data.NumberOfFrames = 999_999_999


def negative_frames(data: Dataset, k: int) -> None:
    if k == 2:
        data.NumberOfFrames = -1


def one_without_scale(data: Dataset, k: int) -> None:
    if k == 2:
        del data.RescaleSlope, data.RescaleIntercept


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
    (palette, "color"),
    (short_pixels, "cannot be decoded"),
    (too_many_frames, "cannot hold the 999999999 frames"),
    (negative_frames, "cannot hold the -1 frames"),
    (one_without_scale, "1 of the series' 4 slices lack the rescale slope"),
    (report, "no CT or MR series"),
]


def test_a_slice_that_says_nothing_among_others_that_change_nothing_is_read(
    dicom_series: Writer, tmp_path: Path
) -> None:
    def plain(data: Dataset, k: int) -> None:
        data.RescaleIntercept = 0
        if k == 2:
            one_without_scale(data, k)

    dicom_series(tmp_path, edit=plain)
    assert read_volume(tmp_path).voxels.min() == expected(0).min() + 1024


@pytest.mark.parametrize(("edit", "words"), REFUSED, ids=[edit.__name__ for edit, _ in REFUSED])
def test_each_flaw_of_a_series_has_its_sentence(
    dicom_series: Writer, tmp_path: Path, edit: Callable[[Dataset, int], None], words: str
) -> None:
    dicom_series(tmp_path / "ct", edit=edit)
    with pytest.raises(InputError, match=words) as caught:
        read_volume(tmp_path / "ct")
    assert str(caught.value).count(". ") == 0  # One sentence.
    assert "Doe" not in str(caught.value)


@pytest.mark.parametrize("keyword", ["RescaleSlope", "RescaleIntercept", "SpacingBetweenSlices"])
@pytest.mark.parametrize("value", [b"nan ", b"inf ", b"-inf", b"1e19", b"1e999 "])
def test_a_number_that_no_image_has_is_refused(
    dicom_series: Writer, tmp_path: Path, keyword: str, value: bytes
) -> None:
    def edit(data: Dataset, _: int) -> None:
        data[keyword] = RawDataElement(Tag(keyword), "DS", len(value), value, 0, False, True)

    path = dicom_series(tmp_path / "ct", 1, edit)[0]
    with pytest.raises(InputError, match=r"damaged DICOM header"):
        read_volume(path)


@pytest.mark.parametrize("keyword", ["ImagePositionPatient", "PixelSpacing", "ImageOrientationPatient"])
@pytest.mark.parametrize("value", [b"nan ", b"inf "])
def test_a_place_that_is_no_number_is_refused(dicom_series: Writer, tmp_path: Path, keyword: str, value: bytes) -> None:
    def edit(data: Dataset, k: int) -> None:
        if k == 2:
            parts = [str(part).encode() for part in data[keyword].value]
            text = b"\\".join([value.strip(), *parts[1:]])
            text += b" " * (len(text) % 2)
            data[keyword] = RawDataElement(Tag(keyword), "DS", len(text), text, 0, False, True)

    dicom_series(tmp_path / "ct", edit=edit)
    with pytest.raises(InputError, match=r"damaged DICOM header"):
        read_volume(tmp_path / "ct")


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
