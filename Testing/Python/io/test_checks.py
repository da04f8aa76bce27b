"""What a CT task takes, and the sentence for each image that it does not take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.io.checks import SAMPLES, require_ct, sample
from orthoai.io.describe import describe
from orthoai.io.read import read_volume
from orthoai.volume import Source, Volume

Builder = Callable[..., Volume]


def of(voxels: np.ndarray, modality: str = "") -> Volume:
    return Volume(voxels, Geometry(voxels.shape), modality)


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("modality", ["", "CT"])
def test_a_ct_is_taken(ct_volume: Builder, dtype: type, modality: str) -> None:
    require_ct(ct_volume(dtype=dtype, modality=modality))


def test_a_ct_cropped_inside_the_body_is_taken_for_its_fat(ct_volume: Builder) -> None:
    inside = ct_volume().cropped((5, 4, 1), (19, 16, 11))
    assert inside.voxels.min() > -200  # No air.
    require_ct(inside)


def test_a_dicom_ct_of_muscle_alone_is_taken() -> None:
    muscle = np.random.default_rng(0).normal(60, 20, (10, 20, 20)).astype(np.int16)
    require_ct(of(muscle, "CT"))


def test_metal_and_a_wide_empty_field_are_taken(ct_volume: Builder) -> None:
    volume = ct_volume()
    wide = np.full((24, 80, 80), -1000, np.int16)
    wide[6:18, 30:50, 28:52] = volume.voxels
    wide[8, 40, 40] = 3071
    require_ct(of(wide))


@pytest.mark.parametrize("value", [-1024, -1000])
def test_air_with_noise_is_named(value: int) -> None:
    air = np.random.default_rng(0).normal(value, 20, (10, 20, 20)).astype(np.int16)
    for modality in ("", "CT"):
        with pytest.raises(InputError, match="only air"):
            require_ct(of(air, modality))


@pytest.mark.parametrize("value", [0, -1000, 3000])
def test_a_constant_image_is_named(value: int) -> None:
    with pytest.raises(InputError, match=r"empty: every voxel has the value"):
        require_ct(of(np.full((5, 6, 7), value, np.int16)))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_one_slice_along_any_axis_is_named(ct_volume: Builder, axis: int) -> None:
    stop = [24, 20, 12]
    stop[axis] = 1
    with pytest.raises(InputError, match="one slice only"):
        require_ct(ct_volume().cropped((0, 0, 0), stop))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [(0, 0, 0), (7, 11, 13), (11, 19, 23)])
def test_a_single_missing_value_is_found(ct_volume: Builder, bad: float, place: tuple[int, int, int]) -> None:
    volume = ct_volume(dtype=np.float32)
    volume.voxels[place] = bad
    with pytest.raises(InputError, match="NaN or infinite"):
        require_ct(volume)


@pytest.mark.parametrize(("modality", "words"), [("MR", "an MR image"), ("PT", "a PT image"), ("XA", "an XA image")])
def test_another_modality_is_named_whatever_its_values(ct_volume: Builder, modality: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        require_ct(ct_volume(modality=modality))


def test_an_mr_without_a_modality_is_told_by_its_values() -> None:
    rng = np.random.default_rng(0)
    mr = rng.gamma(2.0, 150.0, (20, 40, 40)).astype(np.int16)
    with pytest.raises(InputError, match="as in an MR"):
        require_ct(of(mr))
    mr[rng.random(mr.shape) < 0.001] = -25  # Ringing of a resampled MR.
    with pytest.raises(InputError, match="as in an MR"):
        require_ct(of(mr))


@pytest.mark.parametrize("offset", [1024, 1000])
@pytest.mark.parametrize("modality", ["", "CT"])
def test_a_ct_without_rescaling_is_named(ct_volume: Builder, offset: int, modality: str) -> None:
    volume = ct_volume(modality=modality)
    with pytest.raises(InputError, match="rescale intercept"):
        require_ct(volume.with_voxels(volume.voxels + np.int16(offset)))


@pytest.mark.parametrize("padding", [-2000, -3024])
def test_what_was_not_scanned_is_neither_air_nor_fat(ct_volume: Builder, padding: int) -> None:
    volume = ct_volume()
    corners = np.zeros(volume.voxels.shape, bool)
    corners[:, :4], corners[:, -4:] = True, True
    require_ct(of(np.where(corners, padding, volume.voxels)))
    with pytest.raises(InputError, match="without its rescale intercept"):
        require_ct(of(np.where(corners, padding, volume.voxels + 1024)))


@pytest.mark.parametrize("place", [np.s_[:, [0, -1]], np.s_[:3]], ids=["around the field", "slices"])
@pytest.mark.parametrize("padding", [3071, 32767])
def test_padding_that_reads_as_metal_is_named(ct_volume: Builder, padding: int, place: tuple) -> None:
    volume = ct_volume()
    volume.voxels[place] = padding
    with pytest.raises(InputError, match=f"padded with the value {padding} .* reads as metal"):
        require_ct(volume)


def test_metal_in_a_corner_of_the_image_is_no_padding(ct_volume: Builder) -> None:
    volume = ct_volume()
    volume.voxels[:, :2, :2] = 3071
    require_ct(volume)


@pytest.mark.parametrize("factor", [0.1, 0.001, 1000.0], ids=["cm", "m", "mm as m"])
def test_a_voxel_size_in_other_units_is_named(ct_volume: Builder, factor: float) -> None:
    volume, size = ct_volume(), (0.8, 0.8, 1.5)
    require_ct(replace(volume, geometry=replace(volume.geometry, spacing=size)))
    other = replace(volume.geometry, spacing=tuple(step * factor for step in size))
    with pytest.raises(InputError, match="not in millimeters"):
        require_ct(replace(volume, geometry=other))


@pytest.mark.parametrize(("size", "kind"), [((0.156, 0.156, 0.2), "nifti"), ((0.1, 0.1, 0.1), "dicom")])
def test_a_small_field_of_fine_voxels_is_taken(size: tuple, kind: str) -> None:
    values = np.random.default_rng(0).normal(0, 200, (20, 512, 512)).astype(np.int16)
    grid = Geometry(values.shape, size)
    require_ct(Volume(values, grid, source=Source(kind)))


def test_scaled_values_and_label_maps_are_named(ct_volume: Builder) -> None:
    volume = ct_volume(dtype=np.float32)
    with pytest.raises(InputError, match="scaled values"):
        require_ct(volume.with_voxels((volume.voxels + 1000) / 4000))
    labels = np.zeros((10, 20, 20), np.int16)
    labels[2:5] = 2
    with pytest.raises(InputError, match="label map"):
        require_ct(of(labels))
    with pytest.raises(InputError, match="8-bit"):
        require_ct(of(labels.astype(np.uint8)))


@pytest.mark.parametrize(("shape", "words"), [((5, 6, 7, 3), "color"), ((2, 5, 6, 7), "4 axes"), ((6, 7), "2 axes")])
def test_arrays_that_are_no_volume_are_named(shape: tuple[int, ...], words: str) -> None:
    with pytest.raises(InputError, match=words):
        require_ct(SimpleNamespace(voxels=np.zeros(shape, np.int16), modality=""))  # type: ignore[arg-type]


def test_the_sample_of_a_large_image_is_small_and_spread() -> None:
    voxels = np.broadcast_to(np.arange(1500, dtype=np.int16)[:, None, None], (1500, 512, 512))
    values = sample(voxels)
    assert SAMPLES / 4 < values.size <= SAMPLES * 1.1
    assert values.min() == 0
    assert values.max() > 1490


def test_the_description_has_no_patient_and_no_series_name(ct_volume: Builder) -> None:
    volume = replace(ct_volume(modality="CT"), source=Source("dicom", "ab", {"series": "1.2"}, "DOE HIP"))
    assert describe(volume) == "24 x 20 x 12 voxels of 2.00 x 2.00 x 3.00 mm, axes LPS, int16, CT"
    assert describe(replace(volume, modality="")).endswith("int16")


@pytest.mark.realdata
def test_real_cts_are_taken_and_real_mrs_are_not(real_data: Path) -> None:
    for name in ("ts_example/example_ct.nii.gz", "tptbox_ct/sub-ct_label-22_ct.nii.gz", "ts_ct_dicom/dicom"):
        require_ct(read_volume(real_data / name))
    for name in ("ts_example/example_mr_sm.nii.gz", "tptbox_mri/sub-mri_label-6_T2w.nii.gz"):
        with pytest.raises(InputError, match="as in an MR"):
            require_ct(read_volume(real_data / name))
    with pytest.raises(InputError, match="an MR image"):
        require_ct(read_volume(real_data / "dicom_robustness/dicom2nifti/generic/compressed_rle/001"))


@pytest.mark.realdata
def test_a_real_ct_without_rescaling_is_named(real_data: Path) -> None:
    volume = read_volume(real_data / "tptbox_ct" / "sub-ct_label-22_ct.nii.gz")
    with pytest.raises(InputError, match="rescale intercept"):
        require_ct(volume.with_voxels(volume.voxels + np.int16(1024)))
