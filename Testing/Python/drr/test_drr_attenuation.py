import numpy as np
import pytest
import torch
from orthoai.drr.attenuation import SOFT_BONE, Attenuation, Ramp

BENT = Attenuation((Ramp(-1000, 0, 2e-3), Ramp(0, 3071, 2e-3)))
"""Of two ramps."""


def test_soft_tissue_is_transparent_and_dense_bone_counts_as_one():
    values = SOFT_BONE(np.array([-1000.0, 0.0, 150.0, 575.0, 1000.0]))
    np.testing.assert_allclose(values, [0, 0, 0, 0.5, 1], atol=1e-12)


def test_metal_counts_no_more_than_the_cap():
    assert SOFT_BONE(np.array(20000.0)) == SOFT_BONE(np.array(1500.0)) == pytest.approx(1350 / 850)


def test_ramps_add_up():
    np.testing.assert_allclose(
        BENT(np.array([-1000.0, -500.0, 0.0, 2000.0, 3071.0, 9000.0])), [0, 1, 2, 6, 8.142, 8.142]
    )


@pytest.mark.parametrize("attenuation", [SOFT_BONE, BENT])
def test_attenuation_never_falls_and_is_never_negative(attenuation):
    values = attenuation(np.arange(-2000.0, 5000.0))
    assert values.min() == 0
    assert np.diff(values).min() >= 0


@pytest.mark.parametrize("attenuation", [SOFT_BONE, BENT])
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
