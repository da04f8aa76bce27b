"""A map of small numbers as a short text, for a result folder and for a scene: what is not 0, compressed."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orthoai.errors import InputError
from orthoai.foreign_json import JSON_ERRORS

FASTEST = 1
"""zlib's level: the bodies of a spine pack to some ten kilobytes already, and the user waits for it."""


def pack(voxels: NDArray[np.uint8]) -> str:
    """The map (K, J, I) as JSON of ASCII characters."""
    place = _place(voxels)
    crop = np.ascontiguousarray(voxels[tuple(slice(first, stop) for first, stop in place)])
    packed = base64.b64encode(zlib.compress(crop.tobytes(), FASTEST)).decode("ascii")
    return json.dumps({"shape": voxels.shape, "place": place, "voxels": packed})


def unpack(text: str, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Undo :func:`pack`. Raises InputError for text that is damaged or of a map of another shape."""
    try:
        content = json.loads(text)
        if tuple(content["shape"]) != tuple(shape):
            raise ValueError("another shape")
        whole = np.zeros(shape, np.uint8)
        place = tuple(slice(int(first), int(stop)) for first, stop in content["place"])
        crop = np.frombuffer(zlib.decompress(base64.b64decode(content["voxels"])), np.uint8)
        whole[place] = crop.reshape(whole[place].shape)
    except (*JSON_ERRORS, IndexError, zlib.error) as error:
        raise InputError("The record of the vertebral bodies is damaged; run the task again.") from error
    return whole


def _place(voxels: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """(first, stop) along k, j, i of what is not 0; slice by slice, since most of a long CT is 0."""
    k = _span(np.array([plane.any() for plane in voxels], bool))
    flat = np.logical_or.reduce(voxels[slice(*k)], axis=0)
    return [k, *(_span(np.logical_or.reduce(flat, axis=axis)) for axis in (1, 0))]


def _span(used: NDArray[Any]) -> tuple[int, int]:
    found = np.flatnonzero(used)
    return (int(found[0]), int(found[-1]) + 1) if found.size else (0, 0)
