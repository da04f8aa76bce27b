"""The choice of device and precision."""

import pytest
import torch
from orthoai.errors import InputError
from orthoai.segment import device
from orthoai.segment.device import choose


def test_a_processor_with_bf16_uses_it(monkeypatch):
    monkeypatch.setattr(device, "cpu_has_bf16", lambda: True)
    chosen = choose("cpu")
    assert (chosen.name, chosen.precision, chosen.dtype) == ("cpu", "bfloat16", torch.bfloat16)
    assert chosen.layout is torch.channels_last_3d


def test_a_processor_without_bf16_stays_at_fp32(monkeypatch):
    monkeypatch.setattr(device, "cpu_has_bf16", lambda: False)
    chosen = choose("cpu")
    assert (chosen.precision, chosen.dtype, chosen.layout) == ("float32", torch.float32, torch.channels_last_3d)


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [({"avx512_bf16": True}, True), ({"amx_bf16": True}, True), ({"avx512_f": True, "avx512_bf16": False}, False)],
)
def test_bf16_needs_the_hardware_for_it(monkeypatch, capabilities, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert device.cpu_has_bf16() is expected


def test_auto_takes_the_graphics_card_where_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert (choose("auto").name, choose("auto").precision) == ("cuda", "mixed")
    assert choose("cpu").name == "cpu"


def test_auto_takes_the_processor_where_there_is_none(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose("auto").name == "cpu"


def test_asking_for_a_missing_graphics_card_is_an_input_error(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="graphics card"):
        choose("cuda")


def test_an_unknown_device_is_named_with_the_known_ones():
    with pytest.raises(InputError, match=r"'tpu'.*auto, cpu, cuda"):
        choose("tpu")


def test_choosing_leaves_the_thread_count_alone():
    before = torch.get_num_threads()
    choose("auto")
    assert torch.get_num_threads() == before
