"""The comparator: a transformer between a convolutional encoder and decoder."""

from __future__ import annotations

import pytest
import torch
from orthoai.errors import InputError
from orthoai_training.femur.segmenter.transunet import TransUNet3d


def small() -> TransUNet3d:
    torch.manual_seed(0)
    return TransUNet3d((32, 32, 48), filters=4, hidden=24, layers=1, heads=2).eval()


def test_logits_have_the_size_of_the_patch() -> None:
    assert small()(torch.zeros(2, 1, 32, 32, 48)).shape == (2, 2, 32, 32, 48)


def test_every_token_reaches_every_voxel() -> None:
    network = small()
    image = torch.zeros(1, 1, 32, 32, 48, requires_grad=True)
    network(image)[0, 1, 0, 0, 0].backward()
    assert image.grad is not None
    # Beyond the reach of the convolutions: only attention and instance norms carry this far; all weights learn.
    assert image.grad[0, 0, -1, -1, -1] != 0
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_a_patch_that_does_not_halve_four_times_is_refused() -> None:
    with pytest.raises(InputError, match="multiples of 16"):
        TransUNet3d((32, 40, 32))
