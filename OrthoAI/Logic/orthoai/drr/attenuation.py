"""How much a voxel contributes to a projection, as a function of its HU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

METAL_CAP_HU = 1500
"""HU above which nothing is added: cortical bone still shows, a metal stem does not outshine it."""


@dataclass(frozen=True)
class Ramp:
    """0 up to ``low`` HU, then ``slope`` per HU, constant from ``high`` HU on.

    The bounds are whole HU, so that int16 voxels are clipped and summed without a float copy.
    """

    low: int
    high: int
    slope: float

    def __post_init__(self) -> None:
        if self.low >= self.high:
            raise ValueError(f"a ramp must rise over at least 1 HU, not from {self.low} to {self.high}")
        if self.slope <= 0:
            raise ValueError(f"a ramp must rise, its slope is {self.slope}")


@dataclass(frozen=True)
class Attenuation:
    """A rising, piecewise linear function of HU: the sum of its ramps.

    A ramp is a clip, a shift and a scale. The projectors clip integers and sum them, then shift and scale the sums, so
    attenuation costs next to nothing there.

    Attributes:
        ramps: the addends.

    Example:
        >>> bone = Attenuation.soft_bone(threshold=150, dense=1150, cap=1500)
        >>> [float(bone(np.array(hu))) for hu in (-1000, 150, 650, 1150, 3000)]
        [0.0, 0.0, 0.5, 1.0, 1.35]
    """

    ramps: tuple[Ramp, ...]

    def __call__(self, hu: Any) -> Any:
        """Attenuation of ``hu``, a numpy array or torch tensor of any shape; int16 tensors give the default float."""
        first, *others = self.ramps
        total = (hu.clip(first.low, first.high) - first.low) * first.slope
        for ramp in others:
            total = total + (hu.clip(ramp.low, ramp.high) - ramp.low) * ramp.slope
        return total

    def replace_in(self, hu: Any) -> Any:
        """Write the attenuation over ``hu``, a float tensor of any shape, and return it; one spare copy at most."""
        first, *others = self.ramps
        spare = [hu.clamp(ramp.low, ramp.high) for ramp in others]
        hu.clamp_(first.low, first.high).sub_(first.low).mul_(first.slope)
        for ramp, part in zip(others, spare, strict=True):
            hu.add_(part.sub_(ramp.low), alpha=ramp.slope)
        return hu

    @classmethod
    def soft_bone(cls, threshold: int = 150, dense: int = 1000, cap: int = METAL_CAP_HU) -> Attenuation:
        """Bone only, with a soft threshold; a projection of it is a path through dense bone in mm.

        Xie 2025 (Experimental results, YOLOv8) separates bone from soft tissue by a hard threshold of 0.3 of the
        normalized intensity, about 200 HU on a -1000..3000 HU scale. A ramp in its place keeps thin and porous bone.

        Args:
            threshold: HU up to which tissue is transparent.
            dense: HU that counts as 1.
            cap: HU from which on the contribution stays constant.
        """
        return cls((Ramp(threshold, cap, 1 / (dense - threshold)),))


SOFT_BONE = Attenuation.soft_bone()
"""What the detectors are trained on."""
