"""sha256 of what was read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orthoai.io.pixels import compact

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


def values_sha256(voxels: NDArray) -> str:
    """Hex sha256 of the values of an image (K, J, I), the same in whatever type it is held that can hold them.

    Example:
        >>> image = np.arange(24).reshape(2, 3, 4)
        >>> values_sha256(image.astype(np.uint8)) == values_sha256(image.astype(np.float64))
        True
    """
    return sha256_of((), (_plain(plane) for plane in voxels))


def _plain(plane: NDArray) -> NDArray:
    values = compact(plane[None])
    return values.astype("<f4" if values.dtype.kind == "f" else "<i2", copy=False)
