"""A model of two tiny networks in a store of its own: quick, and right about nothing but its file formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from orthoai.models.card import Card, Network, write_card
from orthoai.models.hashing import file_sha256
from orthoai.segment.network import SegmenterSpec, build, save_weights

LABELS = {1: "femur_left", 2: "femur_right"}

SIZE = 64
"""Side of the detector's input."""

SPEC = SegmenterSpec(
    init_filters=8, blocks_down=(1, 1), blocks_up=(1,), dropout=0.0, spacing_mm=(8.0, 8.0, 8.0), patch=(32, 32, 32)
)


def write_tiny_model(root: Path, name: str = "tiny", with_detector: bool = True, seed: int = 0) -> Path:
    """Write the model ``name`` into the store folder ``root``; returns its folder."""
    folder = root / name
    folder.mkdir(parents=True)
    torch.manual_seed(seed)
    save_weights(build(SPEC), folder / "segmenter.safetensors")
    settings = {key: value for key, value in SPEC.to_metadata().items() if key != "architecture"}
    networks = {"segmenter": _network(folder / "segmenter.safetensors", "segresnet", settings)}
    if with_detector:
        write_detector(folder / "detector.onnx")
        settings = {"image_size": SIZE, "labels": list(LABELS.values())}
        networks["detector"] = _network(folder / "detector.onnx", "yolov8n", settings)
    metrics = {"segmenter": {"training_s": 12.0, "best_dice": 0.5}}
    write_card(Card(name, "1", "femur", "", "Apache-2.0", (), LABELS, networks, metrics=metrics), folder)
    return folder


def write_detector(path: Path) -> None:
    """A network that answers the same two boxes to any picture: its left and its right quarter."""
    onnx = pytest.importorskip("onnx")
    quarter = SIZE / 4
    answer = np.array(
        [[[3 * quarter, quarter], [SIZE / 2] * 2, [quarter, quarter], [SIZE / 2] * 2, [0.9, 0.1], [0.1, 0.8]]],
        np.float32,
    )
    helper = onnx.helper
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["images", "axes"], ["mean"], keepdims=0),
            helper.make_node("Mul", ["mean", "nothing"], ["none"]),
            helper.make_node("Add", ["none", "answer"], ["output0"]),
        ],
        "tiny",
        [helper.make_tensor_value_info("images", onnx.TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("output0", onnx.TensorProto.FLOAT, list(answer.shape))],
        [
            onnx.numpy_helper.from_array(np.array([0, 1, 2, 3], np.int64), "axes"),
            onnx.numpy_helper.from_array(np.zeros((), np.float32), "nothing"),
            onnx.numpy_helper.from_array(answer, "answer"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.save(model, str(path))


def _network(file: Path, architecture: str, settings: dict[str, object]) -> Network:
    return Network(file.name, file_sha256(file), architecture, settings)
