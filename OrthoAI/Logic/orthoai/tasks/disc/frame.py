"""The even frame around a picture, such as the white margin of a page or a screenshot: it is no part of the image.

The detectors never met one: boxes moved by some pixels, grades changed, and a frame could add a disc.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EVEN = 0.04
"""Share of the picture's range by which the values of a frame's line may differ: JPEG changes them a little."""


def inside_frame(pixels: NDArray) -> tuple[slice, slice]:
    """The rows and columns of ``pixels`` (H, W) without the even lines at its edges; all of a picture of even lines.

    Lines that are as dark as the darkest pixels stay: a picture shows air around the body.
    """
    low, high = float(pixels.min()), float(pixels.max())
    tolerance = EVEN * (high - low)

    def inner(lines: NDArray) -> slice:
        darkest, brightest = lines.min(axis=1).astype(float), lines.max(axis=1).astype(float)
        image = np.flatnonzero((brightest - darkest > tolerance) | (darkest <= low + tolerance))
        return slice(int(image[0]), int(image[-1]) + 1) if len(image) else slice(0, len(lines))

    rows = inner(pixels)
    return rows, inner(pixels[rows].T)
