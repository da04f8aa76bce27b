"""How far the found surface lies from the true one: HD95 and surface Dice, by MONAI."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from monai.metrics.utils import get_edge_surface_distance
from numpy.typing import NDArray
from scipy.ndimage import find_objects

TOLERANCES_MM = (1.0, 2.0)
"""Of the surface Dice."""

PERCENTILE = 95

MARGIN = 2
"""Voxels of background kept around both masks, so that no surface lies on the edge of the crop."""

Slices = tuple[slice, slice, slice]


@dataclass(frozen=True)
class SurfaceScores:
    """Of one femur that is there.

    Attributes:
        hd95_mm: the larger of both directed 95th percentile surface distances; None when nothing was found, where the
            distance is infinite.
        surface_dice_1mm, surface_dice_2mm: share of both surfaces within 1 or 2 mm of the other; 0 when nothing was
            found.
    """

    hd95_mm: float | None
    surface_dice_1mm: float
    surface_dice_2mm: float


def label_boxes(labels: NDArray[np.uint8]) -> dict[int, Slices]:
    """The tightest slices (k, j, i) around each label of a map (K, J, I), in one pass and without a copy."""
    return {value: spans for value, spans in enumerate(find_objects(labels), 1) if spans is not None}


def surface_scores(
    truth: NDArray[np.bool_], found: NDArray[np.bool_], spacing: tuple[float, float, float]
) -> SurfaceScores:
    """Compare two masks (K, J, I), the true one not empty.

    The distances are those of MONAI's compute_hausdorff_distance and compute_surface_dice; they are computed once for
    all three figures, which those functions would do three times.

    Args:
        spacing: mm along (i, j, k).
    """
    if not found.any():
        return SurfaceScores(None, 0.0, 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MONAI tells of its own deprecated arguments.
        _, distances, _ = get_edge_surface_distance(
            torch.from_numpy(found), torch.from_numpy(truth), spacing=spacing[::-1], symmetric=True
        )
    there, back = (part.numpy() for part in distances)
    both = np.concatenate([there, back])
    hd95 = max(np.percentile(there, PERCENTILE), np.percentile(back, PERCENTILE))
    near = [float(np.mean(both <= tolerance)) for tolerance in TOLERANCES_MM]
    return SurfaceScores(float(hd95), near[0], near[1])


def cropped_masks(
    truth: NDArray[np.uint8], found: NDArray[np.uint8], value: int, boxes: tuple[dict[int, Slices], dict[int, Slices]]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Both masks of one label within the union of their boxes and a margin. The crop changes no distance.

    Args:
        boxes: of :func:`label_boxes`, for the truth and for what was found; the label is in the first.
    """
    spans = [own[value] for own in boxes if value in own]
    window = tuple(
        slice(max(0, min(span[axis].start for span in spans) - MARGIN), max(span[axis].stop for span in spans) + MARGIN)
        for axis in range(3)
    )
    return truth[window] == value, found[window] == value
