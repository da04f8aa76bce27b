"""Outlines from a YOLO segmentation network: prototypes mixed by each box's coefficients (Bolya et al. 2019)."""

from __future__ import annotations

from math import ceil

import numpy as np
from numpy.typing import NDArray

from orthoai.detect.letterbox import Letterbox


def instance_mask(
    prototypes: NDArray[np.float32], coefficients: NDArray[np.float32], box: NDArray, letterbox: Letterbox
) -> NDArray[np.bool_]:
    """The outline (H, W) of one instance in the picture.

    The mask is where sigmoid(coefficients @ prototypes) > 0.5, interpolated linearly between the prototypes' pixels
    before the threshold, and cut at the box.

    Args:
        prototypes: (channels, h, w), over the whole square input.
        coefficients: (channels,) of the instance.
        box: (4,) x0, y0, x1, y1 in the picture's pixel edges.
        letterbox: where the picture lies in the input.
    """
    height, width = letterbox.shape
    mask = np.zeros((height, width), bool)
    x0, y0, x1, y1 = (max(0, ceil(edge)) for edge in box)
    rows, cols = np.arange(y0, min(y1, height)), np.arange(x0, min(x1, width))
    if rows.size and cols.size:
        across = _places(cols, letterbox, 1, prototypes.shape[2])
        down = _places(rows, letterbox, 0, prototypes.shape[1])
        (top, bottom), (left, right) = ((int(place[0]), int(np.ceil(place[-1])) + 1) for place in (down, across))
        # Only what is under the box: a vertebra covers a hundredth of the picture.
        part = np.tensordot(coefficients, prototypes[:, top:bottom, left:right], axes=1)
        mask[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1] = _sampled(part, down - top, across - left) > 0
    return mask


def over_picture(grid: NDArray[np.float32], letterbox: Letterbox) -> NDArray[np.float32]:
    """A map (h, w) over a network's square input, interpolated linearly, as (H, W) over the picture."""
    height, width = letterbox.shape
    down = _places(np.arange(height), letterbox, 0, grid.shape[0])
    across = _places(np.arange(width), letterbox, 1, grid.shape[1])
    return _sampled(grid, down, across)


def _places(pixels: NDArray[np.intp], letterbox: Letterbox, axis: int, count: int) -> NDArray[np.float64]:
    """Centers of picture pixels along ``axis`` as places among ``count`` cells over the input, inside their centers."""
    gain = letterbox.resized[axis] / letterbox.shape[axis]
    start = letterbox.top if axis == 0 else letterbox.left
    inside = (pixels + 0.5) * gain + start
    return np.clip(inside * (count / letterbox.size) - 0.5, 0, count - 1)


def _sampled(grid: NDArray[np.float32], down: NDArray[np.float64], across: NDArray[np.float64]) -> NDArray[np.float32]:
    """``grid`` (h, w) at rows ``down`` and columns ``across``, linear in each."""
    left, part = _neighbors(across, grid.shape[1])
    columns = grid[:, left] * (1 - part) + grid[:, np.minimum(left + 1, grid.shape[1] - 1)] * part
    top, part = _neighbors(down, grid.shape[0])
    part = part[:, None]
    return columns[top] * (1 - part) + columns[np.minimum(top + 1, grid.shape[0] - 1)] * part


def _neighbors(places: NDArray[np.float64], count: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    first = np.clip(np.floor(places).astype(np.intp), 0, count - 1)
    return first, (places - first).astype(np.float32)
