"""An exported network answers as the one in torch does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor


def answers(file: Path, picture: Tensor) -> list[NDArray]:
    """All outputs of the ONNX ``file``, which has one input."""
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: picture.numpy()})


def assert_same_answers(
    file: Path, network: Callable[[Tensor], Tensor | tuple[Tensor, ...]], picture: Tensor, within: float
) -> None:
    """The first outputs of ``file`` are those of ``network``, of the same shapes and at no place further apart."""
    with torch.no_grad():
        wanted = network(picture)
    outputs = (wanted,) if isinstance(wanted, Tensor) else wanted
    for found, output in zip(answers(file, picture), outputs, strict=True):
        assert found.shape == output.shape
        assert np.abs(found - output.numpy()).max() < within
