"""A 2D picture to a Volume of one slice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.io.digest import sha256_of
from orthoai.io.pixels import compact
from orthoai.volume import Source, Volume

GRAY_TYPES = {"1": np.uint8, "L": np.uint8, "I;16": np.int32, "I;16B": np.int32, "I": np.int32}
"""Pillow's gray modes and a type that holds their values."""

COLOR_MODES = ("RGB", "RGBA", "LA", "P", "PA")
"""Modes that may still hold a gray picture, as most exported radiology pictures do."""


def read_picture(path: Path) -> Volume:
    """Read a gray PNG or JPEG as voxels (1, rows, columns) of 1 mm: a picture carries no patient coordinates.

    A picture in color mode is taken when its channels are equal.

    Raises:
        InputError: damaged, truncated, or in color.
    """
    try:
        with Image.open(path) as picture:
            picture.load()
            pixels = gray_pixels(picture, path.name)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(f"{path.name} is truncated or damaged; export the picture again.") from error
    voxels = compact(pixels[None])
    return Volume(voxels, Geometry(shape=voxels.shape), source=Source("picture", sha256_of([path])))


def gray_pixels(picture: Image.Image, name: str) -> np.ndarray:
    """The gray values (rows, columns) of a gray picture of whatever mode. Raises InputError for a color one."""
    if picture.mode in GRAY_TYPES:
        return np.array(picture, dtype=GRAY_TYPES[picture.mode])
    if picture.mode in COLOR_MODES:
        channels = np.asarray(picture.convert("RGB"))
        if np.array_equal(channels[..., 0], channels[..., 1]) and np.array_equal(channels[..., 0], channels[..., 2]):
            return channels[..., 0].copy()
    raise InputError(f"{name} is a color picture; use a gray-value image.")
