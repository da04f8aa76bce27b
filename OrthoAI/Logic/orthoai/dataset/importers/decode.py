"""Bytes of a picture file as 8-bit gray pixels. Only PNG and JPEG are decoded, whatever a file is called."""

from __future__ import annotations

import base64
import binascii
import struct
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orthoai.errors import InputError

FORMATS = ("PNG", "JPEG")
"""Decoders that Pillow may use."""

TURNED = range(2, 9)
"""EXIF orientations of a picture that viewers turn or mirror."""


def gray_file(path: Path, *, turns: bool = False) -> NDArray[np.uint8]:
    """The pixels (H, W) of a picture file, turned as its EXIF orientation says where labels are drawn so (``turns``).

    Raises:
        InputError: it is unreadable, damaged, in color, 16-bit, or to be turned without ``turns``.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path.name} cannot be read; check the file and its permissions.") from error
    return gray_bytes(content, path.name, turns=turns)


def gray_base64(text: str, where: str) -> NDArray[np.uint8]:
    """The pixels (H, W) of a picture embedded as base64 in the file ``where``. Raises InputError as above."""
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError(f"The picture embedded in {where} is no base64; save the file again.") from error
    return gray_bytes(content, f"The picture embedded in {where}")


def gray_bytes(content: bytes, name: str, *, turns: bool = False) -> NDArray[np.uint8]:
    """The pixels (H, W) of ``content``; ``name`` begins the sentence of an InputError."""
    # Imported here: Pillow, which a list of formats does not need.
    from PIL import ExifTags, Image, ImageOps

    from orthoai.io.picture import gray_pixels

    try:
        with Image.open(BytesIO(content), formats=FORMATS) as picture:
            picture.load()
            if turns:
                ImageOps.exif_transpose(picture, in_place=True)
            elif picture.getexif().get(ExifTags.Base.Orientation) in TURNED:
                raise InputError(
                    f"{name} is stored turned (EXIF orientation), which labels may follow or not; save it upright and "
                    "check its labels."
                )
            pixels = gray_pixels(picture.convert("L") if picture.mode == "1" else picture, name)
    # A damaged EXIF block raises the fourth and the fifth.
    except (OSError, SyntaxError, ValueError, TypeError, struct.error, Image.DecompressionBombError) as error:
        raise InputError(f"{name} is no PNG or JPEG, or is damaged; export the picture again.") from error
    if pixels.dtype != np.uint8:
        raise InputError(f"{name} has 16 bits, which leaves its window open; save it with 8 bits, -200 to 1000 HU.")
    return pixels
