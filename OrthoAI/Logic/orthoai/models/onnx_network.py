"""A network in ONNX Runtime: arrays in, named arrays out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orthoai.detect.session import open_session


class OnnxNetwork:
    """One float32 array in, named outputs out.

    Args:
        path: the .onnx file, already checked against its sha256 by the model store.
        threads: CPU threads; 0 lets ONNX Runtime choose.

    Raises:
        InputError: the file is missing, damaged or no network.
    """

    def __init__(self, path: Path, threads: int = 0) -> None:
        self._session = open_session(path, threads)
        self._input = self._session.get_inputs()[0].name

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs in the file's order."""
        return tuple(output.name for output in self._session.get_outputs())

    @property
    def input_shape(self) -> tuple[int | str | None, ...]:
        """Of the input; a name or None where a side is free."""
        return tuple(self._session.get_inputs()[0].shape)

    def __call__(self, batch: NDArray[np.float32], outputs: Sequence[str]) -> list[NDArray[np.float32]]:
        """The outputs of these names for ``batch`` (B, C, H, W)."""
        return self._session.run(list(outputs), {self._input: batch})
