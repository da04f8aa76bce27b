"""Opening a network file in ONNX Runtime, with errors that a user can act on."""

from __future__ import annotations

from pathlib import Path

import onnxruntime

from orthoai.errors import InputError


def open_session(path: Path, threads: int = 0) -> onnxruntime.InferenceSession:
    """The network in ``path`` on the CPU.

    Args:
        path: the .onnx file, already checked against its sha256 by the model store.
        threads: CPU threads; 0 lets ONNX Runtime choose.

    Raises:
        InputError: the file is missing, damaged or not a network.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Errors only: its warnings about shapes and devices mean nothing to a user.
    options.log_severity_level = 3
    if not path.is_file():
        raise InputError(f"The network file {path.name} is missing: install the model again.")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    # ONNX Runtime raises a dozen unrelated classes for one cause: the file is not a network that it can run.
    except Exception as error:
        raise InputError(f"The network file {path.name} is damaged or not ONNX: install the model again.") from error
