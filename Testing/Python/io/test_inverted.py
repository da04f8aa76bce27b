"""A CT whose gray values were reversed by an export is refused, and no other is taken for one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.io.checks import require_ct
from orthoai.io.inverted import looks_inverted
from orthoai.io.read import read_volume
from orthoai.volume import Volume

Reverse = Callable[[np.ndarray], np.ndarray]

WAYS: dict[str, Reverse] = {
    "negated": lambda hu: -hu,
    "in its own range": lambda hu: hu.min() + hu.max() - hu,
    "in 12 bits": lambda hu: 2047 - hu,
}


def trunk(lung: float | None = None) -> np.ndarray:
    """int16 (20, 60, 60): air, fat, muscle with some noise, and a bone whose marrow is less dense than its cortex."""
    rng = np.random.default_rng(0)
    _, j, i = np.meshgrid(np.arange(20), np.linspace(-1, 1, 60), np.linspace(-1, 1, 60), indexing="ij")
    radius, of_bone = np.hypot(i, j), np.hypot(i, j - 0.4)
    hu = np.full(radius.shape, -1000.0)
    hu[radius < 0.9], hu[radius < 0.75] = -100, 50
    if lung is not None:
        hu[np.hypot(np.abs(i) - 0.4, j + 0.1) < 0.3] = lung
    hu[of_bone < 0.2], hu[of_bone < 0.15] = 900, 320
    return np.rint(hu + rng.normal(0, 15, hu.shape)).astype(np.int16)


def of(voxels: np.ndarray, modality: str = "CT") -> Volume:
    return Volume(voxels, Geometry(voxels.shape, (3.0, 3.0, 3.0)), modality)


def inside(hu: np.ndarray) -> np.ndarray:
    """A field without air: muscle, fat and bone."""
    return np.ascontiguousarray(hu[:, 18:54, 20:40])


def with_padding(hu: np.ndarray) -> np.ndarray:
    padded = hu.copy()
    padded[:, :8, :8] = padded[:, :8, -8:] = padded[:, -8:, :8] = padded[:, -8:, -8:] = 0
    return padded


def with_metal(hu: np.ndarray) -> np.ndarray:
    metal = hu.copy()
    metal[4:16, 34:37, 24:36], metal[4:16, 30:34, 24:36] = 3071, -600  # Its streak is as dark as gas.
    return metal


@pytest.mark.parametrize("modality", ["", "CT"])
@pytest.mark.parametrize("way", WAYS)
def test_a_reversed_ct_is_refused_in_one_sentence(way: str, modality: str) -> None:
    for hu in (trunk(), inside(trunk()), np.clip(trunk(), -1010, None), trunk(lung=-800)):
        require_ct(of(hu, modality))
        with pytest.raises(InputError, match=r"looks inverted .*exchange black and white, or choose the original CT"):
            require_ct(of(WAYS[way](hu), modality))


@pytest.mark.parametrize("edit", [with_padding, with_metal, inside])
@pytest.mark.parametrize("lung", [None, -850, -600, -450])
def test_metal_lungs_padding_and_a_small_field_are_taken(edit: Reverse, lung: float | None) -> None:
    require_ct(of(edit(trunk(lung))))


def test_gas_in_a_belly_without_bone_is_no_reversed_bone() -> None:
    belly = inside(trunk())
    belly[belly > 200] = 50
    belly[8:12, 10:14, 8:14] = np.linspace(-300, -900, 4)[:, None, None]
    assert not looks_inverted(belly, belly)


def test_what_is_no_ct_at_all_keeps_its_own_sentence() -> None:
    mr = np.random.default_rng(0).gamma(2.0, 150.0, (20, 40, 40)).astype(np.int16)
    with pytest.raises(InputError, match="as in an MR"):
        require_ct(of(mr, ""))


@pytest.mark.realdata
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "name",
    [
        "ts_example/example_ct.nii.gz",
        "tptbox_ct/sub-ct_label-22_ct.nii.gz",
        "ts_ct_dicom/dicom",
        "dicom_robustness/vhf_pelvis_ct5",
    ],
)
def test_real_ct_are_told_from_their_reversed_selves(real_data: Path, name: str, way: str) -> None:
    volume = read_volume(real_data / name)
    require_ct(volume)
    with pytest.raises(InputError, match="looks inverted"):
        require_ct(volume.with_voxels(WAYS[way](volume.voxels.astype(np.int32)).astype(np.int16)))
