"""The fractured bodies of a mask, each with what the run says about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from orthoai.box import Box
from orthoai.finding import Finding, Measurement, Place
from orthoai.geometry import Geometry
from orthoai.models.calibration import Calibration
from orthoai.spine.chain import UNNAMED
from orthoai.tasks.fracture.fuse import Answers, chunks, disagreement, fused
from orthoai.tasks.fracture.task import FRACTURE

SMALLEST_CM3 = 2.5
"""Smaller parts are no fractured body: the smallest of a hundred simulated ones, a crushed T4, has 3.3."""

LIKELY = 0.5
"""Parts with a lower calibrated probability are more likely none."""

CUT = "cut_by_field_of_view"
"""Flag: it reaches the outermost voxels, so that a part of it is not in the image."""

PLANES_DISAGREE = "sagittal_and_axial_disagree"
"""Flag: the planes differ by more than DIFFERENT on the mean."""

DIFFERENT = 0.4


@dataclass(frozen=True, eq=False)
class Part:
    """One connected part of the mask.

    Attributes:
        place: where ``mask`` lies in the input (k, j, i).
        mask: bool (k, j, i).
        cm3: its volume.
        probability, spread: means over it of the weighed probability and of the planes' difference; ``spread`` is None
            where there is one plane only.
    """

    place: tuple[slice, slice, slice]
    mask: NDArray[np.bool_]
    cm3: float
    probability: float
    spread: float | None

    @property
    def center(self) -> tuple[float, float, float]:
        """(i, j, k) of the centroid."""
        k, j, i = np.argwhere(self.mask).mean(axis=0) + [span.start for span in self.place]
        return float(i), float(j), float(k)


def parts_of(mask: NDArray[np.uint8], answers: Answers, geometry: Geometry) -> list[Part]:
    """The parts of ``mask`` (K, J, I) from the lowest in the patient upward, without those below SMALLEST_CM3."""
    window = _window(mask)
    if window is None:
        return []
    labels = sitk.ConnectedComponent(sitk.GetImageFromArray(np.ascontiguousarray(mask[window])), False)
    shapes = sitk.LabelShapeStatisticsImageFilter()
    shapes.ComputePerimeterOff()
    shapes.Execute(labels)
    numbers = sitk.GetArrayFromImage(labels)
    found = []
    for number in shapes.GetLabels():
        cm3 = shapes.GetNumberOfPixels(number) * geometry.voxel_volume / 1000
        if cm3 < SMALLEST_CM3:
            continue
        i, j, k, width, height, depth = shapes.GetBoundingBox(number)
        own = (slice(k, k + depth), slice(j, j + height), slice(i, i + width))
        part = numbers[own] == number
        place = tuple(slice(s.start + w.start, s.stop + w.start) for s, w in zip(own, window, strict=True))
        probability, spread = _means(part, (place[0], place[1], place[2]), answers)
        found.append(Part((place[0], place[1], place[2]), part, cm3, probability, spread))
    return sorted(found, key=lambda each: float(geometry.index_to_lps(each.center)[2]))


def likely(parts: Sequence[Part], calibration: Calibration) -> list[Part]:
    """Those of ``parts`` that are at least LIKELY a fractured body."""
    return [part for part in parts if calibration(part.probability) >= LIKELY]


def only(parts: Sequence[Part], shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """1 where one of ``parts`` lies, (K, J, I)."""
    mask = np.zeros(shape, np.uint8)
    for part in parts:
        mask[part.place][part.mask] = 1
    return mask


def box_of(part: Part, probability: float, geometry: Geometry) -> Box:
    """The tightest box around ``part`` in the input's index space."""
    k, j, i = part.place
    low, high = ((i.start - 0.5, j.start - 0.5, k.start - 0.5), (i.stop - 0.5, j.stop - 0.5, k.stop - 0.5))
    return Box.from_index(FRACTURE, probability, low, high, geometry)


def finding(part: Part, number: int, calibration: Calibration, geometry: Geometry) -> Finding:
    """The finding of one fractured body; ``number`` counts from the lowest, from 1."""
    lps = geometry.index_to_lps(part.center)
    flags = [CUT] if _is_cut(part, geometry) else []
    flags += [PLANES_DISAGREE] if part.spread is not None and part.spread > DIFFERENT else []
    return Finding(
        structure=f"{FRACTURE}_{number}",
        label=FRACTURE,
        probability=calibration(part.probability),
        uncertainty=part.spread,
        measurements={"volume": Measurement(part.cm3, "cm3")},
        place=Place((float(lps[0]), float(lps[1]), float(lps[2])), round(part.center[2])),
        flags=(*flags, UNNAMED),
    )


def message(findings: Sequence[Finding]) -> str:
    """One sentence for the user."""
    if not findings:
        return "No fractured vertebra found."
    count = len(findings)
    return "Found one fractured vertebral body." if count == 1 else f"Found {count} fractured vertebral bodies."


def _window(mask: NDArray[np.uint8]) -> tuple[slice, slice, slice] | None:
    """The tightest box (k, j, i) of voxels that are not 0; None where all are."""
    spans = []
    for axis in range(3):
        hits = np.flatnonzero(mask.any(axis=tuple(n for n in range(3) if n != axis)))
        if hits.size == 0:
            return None
        spans.append(slice(int(hits[0]), int(hits[-1]) + 1))
    return spans[0], spans[1], spans[2]


def _means(mask: NDArray[np.bool_], place: tuple[slice, slice, slice], answers: Answers) -> tuple[float, float | None]:
    """Mean probability and mean difference of the planes in ``mask``."""
    total, apart = 0.0, 0.0
    for first, last in chunks(mask.shape[0]):
        part = mask[first:last]
        planes = (first + place[0].start, last + place[0].start)
        total += float(fused(answers, *planes)[:, place[1], place[2]][part].sum())
        differing = disagreement(answers, *planes)
        if differing is not None:
            apart += float(differing[:, place[1], place[2]][part].sum())
    count = int(np.count_nonzero(mask))
    return total / count, apart / count if len(answers) > 1 else None


def _is_cut(part: Part, geometry: Geometry) -> bool:
    sizes = zip(part.place, geometry.shape, strict=True)
    return any(span.start == 0 or span.stop == size for span, size in sizes)
