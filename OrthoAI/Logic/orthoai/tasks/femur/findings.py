"""What the run says about one femur: size, place and what a reviewer should know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from orthoai.finding import Finding, Measurement, Place
from orthoai.geometry import Geometry
from orthoai.tasks.femur.assemble import Part
from orthoai.tasks.femur.body import METAL_HU
from orthoai.tasks.femur.cut import ends_at_box, is_truncated
from orthoai.tasks.femur.fibula import has_fibula
from orthoai.volume import Volume

PRESENT = "present"
TRUNCATED = "truncated at the field of view"
ENDS_AT_BOX = "ends where its box does, which may be too small: look whether all of it is marked"
METAL = "metal present (prosthesis or implant)"

MAY_BE_TIBIA = "may be a tibia, since a bone like a fibula runs beside it: look again"

MUCH_SHORTER = "much shorter than the other femur: look whether all of it is marked"

SHORTER_SHARE = 0.8
"""A whole femur shorter than this share of the other one is marked in part, or broken or amputated: a person's two
differ by a few percent."""

METAL_ML = 0.5
"""Less bright volume than that is noise or calcification."""

AXIS_POINTS = 200_000
"""Points, at most, from which the long axis is computed."""


def finding(part: Part, lps: Volume, grid: Geometry, notes: tuple[str, ...] = ()) -> Finding:
    """The finding of one femur.

    Args:
        part: its final mask, not empty.
        lps: the volume in LPS order, in which the part's crop lies.
        grid: the INPUT's own, on which the slice index counts.
        notes: how its box came about.
    """
    own = part.crop.volume.geometry
    center = own.index_to_lps(_mean_index(part.mask))
    flags = [MAY_BE_TIBIA] if has_fibula(part, lps) else []
    flags += [TRUNCATED] if is_truncated(part, lps) else []
    flags += [ENDS_AT_BOX] if ends_at_box(part, lps.geometry) else []
    flags += [METAL] if has_metal(part) else []
    return Finding(
        structure=part.crop.box.label,
        label=PRESENT,
        probability=part.crop.box.score,
        measurements={
            "volume_ml": Measurement(part.volume_ml, "mL"),
            "length_mm": Measurement(length_mm(part.mask, own), "mm"),
        },
        place=Place((float(center[0]), float(center[1]), float(center[2])), grid.slice_of(center)),
        flags=(*flags, *notes),
    )


def compared(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """``findings`` of one or two femora; the one that ends inside the image much too early is flagged."""
    longest = max((_length(each) for each in findings), default=0.0)
    return tuple(
        replace(each, flags=(*each.flags, MUCH_SHORTER))
        if TRUNCATED not in each.flags and _length(each) < SHORTER_SHARE * longest
        else each
        for each in findings
    )


def _length(finding: Finding) -> float:
    return finding.measurements["length_mm"].value


def has_metal(part: Part) -> bool:
    """Whether the crop holds METAL_ML or more above METAL_HU."""
    bright = sum(int(np.count_nonzero(plane > METAL_HU)) for plane in part.crop.volume.voxels)
    return bright * part.crop.volume.geometry.voxel_volume / 1000 >= METAL_ML


def length_mm(mask: NDArray[np.bool_], geometry: Geometry) -> float:
    """Extent along the mask's own long axis in mm, from outer surface to outer surface. ``mask`` is not empty."""
    points = geometry.index_to_lps(_row_ends(mask))
    # The ends of its rows are the mask's surface along i; they hold its extreme points along every axis.
    sample = points[:: max(1, len(points) // AXIS_POINTS)]
    centered = sample - sample.mean(axis=0)
    axis = np.linalg.eigh(centered.T @ centered)[1][:, -1]
    along = points @ axis
    voxel = float(np.abs(axis @ geometry.affine[:3, :3]).max())
    return float(along.max() - along.min()) + voxel


def _row_ends(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The first and the last true voxel of every row, as indices (n, 3) in the order i, j, k."""
    k, j = np.nonzero(mask.any(axis=2))
    rows = mask[k, j]
    first = rows.argmax(axis=1)
    last = rows.shape[1] - 1 - rows[:, ::-1].argmax(axis=1)
    return np.concatenate([np.stack([first, j, k], axis=1), np.stack([last, j, k], axis=1)]).astype(np.float64)


def _mean_index(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The centroid as a continuous index (i, j, k)."""
    sums = [mask.sum(axis=tuple(n for n in range(3) if n != axis), dtype=np.int64) for axis in (2, 1, 0)]
    return np.array([(counts * np.arange(len(counts))).sum() / counts.sum() for counts in sums])
