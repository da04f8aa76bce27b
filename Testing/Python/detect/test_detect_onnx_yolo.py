"""The ONNX Runtime detector against networks whose answer is known, and against files that are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from orthoai.detect.onnx_yolo import OnnxYolo
from orthoai.errors import InputError

LABELS = ("femur_left", "femur_right")
SIZE = 64

ANSWER = np.array(
    # center x, center y, width, height in input pixels, score per class
    [
        [32, 32, 20, 40, 0.90, 0.05],
        [33, 32, 20, 40, 0.80, 0.05],  # the same femur, weaker
        [32, 32, 20, 40, 0.10, 0.60],  # the same place, the other class
        [10, 32, 8, 8, 0.20, 0.10],  # below the threshold
    ],
    np.float32,
).T[None]


def _network(path: Path, answer: np.ndarray, channels: int = 3, scores_from_input: bool = False) -> Path:
    """A network that always answers ``answer``, or takes its scores from the brightest input value."""
    onnx = pytest.importorskip("onnx")
    make, numbers = onnx.helper, onnx.numpy_helper
    constants = [numbers.from_array(answer, "answer")]
    nodes = [make.make_node("Identity", ["answer"], ["output0"])]
    if scores_from_input:
        mask = np.zeros_like(answer)
        mask[:, 4] = 1
        constants.append(numbers.from_array(mask, "mask"))
        nodes = [
            make.make_node("ReduceMax", ["images"], ["brightest"], keepdims=0),
            make.make_node("Mul", ["mask", "brightest"], ["scores"]),
            make.make_node("Add", ["answer", "scores"], ["output0"]),
        ]
    graph = make.make_graph(
        nodes,
        "fixed",
        [make.make_tensor_value_info("images", onnx.TensorProto.FLOAT, [1, channels, SIZE, SIZE])],
        [make.make_tensor_value_info("output0", onnx.TensorProto.FLOAT, list(answer.shape))],
        constants,
    )
    onnx.save(make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=9), path)
    return path


def test_boxes_are_decoded_thresholded_and_put_back_into_the_picture(tmp_path: Path) -> None:
    detector = OnnxYolo(_network(tmp_path / "d.onnx", ANSWER), LABELS, SIZE, threads=1)
    # 128 x 64 fills the square at half size with 16 gray columns on either side.
    found = detector.detect(np.zeros((128, 64), np.uint8))
    assert [(box.label, round(box.score, 3)) for box in found] == [("femur_left", 0.9), ("femur_right", 0.6)]
    assert (found[0].x0, found[0].y0, found[0].x1, found[0].y1) == pytest.approx((12, 24, 52, 104))


def test_the_confidence_can_be_set_for_the_detector_and_for_one_picture(tmp_path: Path) -> None:
    path = _network(tmp_path / "d.onnx", ANSWER)
    picture = np.zeros((64, 64), np.uint8)
    assert len(OnnxYolo(path, LABELS, confidence=0.95).detect(picture)) == 0
    assert len(OnnxYolo(path, LABELS, confidence=0.95).detect(picture, confidence=0.1)) == 3


@pytest.mark.parametrize("channels", [1, 3])
def test_gray_values_reach_every_channel_as_fractions_of_255(tmp_path: Path, channels: int) -> None:
    quiet = ANSWER[:, :, :1].copy()
    quiet[:, 4:] = 0
    path = _network(tmp_path / "d.onnx", quiet, channels, scores_from_input=True)
    (found,) = OnnxYolo(path, LABELS).detect(np.full((SIZE, SIZE), 204, np.uint8))
    assert found.score == pytest.approx(0.8)


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"The network file d\.onnx is missing"):
        OnnxYolo(tmp_path / "d.onnx", LABELS)


@pytest.mark.parametrize("cut", [0, 100])
def test_a_damaged_file_is_said_so(tmp_path: Path, cut: int) -> None:
    path = _network(tmp_path / "d.onnx", ANSWER)
    path.write_bytes(path.read_bytes()[:cut] if cut else b"not a network")
    with pytest.raises(InputError, match=r"The network file .* is damaged"):
        OnnxYolo(path, LABELS)


def test_a_network_that_does_not_fit_its_description_is_refused(tmp_path: Path) -> None:
    path = _network(tmp_path / "d.onnx", ANSWER)
    with pytest.raises(InputError, match="does not fit its description"):
        OnnxYolo(path, LABELS, image_size=416)
    with pytest.raises(InputError, match="does not fit its description"):
        OnnxYolo(path, ("femur_left",))


def test_only_gray_8_bit_pictures_are_taken(tmp_path: Path) -> None:
    detector = OnnxYolo(_network(tmp_path / "d.onnx", ANSWER), LABELS)
    for picture in (np.zeros((8, 8)), np.zeros((8, 8, 3), np.uint8), np.zeros((0, 8), np.uint8)):
        with pytest.raises(ValueError, match="gray uint8"):
            detector.detect(picture)
