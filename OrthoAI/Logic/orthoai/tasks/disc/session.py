"""The task's ONNX networks: the members of an ensemble, opened from a model folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from orthoai.errors import InputError
from orthoai.models.store import Model


class OnnxNetwork:
    """A network in ONNX Runtime: one float32 array in, its named outputs out.

    Args:
        path: the .onnx file, already checked against its sha256 by the model store.
        threads: CPU threads; 0 lets ONNX Runtime choose.

    Raises:
        InputError: the file is missing, damaged or no network.
    """

    def __init__(self, path: Path, threads: int = 0) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Errors only: its warnings about shapes and devices mean nothing to a user.
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        # ONNX Runtime raises a dozen unrelated classes for one cause: the file is not a network that it can run.
        except Exception as error:
            raise InputError(f"The network file {path.name} is missing or damaged: install the model again.") from error
        self._input = self._session.get_inputs()[0].name

    def __call__(self, batch: NDArray[np.float32], outputs: Sequence[str]) -> list[NDArray[np.float32]]:
        """The outputs of these names for ``batch`` (B, C, H, W)."""
        return self._session.run(list(outputs), {self._input: batch})


@dataclass(frozen=True)
class Member:
    """One network of an ensemble and its share of the result; the shares of all members sum to 1."""

    network: OnnxNetwork
    share: float


def ensemble(model: Model, role: str) -> list[Member]:
    """The networks of ``model`` with the role ``role`` or one that begins with it and "_", weighted as the card says.

    A card entry without "weight" counts 1. Raises InputError when there is none, or when one is damaged.
    """
    roles = sorted(name for name in model.metadata.networks if name == role or name.startswith(f"{role}_"))
    weights = [_weight(model, name) for name in roles]
    if sum(weights) <= 0:
        raise InputError(f'The model "{model.name}" has no {role}: choose another model.')
    # A member of weight zero would cost time and change nothing.
    used = [(name, weight) for name, weight in zip(roles, weights, strict=True) if weight > 0]
    return [Member(OnnxNetwork(model.weights(name)), weight / sum(weights)) for name, weight in used]


def _weight(model: Model, role: str) -> float:
    value = model.network(role).settings.get("weight", 1.0)
    if not isinstance(value, (int, float)) or value < 0:
        raise InputError(f'The card of the model "{model.name}" gives its {role} a weight that is no number: {value}.')
    return float(value)
