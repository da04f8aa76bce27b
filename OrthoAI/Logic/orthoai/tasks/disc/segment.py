"""Segmentation: each sagittal slice, seen between its two neighbors, to labels; the weighted average where there are
several networks (Sayed et al. 2025, "Segmentation")."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from orthoai.models.store import Model
from orthoai.progress import Progress
from orthoai.tasks.disc.picture import PixelMm, resampled, resampled_to
from orthoai.tasks.disc.session import Member, ensemble
from orthoai.tasks.disc.spine import main_spine

SEGMENT_PIXEL_MM = 0.7
"""Pixel side at which the segmenters work."""

STRIDE = 32
"""Input sides are multiples of it; slices are padded with zeros below and behind."""

LEAST_MARKED = 500
"""Pixels of SEGMENT_PIXEL_MM that must be marked in a slice to speak of certainty: the area of two vertebral bodies has
three times as many."""

CLASSES = 4
"""Background, 1 vertebra, 2 disc, 3 canal."""

STAGE = "Segment"

OUTPUT = "logits"
"""(B, CLASSES, H, W) for an input (B, 3, H, W): a slice in the middle, its neighbors before and after it."""


class SliceSegmenter:
    """Labels of sagittal slices; implements :class:`orthoai.tasks.disc.engines.SliceLabeler`.

    Args:
        members: the networks and their shares.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = tuple(members)

    def labels(self, slices: NDArray[np.float32], pixel_mm: PixelMm, progress: Progress) -> NDArray[np.uint8]:
        """Labels 1 vertebra, 2 disc, 3 canal, else 0, (S, H, W), on the pixels of ``slices``.

        Args:
            slices: (S, H, W), each as :func:`orthoai.tasks.disc.picture.normalized` made it; one slice for a picture.
            pixel_mm: of a pixel, (row, column).
            progress: hears of "Segment" and may cancel between slices.
        """
        found = np.zeros(slices.shape, np.uint8)
        small = np.stack([resampled(plane, pixel_mm, SEGMENT_PIXEL_MM) for plane in slices])
        for index in range(len(slices)):
            progress.report(STAGE, index / len(slices))
            shares = self.shares(with_neighbors(small, index))
            found[index] = _labels_on(shares, slices.shape[1:], pixel_mm)
        progress.report(STAGE, 1.0)
        return main_spine(found, pixel_mm)

    def certainty(self, slices: NDArray[np.float32], index: int, pixel_mm: PixelMm) -> float:
        """Mean share of the most likely class over what is no background in slice ``index`` of ``slices`` (S, H, W),
        0..1; 0 where fewer than LEAST_MARKED pixels are marked."""
        near = with_neighbors(slices, index)
        shares = self.shares(np.stack([resampled(plane, pixel_mm, SEGMENT_PIXEL_MM) for plane in near]))
        marked = shares.argmax(axis=0) > 0
        return float(shares.max(axis=0)[marked].mean()) if np.count_nonzero(marked) >= LEAST_MARKED else 0.0

    def shares(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """Class shares (CLASSES, H, W) of one slice between its neighbors (3, H, W), pixels of SEGMENT_PIXEL_MM."""
        height, width = picture.shape[1:]
        padded = np.pad(picture, ((0, 0), (0, -height % STRIDE), (0, -width % STRIDE)))[None]
        total = np.zeros((CLASSES, height, width), np.float32)
        for member in self._members:
            (logits,) = member.network(padded, [OUTPUT])
            total += np.float32(member.share) * softmax(logits[0])[:, :height, :width]
        return total


def load_segmenter(model: Model) -> SliceSegmenter:
    """The segmenters of a model: the role "segmenter", and "segmenter_..." for further ones.

    Raises:
        InputError: the model has none, or a damaged one.
    """
    return SliceSegmenter(ensemble(model, "segmenter"))


def with_neighbors(slices: NDArray[np.float32], index: int) -> NDArray[np.float32]:
    """Slice ``index`` between the one before and the one after it: (3, H, W); past the ends, the end slice."""
    return slices[np.clip([index - 1, index, index + 1], 0, len(slices) - 1)]


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shares along the first axis."""
    powers = np.exp(logits - logits.max(axis=0))
    return powers / powers.sum(axis=0)


def _labels_on(shares: NDArray[np.float32], shape: tuple[int, ...], pixel_mm: PixelMm) -> NDArray[np.uint8]:
    """The most likely class on a grid of ``shape`` and ``pixel_mm`` from the same outer corner."""
    grid = (shape[0], shape[1])
    work = (SEGMENT_PIXEL_MM, SEGMENT_PIXEL_MM)
    return np.stack([resampled_to(share, work, grid, pixel_mm) for share in shares]).argmax(axis=0).astype(np.uint8)
