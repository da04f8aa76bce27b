"""What a scanner does to the picture: beam hardening, metal streaks, blur and noise. Approximations, named as such."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from orthoai_training.synth.render import Rendered

LOWEST, HIGHEST = -1024, 3071


@dataclass(frozen=True)
class Scanner:
    """How a scan is degraded.

    Attributes:
        noise: standard deviation in HU at the skin; it grows with the tissue that rays pass.
        blur: True for a soft reconstruction kernel.
        hardening: HU lost per 100 mm of bone along the left-right rays (the dark band between the hips).
        streaks: HU amplitude of metal streaks.
    """

    noise: float = 18.0
    blur: bool = False
    hardening: float = 25.0
    streaks: float = 250.0

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Scanner:
        """Low-dose sharp to high-dose soft."""
        return cls(
            noise=float(rng.uniform(5, 45)),
            blur=bool(rng.random() < 0.5),
            hardening=float(rng.uniform(0, 60)),
            streaks=float(rng.uniform(80, 450)),
        )


def scan(
    rendered: Rendered, spacing: tuple[float, float, float], scanner: Scanner, generator: torch.Generator
) -> Tensor:
    """HU int16 (K, J, I) as a scanner would give it; slab by slab, ``rendered.hu`` is used up."""
    hu = rendered.hu
    out = torch.empty(hu.shape, dtype=torch.int16, device=hu.device)
    width = spacing[0]
    for k in range(hu.shape[0]):
        plane = hu[k]
        dense = plane > 250
        body = plane > -500
        # Rays from left to right pass the most bone: the soft tissue on those rows turns darker.
        path = dense.sum(dim=1, keepdim=True) * width / 100.0
        plane = plane - scanner.hardening * path * (body & ~dense)
        if rendered.metal[k].any():
            plane = plane + _streaks(rendered.metal[k], spacing, scanner.streaks, generator) * body
        strength = scanner.noise * (0.5 + body.sum(dim=1, keepdim=True) * width / 300.0)
        grain = torch.randn(plane.shape, generator=generator, device=plane.device) * strength
        noisy = plane + grain
        if scanner.blur:
            noisy = _smooth(noisy) + (grain - _smooth(grain)) * 0.1
        out[k] = noisy.clamp(LOWEST, HIGHEST).to(torch.int16)
    return out


def _smooth(plane: Tensor) -> Tensor:
    weights = torch.tensor([0.25, 0.5, 0.25], device=plane.device)
    kernel = (weights[:, None] * weights[None])[None, None]
    return F.conv2d(F.pad(plane[None, None], (1, 1, 1, 1), mode="replicate"), kernel)[0, 0]


def _streaks(
    metal: Tensor, spacing: tuple[float, float, float], amplitude: float, generator: torch.Generator
) -> Tensor:
    """A star of bright and dark rays around the metal's center that fades with distance."""
    rows, columns = torch.nonzero(metal, as_tuple=True)
    y = (torch.arange(metal.shape[0], device=metal.device) - rows.float().mean())[:, None] * spacing[1]
    x = (torch.arange(metal.shape[1], device=metal.device) - columns.float().mean())[None] * spacing[0]
    angle, radius = torch.atan2(y.expand_as(metal), x.expand_as(metal)), torch.hypot(y, x)
    phases = torch.rand(4, generator=generator, device=metal.device) * 6.283
    rays = sum(torch.sin((2 * n + 2) * angle + phases[n]) / (n + 1) for n in range(4))
    size = float(np.sqrt(rows.numel() * spacing[0] * spacing[1]))
    return amplitude * min(size / 25.0, 1.5) * rays * torch.exp(-radius / 45.0) * (~metal)
