"""A smooth random deformation of everything that is bone: one person's bones differ from another's."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Warp:
    """Displacements in mm on a coarse LPS grid, read by trilinear interpolation.

    Attributes:
        field: (3, Z, Y, X) mm.
        low, high: LPS mm of the first and the last grid point.
    """

    field: Tensor
    low: tuple[float, float, float]
    high: tuple[float, float, float]

    @classmethod
    def draw(
        cls,
        low: tuple[float, float, float],
        high: tuple[float, float, float],
        amplitude: float,
        generator: torch.Generator,
        device: torch.device,
        cell: float = 55.0,
    ) -> Warp:
        """Random bumps about ``cell`` mm wide that move points by ``amplitude`` mm (root mean square).

        Args:
            low, high: LPS mm of the box to deform; beyond it the border's displacement goes on.
        """
        size = [max(4, int((last - first) / cell) + 4) for first, last in zip(low, high, strict=True)][::-1]
        coarse = torch.randn(1, 3, *size, generator=generator, device=device) * amplitude * 1.4
        smooth = F.interpolate(coarse, scale_factor=3, mode="trilinear", align_corners=True)
        return cls(F.avg_pool3d(smooth, 3, 1, 1)[0], low, high)

    def __call__(self, lps: Tensor) -> Tensor:
        """``lps`` (..., 3) moved by the field."""
        low = torch.tensor(self.low, dtype=lps.dtype, device=lps.device)
        high = torch.tensor(self.high, dtype=lps.dtype, device=lps.device)
        unit = ((lps - low) / (high - low) * 2 - 1).reshape(1, -1, 1, 1, 3)
        moved = F.grid_sample(self.field[None], unit, mode="bilinear", padding_mode="border", align_corners=True)
        return lps + moved[0, :, :, 0, 0].T.reshape(lps.shape)
