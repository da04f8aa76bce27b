"""Whether a fibula runs beside a bone: then the bone is a tibia, which the networks may take for a femur.

A fibula is a rod as thick as a finger that lies within two fingers' width of the tibia along most of it; nothing of the
kind lies beside a femur.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from orthoai.segment.components import tight_box
from orthoai.segment.shrink import shrunk
from orthoai.tasks.femur.assemble import Part
from orthoai.tasks.femur.body import METAL_HU
from orthoai.volume import Volume

Mask = NDArray[np.bool_]

ALONG_MM, ACROSS_MM = 3.0, 1.2
"""Voxels of about these sizes are looked at along and across the bone: a fibula shows, and the work stays small."""

BONE_HU = 350
"""Bone lies above."""

CORTEX_HU = 550
"""In half of its sections or more a fibula's cortex reaches it; an artery full of contrast medium does not."""

RIM_MM = 2.5
"""What lies so near to the mask is the surface of the bone itself."""

WIDEST_GAP_MM = 36.0
"""Largest distance of a fibula from its tibia; the arm beside a thigh lies farther from the femur."""

WIDTH_MM = (7.0, 30.0)
"""The larger side of a fibula's section lies between them, from shaft to ends."""

NARROWEST_MM = 5.0
"""The smaller side is at least so long: the wall of a bone cut along is thinner."""

LEAST_RUN_MM = 50.0
"""For such a length it must run beside the bone ..."""

LEAST_SHARE = 0.4
"""... and for such a part of the bone's own length.

Of 192 simulated femora none has it; all of 92 simulated tibiae of which more than 100 mm were in view do.
"""


@dataclass(frozen=True)
class _Sections:
    """Slices across a bone: its mask and HU, both (N, H, W), with voxels of ``steps`` mm."""

    bone: Mask
    hu: NDArray
    steps: tuple[float, float, float]


@dataclass(frozen=True)
class _Rod:
    """A bone that one follows from section to section: its pixels (H, W) in the last one, and the peak HU in each."""

    pixels: Mask
    peaks: tuple[float, ...]


def has_fibula(part: Part, lps: Volume) -> bool:
    """Whether a bone like a fibula runs beside the mask of ``part``, which is not empty.

    Args:
        part: a bone of ``lps``.
        lps: HU in LPS order; voxels around the mask are looked at.
    """
    sections = _sections(part, lps)
    step = sections.steps[0]
    least = max(LEAST_RUN_MM, LEAST_SHARE * len(sections.bone) * step)
    return any(
        len(rod.peaks) * step >= least and np.median(rod.peaks) > CORTEX_HU
        for run in _runs(sections)
        if len(run.bone) * step >= least
        for rod in _rods(run)
    )


def _sections(part: Part, lps: Volume) -> _Sections:
    """The part's bone and what lies around it, as far as a fibula may, cut across the axis that it is longest along."""
    own = tight_box(part.mask)
    assert own is not None
    steps = lps.geometry.spacing[::-1]
    spans = [
        (crop.start + span.start, crop.start + span.stop) for crop, span in zip(part.crop.slices, own, strict=True)
    ]
    long = int(np.argmax([(stop - start) * step for (start, stop), step in zip(spans, steps, strict=True)]))
    window, inside, strides = [], [], []
    for axis, ((start, stop), step) in enumerate(zip(spans, steps, strict=True)):
        margin = 0 if axis == long else round((WIDEST_GAP_MM + WIDTH_MM[1]) / step)
        window.append(slice(max(0, start - margin), min(lps.voxels.shape[axis], stop + margin)))
        inside.append(slice(start - window[axis].start, stop - window[axis].start))
        strides.append(max(1, int((ALONG_MM if axis == long else ACROSS_MM) / step)))
    hu = lps.voxels[tuple(window)]
    bone = np.zeros(hu.shape, bool)
    bone[tuple(inside)] = part.mask[own]
    some = tuple(slice(None, None, stride) for stride in strides)
    mm = [step * stride for step, stride in zip(steps, strides, strict=True)]
    along = mm.pop(long)
    return _Sections(np.moveaxis(bone[some], long, 0), np.moveaxis(hu[some], long, 0), (along, mm[0], mm[1]))


def _runs(sections: _Sections) -> Iterator[_Sections]:
    """Sections in a row that show other bone beside the bone: no rod goes on past one that shows none.

    It is a quick look, since most sections of a femur show none. A box in place of the circle of RIM_MM, in which it
    lies, leaves rather too much than too little.
    """
    reach = [0, *(int(RIM_MM / np.sqrt(2) / step) for step in sections.steps[1:])]
    beside = (sections.hu > BONE_HU) & shrunk(~sections.bone, reach)
    shown = beside.any(axis=(1, 2)) & sections.bone.any(axis=(1, 2))
    edges = np.flatnonzero(np.diff(shown, prepend=False, append=False))
    for start, stop in edges.reshape(-1, 2):
        yield replace(sections, bone=sections.bone[start:stop], hu=sections.hu[start:stop])


def _rods(sections: _Sections) -> Iterator[_Rod]:
    """Each rod beside the bone, as far as it has come, at each section."""
    before: list[_Rod] = []
    for bone, hu in zip(sections.bone, sections.hu, strict=True):
        before = [_followed(rod, before) for rod in _slender(bone, hu, sections.steps[1:])]
        yield from before


def _followed(rod: _Rod, before: list[_Rod]) -> _Rod:
    """``rod`` with the peaks of the longest one of the section before that it lies on."""
    same = [older.peaks for older in before if (older.pixels & rod.pixels).any()]
    return replace(rod, peaks=max(same, key=len, default=()) + rod.peaks)


def _slender(bone: Mask, hu: NDArray, steps: tuple[float, float]) -> Iterator[_Rod]:
    """What looks like a fibula's section beside the bone's own, both (H, W) with pixels of ``steps`` mm."""
    mask = sitk.GetImageFromArray(bone.astype(np.uint8))
    mask.SetSpacing(steps[::-1])
    away = sitk.GetArrayFromImage(sitk.SignedMaurerDistanceMap(mask, squaredDistance=False, useImageSpacing=True))
    numbers = sitk.ConnectedComponent(sitk.GetImageFromArray(((hu > BONE_HU) & (away > RIM_MM)).astype(np.uint8)), True)
    shapes = sitk.LabelShapeStatisticsImageFilter()
    shapes.Execute(numbers)
    numbered = sitk.GetArrayFromImage(numbers)
    for number in shapes.GetLabels():
        _, _, columns, rows = shapes.GetBoundingBox(number)
        narrow, wide = sorted((rows * steps[0], columns * steps[1]))
        if narrow < NARROWEST_MM or not WIDTH_MM[0] <= wide <= WIDTH_MM[1]:
            continue
        pixels = numbered == number
        peak = float(hu[pixels].max())
        if away[pixels].min() <= WIDEST_GAP_MM and peak < METAL_HU:
            yield _Rod(pixels, (peak,))
