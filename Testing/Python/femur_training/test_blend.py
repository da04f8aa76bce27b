"""Weights between those before and after a training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from orthoai.errors import InputError
from orthoai.models.store import ModelStore
from orthoai_training.femur.part import Part, blended
from orthoai_training.femur.recipes import COMPACT
from orthoai_training.femur.request import TrainRequest
from safetensors.numpy import save_file


def test_a_blend_needs_a_start_and_a_share() -> None:
    with pytest.raises(InputError, match="--start"):
        TrainRequest(Path("out"), simulate=1, blend=0.5)
    for share in (0.0, 1.5, float("nan")):
        with pytest.raises(InputError, match="--blend"):
            TrainRequest(Path("out"), simulate=1, start="femur_two_stage", blend=share)


def test_detectors_are_blended_in_their_weights_alone(tmp_path: Path) -> None:
    files = [ModelStore.default().get("femur_two_stage").weights("detector"), tmp_path / "after.onnx"]
    model = onnx.load(files[0])
    for tensor in model.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype.kind == "f":
            tensor.CopyFrom(onnx.numpy_helper.from_array(values + values.dtype.type(1), tensor.name))
    onnx.save(model, files[1])
    made = blended(files[0], Part(files[1], COMPACT.detector, {}), 0.5, tmp_path)
    pairs = zip(*(onnx.load(file).graph.initializer for file in (files[0], made.file)), strict=True)
    for old, new in pairs:
        was, now = onnx.numpy_helper.to_array(old), onnx.numpy_helper.to_array(new)
        assert was.dtype == now.dtype
        assert np.allclose(now, was + 0.5 if was.dtype.kind == "f" else was, atol=1e-5)


def test_networks_with_other_layers_are_not_blended(tmp_path: Path) -> None:
    files = []
    for name, size in (("one", 3), ("other", 4)):
        files.append(tmp_path / f"{name}.safetensors")
        save_file({"weight": np.zeros(size, np.float32)}, files[-1])
    with pytest.raises(InputError, match="cannot be blended"):
        blended(files[0], Part(files[1], COMPACT.segmenter, {}), 0.5, tmp_path)
