"""Models of both tasks from their folders: cards, tiny networks and their faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from orthoai.errors import InputError
from orthoai.models.card import Card, Network, write_card
from orthoai.models.hashing import file_sha256
from orthoai.models.store import ModelStore
from orthoai.models.warm import WarmCache
from orthoai.tasks import RunOptions
from orthoai.tasks.fracture.engines import load_engines as load_fracture
from orthoai.tasks.ovf.engines import load_engines as load_ovf
from orthoai.tasks.ovf.labels import CLASSES
from orthoai.tasks.ovf.outline_network import OUTLINE_SIZE, OUTPUT, SLICES
from orthoai.tasks.ovf.weighed import Weighed

SIZE = 64


def sigmoid_network(path: Path, side: int = 256, channels: int = 1, output: str = "probability") -> Path:
    """The sigmoid of its input (B, channels, side, side)."""
    shape = ["batch", channels, side, side]
    graph = helper.make_graph(
        [helper.make_node("Sigmoid", ["picture"], [output])],
        "tiny",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)],
    )
    return saved(graph, path)


def silent_detector(path: Path) -> Path:
    """A YOLO segmenter of four classes and two coefficients that answers nothing."""
    anchors, coefficients = 8, 2
    rows = np.zeros((1, 4 + len(CLASSES) + coefficients, anchors), np.float32)
    prototypes = np.zeros((1, coefficients, SIZE // 4, SIZE // 4), np.float32)
    outputs = {"rows": rows, "prototypes": prototypes}
    nodes = [
        helper.make_node("Constant", [], [name], value=helper.make_tensor(name, TensorProto.FLOAT, v.shape, v.ravel()))
        for name, v in outputs.items()
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, v.shape) for name, v in outputs.items()],
    )
    return saved(graph, path)


def saved(graph: onnx.GraphProto, path: Path) -> Path:
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def model(folder: Path, name: str, task: str, settings: dict[str, dict[str, Any]], **files: Path) -> ModelStore:
    networks = {
        role: Network(file.name, file_sha256(file), "tiny", settings.get(role, {})) for role, file in files.items()
    }
    write_card(Card(name, "1", task, "", "Apache-2.0", (), {1: "x"}, networks), folder)
    return ModelStore((folder.parent,))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "model"
    made.mkdir()
    return made


def fracture_store(folder: Path, settings: dict[str, dict[str, Any]], side: int = 256) -> ModelStore:
    files = {role: sigmoid_network(folder / f"{role}.onnx", side) for role in ("sagittal", "axial")}
    return model(folder, "spine_fracture", "fracture", settings, **files)


def test_the_fracture_card_tells_weights_threshold_and_calibration(folder: Path) -> None:
    own = {"threshold": 0.35, "likely": 0.3, "calibration": {"a": 2.0, "b": 0.5, "answers": 90}}
    store = fracture_store(folder, {"sagittal": {"weight": 3, **own}, "axial": {"weight": 1, **own}})
    engines = load_fracture(RunOptions(), store, WarmCache())
    assert {name: plane.weight for name, plane in engines.planes.items()} == {"sagittal": 0.75, "axial": 0.25}
    assert (engines.threshold, engines.evidence.vote.a, engines.evidence.vote.b) == (0.35, 2.0, 0.5)
    tiles = np.zeros((2, 1, 256, 256), np.float32)
    assert np.allclose(engines.planes["axial"].network(tiles), 0.5)
    assert engines.likely == 0.3
    asked = load_fracture(RunOptions(confidence=0.7), store, WarmCache())
    assert (asked.threshold, asked.likely) == (0.7, 0.7)
    plain = fracture_store(folder, {"sagittal": {"weight": 1}})
    assert load_fracture(RunOptions(), plain, WarmCache()).likely == 0.5
    store = fracture_store(folder, {"sagittal": {"weight": 3, **own}, "axial": {"weight": 1, **own}})
    with pytest.raises(InputError, match="confidence"):
        load_fracture(RunOptions(confidence=1.5), store, WarmCache())


def test_a_plane_without_weight_is_left_out(folder: Path) -> None:
    store = fracture_store(folder, {"sagittal": {"weight": 1}, "axial": {"weight": 0}})
    assert list(load_fracture(RunOptions(), store, WarmCache()).planes) == ["sagittal"]


@pytest.mark.parametrize(
    ("settings", "side", "words"),
    [
        ({"sagittal": {"weight": "much"}}, 256, "does not describe its sagittal"),
        ({"axial": {"weight": float("nan")}}, 256, "does not describe its axial"),
        ({"axial": {"pixel_mm": 0.5}}, 256, "does not describe its axial"),
        ({}, 128, "does not describe its sagittal"),
        ({"sagittal": {"weight": 0}, "axial": {"weight": 0}}, 256, "no network for"),
    ],
)
def test_a_wrong_fracture_card_has_its_sentence(folder: Path, settings, side: int, words: str) -> None:
    with pytest.raises(InputError, match=words):
        load_fracture(RunOptions(), fracture_store(folder, settings, side), WarmCache())


def test_the_ovf_card_tells_confidence_and_calibration(folder: Path) -> None:
    settings = {"labels": list(CLASSES), "confidence": 0.4, "calibration": {"a": 1.5, "b": -0.5}}
    file = silent_detector(folder / "detector.onnx")
    store = model(folder, "vertebral_fractures", "ovf", {"detector": settings}, detector=file)
    engines = load_ovf(RunOptions(), store, WarmCache())
    assert (engines.confidence, engines.calibration.a, engines.calibration.b) == (0.4, 1.5, -0.5)
    assert engines.detector.image_size == SIZE
    assert engines.detector.answer(np.zeros((SIZE, SIZE), np.uint8)).instances == []
    assert engines.weighed is None
    own = {**settings, "finding_calibration": {"a": 3.0, "b": 0.0}, "class_with_heights": Weighed(0.9, 20.0).to_json()}
    store = model(folder, "vertebral_fractures", "ovf", {"detector": own}, detector=file)
    engines = load_ovf(RunOptions(), store, WarmCache())
    assert engines.calibration.a == 3.0 and engines.weighed == Weighed(0.9, 20.0)


def test_a_detector_of_other_classes_is_refused(folder: Path) -> None:
    file = silent_detector(folder / "detector.onnx")
    settings = {"labels": ["normal", "wedge", "crush", "biconcave"]}
    store = model(folder, "vertebral_fractures", "ovf", {"detector": settings}, detector=file)
    with pytest.raises(InputError, match="does not describe its detector"):
        load_ovf(RunOptions(), store, WarmCache())


def outline_store(folder: Path, own: dict[str, Any], channels: int = SLICES + 1, output: str = OUTPUT) -> ModelStore:
    detector = silent_detector(folder / "detector.onnx")
    outline = sigmoid_network(folder / "outline.onnx", OUTLINE_SIZE, channels, output)
    settings = {"detector": {"labels": list(CLASSES)}, "outline": own}
    return model(folder, "vertebral_fractures", "ovf", settings, detector=detector, outline=outline)


def test_a_model_may_have_a_network_of_outlines(folder: Path) -> None:
    engines = load_ovf(RunOptions(), outline_store(folder, {"pixel_mm": 0.8}), WarmCache())
    shape = (2, SLICES + 1, OUTLINE_SIZE, OUTLINE_SIZE)
    assert engines.outlines is not None and np.allclose(engines.outlines(np.zeros(shape, np.float32)), 0.5)
    assert set(engines.model_sha256) == {"detector", "outline"}


@pytest.mark.parametrize(
    ("own", "channels", "output"),
    [({"pixel_mm": 0.5}, SLICES + 1, OUTPUT), ({}, SLICES, OUTPUT), ({}, SLICES + 1, "probability")],
)
def test_a_wrong_network_of_outlines_has_its_sentence(folder: Path, own, channels: int, output: str) -> None:
    with pytest.raises(InputError, match="does not describe its outline"):
        load_ovf(RunOptions(), outline_store(folder, own, channels, output), WarmCache())


@pytest.mark.parametrize("load", [load_ovf, load_fracture])
def test_missing_models_and_those_of_other_tasks_are_a_sentence(folder: Path, load) -> None:
    with pytest.raises(InputError, match="no model"):
        load(RunOptions(), ModelStore(()))
    file = silent_detector(folder / "detector.onnx")
    store = model(folder, "femur_two_stage", "femur", {}, detector=file)
    with pytest.raises(InputError, match="for the task femur"):
        load(RunOptions(model="femur_two_stage"), store)
