"""How the crops of a slice that a network learns from are varied, as data."""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True)
class SliceAugmentation:
    """Random changes of one training crop. A probability of 0 turns a change off.

    Attributes:
        rotation_degrees: +-, about the crop's center.
        zoom: of the anatomy; each axis then differs by up to ``stretch``.
        shift: share of the slice within which the crop's center lies.
        flip_probability: front-back mirror; 0 for a network that may rely on the orientation.
        gamma, gain, offset: of the gray values in 0..1.
        curve_probability: of blending in a random tone curve, by up to ``curve_share``: contrast of another sequence.
        bias_probability, bias_strength: a smooth field that multiplies by 1 +- strength.
        noise_probability, noise: standard deviation.
        coarse_probability, coarse: pixels this many times larger per axis, then back: another resolution.
        single_probability: of repeating the slice in place of its neighbors, as for a 2D picture.
        neighbor_steps: slices between the slice and its neighbors: other slice distances.
    """

    rotation_degrees: float = 15.0
    zoom: Range = (0.75, 1.3)
    stretch: float = 0.1
    shift: float = 0.5
    flip_probability: float = 0.0
    gamma: Range = (0.6, 1.6)
    gain: Range = (0.6, 1.4)
    offset: Range = (-0.12, 0.12)
    curve_probability: float = 0.35
    curve_share: float = 0.8
    bias_probability: float = 0.4
    bias_strength: float = 0.6
    noise_probability: float = 0.4
    noise: Range = (0.0, 0.1)
    coarse_probability: float = 0.3
    coarse: Range = (1.0, 3.0)
    single_probability: float = 0.3
    neighbor_steps: tuple[int, int] = (1, 4)
