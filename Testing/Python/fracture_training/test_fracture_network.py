"""The modules of the multi-scale fusion network, their shapes and their switches."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from orthoai.errors import InputError
from orthoai_training.fracture.network.aspp import Aspp
from orthoai_training.fracture.network.common_size import CommonSize
from orthoai_training.fracture.network.decoder_blocks import (
    BottleneckDecoder,
    BottleneckEncoder,
    FinalUpsampling,
    InitialBlock,
    SharpenBlock,
)
from orthoai_training.fracture.network.encoder import UnetEncoder
from orthoai_training.fracture.network.feature_fusion import FeatureFusion
from orthoai_training.fracture.network.lprab import Lprab
from orthoai_training.fracture.network.msff import PAPER_NETWORK, Msff, MsffConfig
from orthoai_training.fracture.network.rbrab import Rbrab
from orthoai_training.fracture.network.rcbam import Rcbam
from orthoai_training.fracture.network.self_attention import PooledSelfAttention
from orthoai_training.fracture.network.squeeze_excitation import SqueezeExcitation
from orthoai_training.fracture.networks import ABLATIONS, COMPARATORS, NETWORKS, OURS, build_network
from torch import nn

SMALL = MsffConfig(size=64, fused=16, width=8, base=4, outputs=2, sharp=True)


def levels() -> list[torch.Tensor]:
    return [torch.rand(2, 4 * 2**n, 32 // 2**n, 32 // 2**n) for n in range(4)]


def test_the_encoder_halves_the_picture_and_doubles_the_channels():
    found = UnetEncoder(1, 4)(torch.rand(2, 1, 64, 32))
    assert [tuple(block.shape[1:]) for block in found] == [
        (4, 64, 32),
        (8, 32, 16),
        (16, 16, 8),
        (32, 8, 4),
        (64, 4, 2),
    ]


@pytest.mark.parametrize("is_on", [True, False])
def test_fusion_keeps_every_level_at_its_size(is_on):
    fused = FeatureFusion((4, 8, 16, 32), 8, is_on)(levels())
    assert [tuple(level.shape) for level in fused] == [(2, 8, 32 // 2**n, 32 // 2**n) for n in range(4)]


def test_each_fused_level_depends_on_all_four_and_without_fusion_on_itself_alone():
    for is_on, wanted in ((True, 4), (False, 1)):
        given = [level.requires_grad_() for level in levels()]
        FeatureFusion((4, 8, 16, 32), 8, is_on).eval()(given)[1].sum().backward()
        assert sum(level.grad is not None and bool(level.grad.abs().sum() > 0) for level in given) == wanted


def test_levels_meet_at_one_size():
    found = CommonSize(4, 8)([torch.rand(2, 8, 32 // 2**n, 32 // 2**n) for n in range(4)], (16, 16))
    assert found.shape == (2, 8, 16, 16)


@pytest.mark.parametrize(
    "module",
    [SqueezeExcitation(8), Aspp(8), Rcbam(8), Rbrab(8, 4), Lprab(8, 16), PooledSelfAttention(8, 4), InitialBlock(8)],
    ids=lambda module: type(module).__name__,
)
def test_a_module_keeps_the_shape(module):
    assert module(torch.rand(2, 8, 16, 24)).shape == (2, 8, 16, 24)


def test_decoder_blocks_shrink_and_grow():
    features = torch.rand(2, 8, 16, 16)
    assert BottleneckEncoder(8, 2)(features).shape == (2, 8, 8, 8)
    assert BottleneckDecoder(8, 4)(features).shape == (2, 4, 32, 32)
    assert FinalUpsampling(8, 4)(features).shape == (2, 4, 32, 32)
    assert SharpenBlock(8, 3)(features, torch.rand(2, 3, 16, 16)).shape == features.shape


def test_excitation_is_a_weight_per_channel_between_none_and_all():
    features = torch.rand(1, 8, 4, 4) + 0.1
    share = SqueezeExcitation(8)(features) / features
    assert bool(((share > 0) & (share < 1)).all())
    assert torch.allclose(share, share.mean((2, 3), keepdim=True).expand_as(share), atol=1e-5)


def test_self_attention_begins_as_the_identity():
    features = torch.rand(1, 8, 8, 8)
    assert torch.equal(PooledSelfAttention(8, 2)(features), features)


def test_position_attention_tells_equal_pixels_apart():
    block = Lprab(8, 16).eval()
    found = block(torch.ones(1, 8, 32, 32))
    # Far from the borders only the coordinates differ.
    assert not torch.allclose(found[..., 12, 12], found[..., 12, 20])


@pytest.mark.parametrize("fused", [64, 32, 16])
@pytest.mark.parametrize("sharp", [True, False])
def test_the_answer_has_the_pictures_size(fused, sharp):
    network = Msff(replace(SMALL, fused=fused, sharp=sharp))
    assert network(torch.rand(2, 1, 64, 64)).shape == (2, 2, 64, 64)


@pytest.mark.parametrize("switch", ["use_ffm", "use_se", "use_aspp", "use_rcbam", "use_rbrab", "use_lprab"])
def test_every_switch_leaves_a_working_network_with_fewer_parameters(switch):
    without = Msff(replace(SMALL, **{switch: False}))
    assert without(torch.rand(1, 1, 64, 64)).shape == (1, 2, 64, 64)
    assert _count(without) < _count(Msff(SMALL))


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="cannot be fused at 100"):
        MsffConfig(size=256, fused=100)


def test_the_papers_sizes_are_the_default():
    assert (PAPER_NETWORK.size, PAPER_NETWORK.fused, PAPER_NETWORK.width) == (256, 256, 64)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_of_the_tables_answers_with_fracture_and_bodies(name):
    network = build_network(name, "compact").eval()
    with torch.no_grad():
        assert network(torch.rand(1, 1, 64, 96)).shape == (1, 2, 64, 96)


def test_the_tables_hold_the_papers_networks():
    assert len(ABLATIONS) == len(COMPARATORS) == 6 and NETWORKS[0] == OURS
    with pytest.raises(InputError, match="no fracture network"):
        build_network("resnet", "compact")


def test_the_gan_plays_both_sides_with_one_loss():
    network = build_network("SpineGAN", "compact")
    picture, truth = torch.rand(2, 1, 64, 64), torch.rand(2, 64, 64) > 0.5
    logits = network(picture)
    network.extra_loss(picture, logits[:, 0], truth).backward()
    assert network.judge.dense.weight.grad is not None
    assert network.head.weight.grad is not None and bool(network.head.weight.grad.abs().sum() > 0)


def _count(network: nn.Module) -> int:
    return sum(tensor.numel() for tensor in network.parameters())
