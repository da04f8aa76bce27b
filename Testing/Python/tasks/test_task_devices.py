"""A result tells where the task's own networks ran, whatever device a person asks for."""

from __future__ import annotations

from importlib import import_module

import pytest
import torch
from orthoai.models.warm import WarmCache
from orthoai.tasks import RunOptions, all_tasks

ON_THE_CARD = {"femur"}
"""Tasks whose segmenter runs in torch; ONNX Runtime runs the networks of all others on the processor."""


@pytest.mark.parametrize("task", [task.name for task in all_tasks()])
def test_a_graphics_card_is_named_only_by_a_task_that_uses_it(task, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    engines = import_module(f"orthoai.tasks.{task}.engines").load_engines(RunOptions(device="cuda"), warm=WarmCache())
    expected = ("cuda", "mixed") if task in ON_THE_CARD else ("cpu", "float32")
    assert (engines.device, engines.precision) == expected
