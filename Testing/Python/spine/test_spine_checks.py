"""Scans in which vertebrae cannot be judged are refused with a sentence, and bone is found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.spine.checks import require_spine_ct, with_thick_slices_told
from orthoai.spine.region import bone_region
from orthoai.volume import Volume
from ovf_fakes import Shown, spine

NORMAL = Shown("normal", "normal")


@pytest.fixture(scope="module")
def ct() -> Volume:
    return spine([NORMAL] * 3)


def with_spacing(ct: Volume, spacing: tuple[float, float, float]) -> Volume:
    return replace(ct, geometry=replace(ct.geometry, spacing=spacing))


def test_a_spine_ct_is_taken_up_to_6_mm(ct: Volume) -> None:
    require_spine_ct(ct)
    require_spine_ct(with_spacing(ct, (1.0, 1.0, 5.0)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda ct: with_spacing(ct, (1.0, 1.0, 7.5)), "7.5 mm thick"),
        (lambda ct: with_spacing(ct, (1.0, 1.0, 0.4)), "only 46 mm from head to feet"),
        (lambda ct: with_spacing(ct, (0.5, 1.0, 1.0)), "only 40 mm across"),
        (lambda ct: replace(ct, modality="MR"), "not a CT"),
        (lambda ct: replace(ct, modality="", voxels=np.abs(ct.voxels)), "no CT|rescale"),
        (lambda ct: ct.cropped((0, 0, 0), (*ct.geometry.size[:2], 1)), "one slice"),
        (lambda ct: ct.with_voxels(np.where(ct.voxels > 200, np.nan, ct.voxels).astype(np.float32)), "NaN"),
    ],
)
def test_what_is_unsuitable_has_its_sentence(ct: Volume, change, words: str) -> None:
    with pytest.raises(InputError, match=words):
        require_spine_ct(change(ct))


@pytest.mark.parametrize(
    ("side", "told"),
    [
        (1.0, "Found."),
        (3.0000004, "Found."),
        (3.75, "Found. Slices of 3.8 mm: mild fractures may not show."),
        (5.0, "Found. Slices of 5 mm: mild fractures may not show."),
    ],
)
def test_what_thick_slices_may_hide_is_told(ct: Volume, side: float, told: str) -> None:
    for spacing in ((1.0, 1.0, side), (side, 1.0, 1.0)):
        assert with_thick_slices_told("Found.", with_spacing(ct, spacing).geometry) == told


def test_the_region_holds_the_bone_and_a_margin(ct: Volume) -> None:
    region = bone_region(ct)
    assert region is not None
    low, high = region
    assert np.allclose(low[:2], (-35, -31), atol=3.5)
    assert np.allclose(high[:2], (35, 31), atol=3.5)
    turned = ct.reoriented("SAR")
    other = bone_region(turned)
    assert other is not None
    np.testing.assert_allclose(np.array(other), np.array(region), atol=3.0)


def test_soft_tissue_alone_has_no_bone() -> None:
    assert bone_region(Volume(np.zeros((40, 40, 40), np.int16), Geometry((40, 40, 40)))) is None
