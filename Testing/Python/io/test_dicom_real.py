"""DICOM: real files."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from orthoai.errors import InputError
from orthoai.io.dicom import SCOUT_LEFT_OUT
from orthoai.io.read import read_volume
from pydicom.uid import generate_uid


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


@pytest.mark.realdata
def test_a_real_series_is_read_without_a_scout_that_bears_no_mark(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "dicom_robustness" / "vhf_pelvis_ct5"
    for path in folder.glob("*.dcm"):
        shutil.copy(path, tmp_path)
    scout = pydicom.dcmread(path)
    scout.SOPInstanceUID = scout.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    scout.ImageOrientationPatient, scout.PixelSpacing = [1, 0, 0, 0, 0, -1], [1.2, 1.2]
    scout.save_as(tmp_path / "scout.dcm")
    found, expected = read_volume(tmp_path), read_volume(folder)
    assert found.geometry == expected.geometry and found.source.sha256 == expected.source.sha256
    assert found.notes == (SCOUT_LEFT_OUT,)
    np.testing.assert_array_equal(found.voxels, expected.voxels)
