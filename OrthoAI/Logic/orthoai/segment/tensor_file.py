"""Tensors on disk, whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from orthoai.output import beside, write_error


def save_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Replace the safetensors file ``path`` in one move.

    Raises:
        InputError: the disk refuses, such as a full one; what was there stays.
    """
    aside = beside(path)
    # clone: safetensors refuses tensors that share memory.
    packed = {name: value.detach().to("cpu").contiguous().clone() for name, value in tensors.items()}
    try:
        save_file(packed, aside, metadata=metadata)
        # safetensors lets nobody else read it.
        aside.chmod(0o644)
        aside.replace(path)
    except (OSError, SafetensorError) as error:
        raise write_error(_of_the_system(error), path) from error
    finally:
        aside.unlink(missing_ok=True)


def _of_the_system(error: Exception) -> OSError:
    """The error of the system that safetensors tells in words alone."""
    if isinstance(error, OSError):
        return error
    told = re.search(r"os error (\d+)", str(error))
    return OSError(int(told[1]), os.strerror(int(told[1]))) if told else OSError(str(error))
