"""sha256 of what was read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CHUNK_BYTES = 1 << 20


def sha256_of(paths: Iterable[Path], planes: Iterable[NDArray] = ()) -> str:
    """Hex sha256 of the files one after the other, streamed, and then of the values of ``planes``."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
    for plane in planes:
        digest.update(np.ascontiguousarray(plane).data)
    return digest.hexdigest()
