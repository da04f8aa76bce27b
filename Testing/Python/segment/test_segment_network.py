"""The network's description and its weights."""

import json

import pytest
import torch
from orthoai.errors import InputError
from orthoai.segment.network import SegmenterSpec, build, load_weights, save_weights
from safetensors.torch import save_file

SMALL = SegmenterSpec(init_filters=8, blocks_down=(1, 1), blocks_up=(1,), patch=(16, 16, 16))


def test_the_default_is_the_papers_segresnet():
    network = build(SegmenterSpec())
    assert sum(parameter.numel() for parameter in network.parameters()) == 4_700_914
    assert (network.init_filters, network.blocks_down, network.blocks_up) == (16, (1, 2, 2, 4), (1, 1, 1))
    assert network.dropout.p == 0.2


def test_it_gives_two_logits_per_voxel():
    assert build(SMALL)(torch.zeros(3, 1, 16, 16, 16)).shape == (3, 2, 16, 16, 16)


def test_a_spec_survives_json_and_other_keys_are_passed_over():
    spec = SegmenterSpec(spacing_mm=(0.8, 0.8, 1.0), patch=(128, 96, 64), dropout=0.0, options={"heads": 4})
    entry = json.loads(json.dumps({"file": "a.safetensors", "sha256": "0", **spec.to_metadata()}))
    assert SegmenterSpec.from_metadata(entry) == spec


@pytest.mark.parametrize(
    "wrong",
    [
        {"patch": [100, 96, 96]},
        {"patch": [96, 96]},
        {"patch": 96},
        {"patch": [0, 96, 96]},
        {"spacing_mm": [1, 1, 0]},
        {"spacing_mm": None},
        {"intensity_range_hu": [500, -100]},
        {"intensity_range_hu": [500]},
        {"init_filters": "many"},
    ],
)
def test_a_wrong_entry_is_named(wrong):
    with pytest.raises(InputError, match=r"metadata\.json"):
        SegmenterSpec.from_metadata(wrong)


def test_an_unknown_architecture_is_named_with_the_known_ones():
    with pytest.raises(InputError, match=r"'vgg'.*segresnet"):
        build(SegmenterSpec(architecture="vgg"))


# Weights


def test_weights_come_back_as_float16_rounded_them(tmp_path):
    network = build(SMALL)
    save_weights(network, tmp_path / "w.safetensors")
    loaded = load_weights(build(SMALL), tmp_path / "w.safetensors")
    for name, value in network.state_dict().items():
        read = loaded.state_dict()[name]
        assert read.dtype == torch.float32
        assert torch.equal(read, value.half().float())
    assert [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]


def test_the_file_takes_two_bytes_per_weight(tmp_path):
    network = build(SegmenterSpec())
    save_weights(network, tmp_path / "w.safetensors")
    count = sum(parameter.numel() for parameter in network.parameters())
    assert 2 * count < (tmp_path / "w.safetensors").stat().st_size < 2 * count + 20_000


def test_a_saved_network_answers_as_the_one_in_memory(tmp_path):
    network = build(SMALL).eval()
    save_weights(network, tmp_path / "w.safetensors")
    loaded = load_weights(build(SMALL), tmp_path / "w.safetensors").eval()
    windows = torch.rand(1, 1, 16, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(loaded(windows), network(windows), atol=5e-3, rtol=0)


def test_a_weight_beyond_float16_is_refused_and_the_old_file_stays(tmp_path):
    network = build(SMALL)
    save_weights(network, tmp_path / "w.safetensors")
    before = (tmp_path / "w.safetensors").read_bytes()
    with torch.no_grad():
        next(network.parameters()).fill_(1e6)
    with pytest.raises(ValueError, match="float16"):
        save_weights(network, tmp_path / "w.safetensors")
    assert (tmp_path / "w.safetensors").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("damage", ["missing", "empty", "text", "truncated", "folder"])
def test_damaged_weights_are_named(tmp_path, damage):
    path = tmp_path / "w.safetensors"
    save_weights(build(SMALL), path)
    whole = path.read_bytes()
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage != "missing":
        path.write_bytes({"empty": b"", "text": b"not weights at all", "truncated": whole[:-100]}[damage])
    with pytest.raises(InputError, match=r"w\.safetensors.*damaged"):
        load_weights(build(SMALL), path)


@pytest.mark.parametrize("other", [{"init_filters": 16}, {"blocks_down": (1, 2)}])
def test_weights_of_another_network_are_refused(tmp_path, other):
    save_weights(build(SMALL), tmp_path / "w.safetensors")
    wrong = build(SegmenterSpec(**{**SMALL.to_metadata(), "patch": (16, 16, 16), **other}))
    with pytest.raises(InputError, match="do not fit"):
        load_weights(wrong, tmp_path / "w.safetensors")


def test_weights_that_are_not_numbers_are_refused(tmp_path):
    tensors = {name: value.clone() for name, value in build(SMALL).state_dict().items()}
    next(iter(tensors.values())).fill_(float("nan"))
    save_file(tensors, tmp_path / "w.safetensors")
    with pytest.raises(InputError, match="not numbers"):
        load_weights(build(SMALL), tmp_path / "w.safetensors")
