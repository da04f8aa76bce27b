"""Foreign numbers as checked outlines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orthoai.dataset.exporters.outline import Ring, joined, parts_of
from orthoai.dataset.exporters.pictures import Shape
from orthoai.dataset.importers.source import TEXT_ENCODING
from orthoai.errors import InputError


def read_json(file: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises InputError that names it."""
    try:
        content = json.loads(file.read_text(TEXT_ENCODING))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{file.name} is no readable JSON file; save it again.") from error
    if not isinstance(content, dict):
        raise InputError(f"{file.name} holds no JSON object; give a file of the format that --from names.")
    return content


def ring_of(values: Any, where: str) -> Ring:
    """Corners (N, 2) of ``values``, x, y, x, y ... or pairs of them. Raises InputError: no finite pairs of numbers."""
    try:
        numbers = np.asarray(values, np.float64).ravel()
    except (TypeError, ValueError, OverflowError):
        numbers = np.empty(1)
    if numbers.size == 0 or numbers.size % 2 or not np.isfinite(numbers).all():
        raise InputError(f"{where} has an outline that is no list of x and y; draw it again.")
    return numbers.reshape(-1, 2)


def box_ring(x0: float, y0: float, x1: float, y1: float) -> Ring:
    """The four corners of a box."""
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float64)


def mask_rings(mask: NDArray[np.bool_]) -> list[Ring]:
    """The outlines of ``mask`` (H, W) in pixel edges, those of holes and separate parts among them."""
    return [ring + 0.5 for part in parts_of(mask) for ring in part]


def shape_of(number: int, rings: Sequence[Ring], size: tuple[int, ...], where: str) -> Shape:
    """One object of class ``number``: its ``rings`` (pixel edges) joined to one outline, cut at the picture's border.

    Raises:
        InputError: fewer than three corners, or nothing of it in the picture of ``size`` (H, W).
    """
    if not rings or any(len(ring) < 3 for ring in rings):
        raise InputError(f"{where} has an outline of fewer than three corners; draw it again or remove it.")
    inside = [ring for ring in (_cut(ring, size) for ring in rings) if ring.size]
    outline = joined(inside) if inside else np.zeros((1, 2))
    if not (np.ptp(outline, axis=0) > 0).all():
        raise InputError(f"{where} has an object without an area in the picture; draw it again or remove it.")
    return Shape(number, outline)


def _cut(ring: Ring, size: tuple[int, ...]) -> Ring:
    """What of ``ring`` lies in a picture of ``size`` (H, W), border by border (Sutherland & Hodgman 1974)."""
    for axis, sign, border in ((0, 1, 0), (1, 1, 0), (0, -1, size[1]), (1, -1, size[0])):
        depth = sign * (ring[:, axis] - border)
        if (depth >= 0).all():
            continue
        corners = []
        for n, after in enumerate(depth):
            before = depth[n - 1]
            if (before >= 0) != (after >= 0):
                crossing = ring[n - 1] + before / (before - after) * (ring[n] - ring[n - 1])
                crossing[axis] = border
                corners.append(crossing)
            if after >= 0:
                corners.append(ring[n])
        ring = np.array(corners).reshape(-1, 2)
    return ring


def check_size(pixels: NDArray[np.uint8], width: Any, height: Any, where: str) -> None:
    """Raises InputError where ``where`` says another size than its picture has; None says none."""
    if (width is not None and width != pixels.shape[1]) or (height is not None and height != pixels.shape[0]):
        raise InputError(
            f"{where} was drawn on a picture of {width} x {height} pixels, and its picture has {pixels.shape[1]} x "
            f"{pixels.shape[0]}; give the picture that it was drawn on."
        )
