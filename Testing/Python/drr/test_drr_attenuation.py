import numpy as np
import pytest
import torch
from orthoai.drr.attenuation import BONE_HU, BONE_PER_MM, SOFT_BONE, WATER_PER_MM, Attenuation, Ramp


def test_soft_tissue_is_transparent_and_dense_bone_counts_as_one():
    values = SOFT_BONE(np.array([-1000.0, 0.0, 150.0, 575.0, 1000.0]))
    np.testing.assert_allclose(values, [0, 0, 0, 0.5, 1], atol=1e-12)


def test_metal_counts_no_more_than_the_cap():
    assert SOFT_BONE(np.array(20000.0)) == SOFT_BONE(np.array(1500.0)) == pytest.approx(1350 / 850)


def test_physical_attenuation_of_air_water_and_bone():
    values = Attenuation.physical()(np.array([-1000.0, -500.0, 0.0, BONE_HU]))
    np.testing.assert_allclose(values, [0, WATER_PER_MM / 2, WATER_PER_MM, BONE_PER_MM])


@pytest.mark.parametrize("attenuation", [SOFT_BONE, Attenuation.physical()])
def test_attenuation_never_falls_and_is_never_negative(attenuation):
    values = attenuation(np.arange(-2000.0, 5000.0))
    assert values.min() == 0
    assert np.diff(values).min() >= 0


@pytest.mark.parametrize("attenuation", [SOFT_BONE, Attenuation.physical()])
def test_numpy_torch_and_in_place_agree(attenuation):
    hu = np.linspace(-1500, 4000, 200)
    tensor = torch.from_numpy(hu.copy())
    np.testing.assert_allclose(attenuation(tensor), attenuation(hu))
    assert attenuation.replace_in(tensor) is tensor
    np.testing.assert_allclose(tensor, attenuation(hu), atol=1e-12)


def test_int16_tensors_give_float_values():
    values = SOFT_BONE(torch.tensor([0, 1000], dtype=torch.int16))
    assert values.dtype == torch.float32
    np.testing.assert_allclose(values, [0, 1])


@pytest.mark.parametrize(("low", "high", "slope"), [(100, 100, 1.0), (200, 100, 1.0), (0, 100, 0.0), (0, 100, -1.0)])
def test_a_ramp_that_does_not_rise_is_refused(low, high, slope):
    with pytest.raises(ValueError, match="ramp must rise"):
        Ramp(low, high, slope)
