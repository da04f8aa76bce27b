"""The line about the computer names what the measured networks run in."""

from __future__ import annotations

import pytest
from orthoai.models.store import ModelStore
from orthoai.segment import device
from orthoai_training.evaluate.machine import machine, network_device


@pytest.mark.parametrize(
    ("model", "precision"),
    [
        ("femur_two_stage", "bfloat16"),
        ("lumbar_disc", "float32"),
        ("spine_fracture", "float32"),
        ("vertebral_fractures", "float32"),
    ],
)
def test_only_a_torch_network_runs_in_what_the_processor_is_fast_in(model, precision, monkeypatch):
    monkeypatch.setattr(device, "cpu_has_bf16", lambda: True)
    assert machine(network_device(ModelStore.default().get(model), "cpu")).endswith(f" threads), {precision}")
