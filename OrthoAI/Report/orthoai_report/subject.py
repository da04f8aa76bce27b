"""One input with its result, turned to LPS order, as the pictures need it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from orthoai.box import Box
from orthoai.geometry import Geometry
from orthoai.result import Result
from orthoai.volume import Volume, reorient_array

from orthoai_report.palette import Palette
from orthoai_report.profiles import LabelProfile

AIR_BELOW = -200
"""HU; a volume without a modality that goes below this is taken for a CT."""

SAMPLES = 128
"""Voxels along each axis, at most, that are looked at to guess a gray window."""


@dataclass(frozen=True)
class Subject:
    """Views (never copies) of an input and its masks.

    Attributes:
        original: the input.
        result: what was found on the input's grid.
        profiles: of the labels that have voxels.
    """

    original: Volume
    result: Result
    profiles: tuple[LabelProfile, ...]

    @cached_property
    def volume(self) -> Volume:
        """The input in LPS order: i to the left, j to posterior, k to superior."""
        return self.original.reoriented("LPS")

    @property
    def geometry(self) -> Geometry:
        """Grid of the LPS-ordered volume."""
        return self.volume.geometry

    @cached_property
    def labels(self) -> NDArray[np.uint8]:
        """Label volume (K, J, I) in LPS order."""
        return reorient_array(self.result.segmentation, self.result.geometry, "LPS")

    @cached_property
    def boxes(self) -> tuple[Box, ...]:
        """The result's boxes in the LPS-ordered index space."""
        return tuple(box.on(self.result.geometry, self.geometry) for box in self.result.boxes)

    @cached_property
    def palette(self) -> Palette:
        """Names and colors."""
        return Palette.of(self.result)

    @property
    def is_flat(self) -> bool:
        """Whether the input is one picture rather than a stack."""
        return min(self.original.geometry.shape) == 1

    @cached_property
    def _sample(self) -> NDArray:
        voxels = self.original.voxels
        return voxels[tuple(slice(None, None, max(1, size // SAMPLES)) for size in voxels.shape)]

    @cached_property
    def is_ct(self) -> bool:
        """Whether voxels are Hounsfield units."""
        if self.original.modality:
            return self.original.modality == "CT"
        return not self.is_flat and bool(self._sample.min() < AIR_BELOW)

    @cached_property
    def gray_window(self) -> tuple[float, float]:
        """Voxel values drawn black and white: the bone window for CT, else nearly the whole range."""
        if self.is_ct:
            return BONE_WINDOW
        low, high = (float(v) for v in np.nanpercentile(self._sample.astype(np.float32), (0.5, 99.5)))
        return low, max(high, low + 1e-6)


BONE_WINDOW = (-350.0, 1150.0)
"""HU: width 1500, level 400."""


def with_extra(subject: Subject, name: str) -> Subject | None:
    """The subject with the extra called ``name`` in the place of its labels; None where the result has none."""
    extra = subject.result.extra(name)
    if extra is None:
        return None
    return Subject(subject.original, replace(subject.result, segmentation=extra.voxels), subject.profiles)
