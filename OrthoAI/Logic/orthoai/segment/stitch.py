"""A sliding window over a volume of any length that keeps one slab of results and nothing else.

The windows, their Gaussian weights and the padding of small volumes are those of MONAI's sliding_window_inference, so
the numbers are the same; the memory is not: one window's depth of class differences instead of every class everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from orthoai.progress import Progress

Array = NDArray[np.float32]
Planes = Callable[[int, int], Array]
"""(first, last + 1) along k to float32 planes (n, J, I)."""
Predict = Callable[[Array], Array]
"""Windows (B, pk, pj, pi) to foreground minus background logits of the same shape."""

OVERLAP = 0.25
"""Part of a window that its neighbor covers too."""

SIGMA_SCALE = 0.125
"""Standard deviation of the weights as a part of the window's side (MONAI's default)."""

WIDEST = 1.5
"""A fitted window's side, at most, as a multiple of the patch's: beyond it the normalization sees another world."""

LARGEST = 2.0
"""A fitted window's voxels, at most, as a multiple of the patch's: they are what one call's memory and time follow."""

SMALLEST_WEIGHT = 1e-3
"""Floor of the weights, against division by almost nothing (MONAI's default)."""


@dataclass(frozen=True)
class Windows:
    """Where the windows lie.

    Attributes:
        shape: the volume's size (k, j, i).
        patch: a window's size (k, j, i).
        overlap: 0 up to, not including, 1.
    """

    shape: tuple[int, int, int]
    patch: tuple[int, int, int]
    overlap: float = OVERLAP

    def __post_init__(self) -> None:
        if min(self.shape) < 1 or min(self.patch) < 1 or not 0 <= self.overlap < 1:
            raise ValueError(f"no windows of {self.patch} with overlap {self.overlap} on a volume of {self.shape}")

    def starts(self, axis: int) -> list[int]:
        """First voxel of each window along ``axis``; negative where the volume is smaller and zeros surround it."""
        size, side = self.shape[axis], self.patch[axis]
        if size <= side:
            return [-((side - size) // 2)]
        step = max(1, int(side * (1 - self.overlap)))
        count = 1 + -(-(size - side) // step)
        # The last window ends with the volume, so it overlaps its neighbor more.
        return [min(n * step, size - side) for n in range(count)]

    @property
    def count(self) -> int:
        """Windows in all."""
        return len(self.starts(0)) * len(self.starts(1)) * len(self.starts(2))


def fitted(shape: tuple[int, int, int], patch: tuple[int, int, int], stride: int) -> tuple[int, int, int]:
    """``patch`` widened along the axes of ``shape`` (k, j, i) that one window can then cover in place of two.

    A crop a little wider than the patch needs two windows that lie almost on each other; a window of the crop's width
    does the same with half the work. The network takes any multiple of ``stride``.
    """
    sides = list(patch)
    # The shortest axis first: it costs the least.
    for axis in sorted(range(3), key=lambda n: shape[n] / patch[n]):
        wider = -(-shape[axis] // stride) * stride
        others = np.prod([sides[n] / patch[n] for n in range(3) if n != axis])
        if patch[axis] < wider <= WIDEST * patch[axis] and others * wider / patch[axis] <= LARGEST:
            sides[axis] = wider
    return sides[0], sides[1], sides[2]


def gaussian_weights(patch: tuple[int, int, int]) -> Array:
    """Weights (k, j, i) that trust a window's middle more than its edges."""
    weights = np.ones((1, 1, 1), np.float32)
    for axis, side in enumerate(patch):
        place = np.arange(side, dtype=np.float32) - np.float32((side - 1) / 2)
        line = np.exp(place**2 / np.float32(-2 * (SIGMA_SCALE * side) ** 2)).astype(np.float32)
        weights = weights * line.reshape([-1 if n == axis else 1 for n in range(3)])
    return np.maximum(weights, SMALLEST_WEIGHT)


def stitch(
    planes: Planes,
    windows: Windows,
    predict: Predict,
    batch: int = 1,
    progress: Progress | None = None,
    stage: str = "segment",
) -> Iterator[tuple[int, Array]]:
    """Foreground minus background logits of the whole volume, finished planes first to last.

    Holds two float32 arrays of one window's depth by the volume's (J, I), and the input planes of the same depth.

    Args:
        planes: reads the volume.
        windows: the plan.
        predict: the network.
        batch: windows per call of ``predict``.
        progress: hears of each batch, and may cancel there.
        stage: the name that it hears.

    Yields:
        (first plane, differences (n, J, I)); the array is overwritten when the next one is asked for.

    Raises:
        Canceled: asked for through ``progress``.
    """
    progress = progress or Progress()
    size_k, size_j, size_i = windows.shape
    depth = min(windows.patch[0], size_k)
    weights = gaussian_weights(windows.patch)
    sums = np.zeros((depth, size_j, size_i), np.float32)
    totals = np.zeros_like(sums)
    starts = windows.starts(0)
    places = list(product(windows.starts(1), windows.starts(2)))
    done = 0
    for n, start in enumerate(starts):
        first = max(start, 0)
        slab = planes(first, first + depth)
        for at in range(0, len(places), batch):
            progress.check()
            corners = [(start - first, j, i) for j, i in places[at : at + batch]]
            _accumulate(predict(_gather(slab, corners, windows.patch)), corners, weights, sums, totals)
            done += len(corners)
            progress.report(stage, done / windows.count, f"window {done} of {windows.count}")
        del slab
        finished = depth if n + 1 == len(starts) else starts[n + 1] - start
        sums[:finished] /= totals[:finished]
        yield first, sums[:finished]
        for buffer in (sums, totals):
            _shift(buffer, finished)


def _overlaps(corner: tuple[int, int, int], patch: tuple[int, ...], shape: tuple[int, ...]):
    """Slices of the part that a window at ``corner`` shares with the volume: in the volume, and in the window."""
    spans = [
        (max(start, 0), min(start + side, size), start) for start, side, size in zip(corner, patch, shape, strict=True)
    ]
    inside = tuple(slice(low, high) for low, high, _ in spans)
    return inside, tuple(slice(low - start, high - start) for low, high, start in spans)


def _gather(slab: Array, corners: list[tuple[int, int, int]], patch: tuple[int, int, int]) -> Array:
    """The windows (B, pk, pj, pi), zeros outside the volume."""
    batch = np.zeros((len(corners), *patch), np.float32)
    for window, corner in zip(batch, corners, strict=True):
        inside, own = _overlaps(corner, patch, slab.shape)
        window[own] = slab[inside]
    return batch


def _accumulate(
    differences: Array, corners: list[tuple[int, int, int]], weights: Array, sums: Array, totals: Array
) -> None:
    for difference, corner in zip(differences, corners, strict=True):
        inside, own = _overlaps(corner, weights.shape, sums.shape)
        sums[inside] += difference[own] * weights[own]
        totals[inside] += weights[own]


def _shift(buffer: Array, count: int) -> None:
    """Drop the first ``count`` planes; plane by plane, since numpy would copy the whole buffer aside."""
    kept = len(buffer) - count
    for n in range(kept):
        buffer[n] = buffer[n + count]
    buffer[max(kept, 0) :] = 0
