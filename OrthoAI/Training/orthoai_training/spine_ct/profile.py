"""Heights of a vertebral body from the known outline of its mid-sagittal plane, as ``orthoai.spine.heights`` reads them
from a mask: along the mean of the two endplates' normals, at 10, 50 and 90 % of the depth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from orthoai.spine.endplates import SITES
from orthoai.spine.genant import Heights
from orthoai.spine.heights import CORE

from orthoai_training.turn_2d import turn_2d

RIM = 0.42
"""Share of the depth from the middle to the rims that a neighbor's disc rests on."""


@dataclass(frozen=True)
class Profile:
    """A body's outline in its mid-sagittal plane; y posterior, z cranial, mm.

    Attributes:
        y: (N,) rising.
        upper, lower: (N,) z of the endplates, averaged over the middle 10 mm left-right.
        walls: (M, 2) points (y, z) of the anterior and the posterior wall.
    """

    y: NDArray[np.float64]
    upper: NDArray[np.float64]
    lower: NDArray[np.float64]
    walls: NDArray[np.float64]

    def rims(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """(z at the middle, slope dz/dy) of the line over the rims of the (upper, lower) endplate."""
        depth, middle = self.y[-1] - self.y[0], (self.y[-1] + self.y[0]) / 2
        sites = middle + np.array([-RIM, RIM]) * depth
        (top_front, top_back), (low_front, low_back) = (np.interp(sites, self.y, z) for z in (self.upper, self.lower))
        run = 2 * RIM * depth
        return (
            (float(top_front + top_back) / 2, float(top_back - top_front) / run),
            (float(low_front + low_back) / 2, float(low_back - low_front) / run),
        )


def heights(profile: Profile) -> Heights:
    """Anterior, middle and posterior height of ``profile`` in the body's own frame."""
    span = profile.y[-1] - profile.y[0]
    core = (profile.y > profile.y[0] + CORE * span) & (profile.y < profile.y[-1] - CORE * span)
    angles = [np.arctan(np.polyfit(profile.y[core], plate[core], 1)[0]) for plate in (profile.upper, profile.lower)]
    angle = float(np.mean(angles))
    turn = turn_2d(-angle)
    upper = np.stack([profile.y, profile.upper], axis=1) @ turn.T
    lower = np.stack([profile.y, profile.lower], axis=1) @ turn.T
    along = np.concatenate([upper[:, 0], lower[:, 0], (profile.walls @ turn.T)[:, 0]])
    front, back = along.min(), along.max()
    # In a steep wedge one endplate ends before the other: heights are taken where both are.
    first, last = max(upper[0, 0], lower[0, 0]), min(upper[-1, 0], lower[-1, 0])
    sites = np.clip(front + np.asarray(SITES) * (back - front), first, last)
    found = np.interp(sites, upper[:, 0], upper[:, 1]) - np.interp(sites, lower[:, 0], lower[:, 1])
    return Heights(*(float(value) for value in found))
