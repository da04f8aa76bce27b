"""The masks as a task gave them, kept in the scene as text, so that a review can say what was changed."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping

import numpy as np
from orthoai.errors import InputError
from orthoai.foreign_json import JSON_ERRORS

from OrthoAILib.Bridge.Masks import Mask

FASTEST = 1
"""zlib's level: a femur packs to some ten kilobytes already, and the user waits for it."""


class MaskArchive:
    """Masks by label value <-> text: per mask its extent and its voxels, one bit each, compressed."""

    @staticmethod
    def toText(masks: Mapping[int, Mask]) -> str:
        """The masks as JSON of ASCII characters."""
        content = {}
        for value, mask in masks.items():
            bits = zlib.compress(np.packbits(mask.voxels).tobytes(), FASTEST)
            content[str(value)] = {
                "extent": [int(edge) for edge in mask.extent],
                "bits": base64.b64encode(bits).decode("ascii"),
            }
        return json.dumps(content)

    @staticmethod
    def fromText(text: str) -> dict[int, Mask]:
        """Undo :meth:`toText`. Raises InputError for text that is damaged."""
        try:
            return {int(value): _mask(part["extent"], part["bits"]) for value, part in json.loads(text).items()}
        except (*JSON_ERRORS, zlib.error) as error:
            raise InputError("The scene's record of the original masks is damaged; run the task again.") from error


def _mask(extent: list[int], bits: str) -> Mask:
    i0, i1, j0, j1, k0, k1 = (int(edge) for edge in extent)
    shape = k1 - k0, j1 - j0, i1 - i0
    packed = np.frombuffer(zlib.decompress(base64.b64decode(bits)), np.uint8)
    if packed.size != -(-int(np.prod(shape)) // 8):
        raise ValueError("the bits do not fill the extent")
    voxels = np.unpackbits(packed, count=int(np.prod(shape))).view(bool).reshape(shape)
    return Mask((i0, i1, j0, j1, k0, k1), voxels)
