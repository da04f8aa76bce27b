"""Texture varies around nothing, and real texture comes from real CT alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.io.write import write_volume
from orthoai.volume import Volume
from orthoai_training.synth.texture import PATCH, draw_grain, draw_texture, limited, load_textures, repeated


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_without_folders_texture_is_noise_around_zero_stronger_in_bone() -> None:
    assert load_textures(()) is None
    bone = draw_texture(None, "bone", (40, 40, 40), 1.5, generator())
    soft = draw_texture(None, "soft", (40, 40, 40), 1.5, generator())
    assert bone.shape == (40, 40, 40)
    assert abs(float(bone.mean())) < 8
    assert float(bone.std()) > 1.3 * float(soft.std()) > 5
    assert torch.equal(bone, draw_texture(None, "bone", (40, 40, 40), 1.5, generator()))


def test_a_texture_is_repeated_over_larger_grids() -> None:
    field = torch.arange(24.0).reshape(2, 3, 4)
    part = repeated(field, (slice(0, 4), slice(2, 5), slice(3, 6)))
    assert part.shape == (4, 3, 3)
    assert torch.equal(part[2:], part[:2])
    assert part[0, 0].tolist() == [field[0, 2, 3], field[0, 2, 0], field[0, 2, 1]]
    assert limited((500, 20, 200)) == (96, 20, 96)


def test_cubes_come_from_the_tissue_that_they_are_for_and_carry_no_mean(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    hu = 50.0 + rng.normal(0, 10, (48, 48, 96))
    # A block of marrow as dense as the muscle around it, but grainy, in a shell of cortical bone.
    hu[6:42, 6:42, 50:90] = 900.0
    hu[8:40, 8:40, 52:88] = 50.0 + rng.normal(0, 40, (32, 32, 36))
    write_volume(Volume(hu.astype(np.int16), Geometry(shape=hu.shape, spacing=(1.5,) * 3)), tmp_path / "a_ct.nii.gz")
    bank = load_textures((tmp_path,))
    assert bank is not None
    assert len(bank.bone) > 5
    assert bank.bone.shape[1:] == (PATCH["bone"],) * 3
    assert bank.soft.shape[1:] == (PATCH["soft"],) * 3
    assert abs(float(bank.bone.mean())) < 2
    assert abs(float(bank.soft.mean())) < 1
    field = draw_texture(bank, "bone", (30, 30, 30), 1.5, generator())
    assert field.shape == (30, 30, 30)
    assert float(field.std()) > 2 * float(draw_texture(bank, "soft", (30, 30, 30), 1.5, generator()).std()) > 5


def test_grain_has_denser_and_more_porous_regions_than_its_texture() -> None:
    smooth = torch.nn.AvgPool3d(6)
    fine = smooth(draw_texture(None, "bone", (48, 48, 48), 1.0, generator())[None])
    grain = [smooth(draw_grain(None, (48, 48, 48), 1.0, generator(seed))[None]).std() for seed in range(4)]
    assert float(max(grain)) > 1.3 * float(fine.std())


def test_a_folder_without_ct_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no CT named \*_ct.nii.gz"):
        load_textures((tmp_path,))


@pytest.mark.realdata
def test_real_ct_gives_texture_of_bone_and_soft_tissue(real_data: Path) -> None:
    bank = load_textures((real_data / "ts_example", real_data / "tptbox_ct"))
    assert bank is not None
    # Inside vertebrae trabeculae show; without them, muscle would be the grainier tissue.
    assert len(bank.bone) > 20
    assert float(bank.bone.std()) > float(bank.soft.std())
    assert len(bank.soft) > 20
    assert float(bank.soft.abs().max()) <= 150
    assert abs(float(bank.soft.mean())) < 5
    assert 3 < float(bank.soft.std()) < 60
