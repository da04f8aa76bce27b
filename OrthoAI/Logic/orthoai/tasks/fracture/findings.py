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
from orthoai.segment.components import tight_box
from orthoai.spine.chain import UNNAMED
from orthoai.tasks.fracture.fuse import Answers, chunks, disagreement, fused, on_input
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
    window = tight_box(mask)
    if window is None:
        return []
    labels = sitk.ConnectedComponent(sitk.GetImageFromArray(np.ascontiguousarray(mask[window])), False)
    shapes = sitk.LabelShapeStatisticsImageFilter()
    shapes.ComputePerimeterOff()
    shapes.Execute(labels)
    numbers = sitk.GetArrayFromImage(labels)
    masks, volumes = [], []
    for number in shapes.GetLabels():
        cm3 = shapes.GetNumberOfPixels(number) * geometry.voxel_volume / 1000
        if cm3 < SMALLEST_CM3:
            continue
        i, j, k, width, height, depth = shapes.GetBoundingBox(number)
        own = (slice(k, k + depth), slice(j, j + height), slice(i, i + width))
        k, j, i = (slice(s.start + w.start, s.stop + w.start) for s, w in zip(own, window, strict=True))
        masks.append(((k, j, i), numbers[own] == number))
        volumes.append(cm3)
    found = [
        Part(place, part, cm3, probability, spread)
        for (place, part), cm3, (probability, spread) in zip(masks, volumes, _means(masks, answers), strict=True)
    ]
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


def _means(
    masks: Sequence[tuple[tuple[slice, slice, slice], NDArray[np.bool_]]], answers: Answers
) -> list[tuple[float, float | None]]:
    """Mean probability and mean difference of the planes in each of ``masks``, which lie at their places.

    One pass over the input's planes serves all, since bringing a plane back to the input is what takes the time.
    """
    totals, aparts = np.zeros(len(masks)), np.zeros(len(masks))
    low = min((place[0].start for place, _ in masks), default=0)
    high = max((place[0].stop for place, _ in masks), default=0)
    for first, last in chunks(low, high):
        here = [n for n, (place, _) in enumerate(masks) if place[0].start < last and first < place[0].stop]
        if not here:
            continue
        planes = on_input(answers, first, last)
        mean, apart = fused(answers, planes), disagreement(planes)
        for n in here:
            (k, j, i), mask = masks[n]
            start, stop = max(first, k.start), min(last, k.stop)
            part = mask[start - k.start : stop - k.start]
            own = slice(start - first, stop - first), j, i
            totals[n] += float(mean[own][part].sum())
            if apart is not None:
                aparts[n] += float(apart[own][part].sum())
    counts = np.array([np.count_nonzero(mask) for _, mask in masks])
    spreads = (aparts / counts).tolist() if len(answers) > 1 else [None] * len(masks)
    return list(zip((totals / counts).tolist(), spreads, strict=True))


def _is_cut(part: Part, geometry: Geometry) -> bool:
    sizes = zip(part.place, geometry.shape, strict=True)
    return any(span.start == 0 or span.stop == size for span, size in sizes)
