"""Heights of a vertebral body, their loss, and Genant's grade and type, from the outline of its mid-sagittal plane.

Definitions (Genant et al. 1993, six-point morphometry): the caudo-cranial axis is the mean of the two endplates'
normals; heights are taken at 10, 50 and 90 % of the body's depth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SITES = (0.1, 0.5, 0.9)
"""Share of the depth, from the front, at which the anterior, middle and posterior height are taken."""

GRADE_CUTS = (0.20, 0.25, 0.40)
"""Height loss from which on grade 1, 2 and 3 are given."""

POSTERIOR_CUT = 0.20
"""Loss of posterior height from which on a fracture is a crush."""


class Heights(NamedTuple):
    """mm."""

    anterior: float
    middle: float
    posterior: float


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


def heights(profile: Profile) -> Heights:
    """Anterior, middle and posterior height of ``profile`` in the body's own frame."""
    span = profile.y[-1] - profile.y[0]
    core = (profile.y > profile.y[0] + SITES[0] * span) & (profile.y < profile.y[-1] - SITES[0] * span)
    angles = [np.arctan(np.polyfit(profile.y[core], plate[core], 1)[0]) for plate in (profile.upper, profile.lower)]
    angle = float(np.mean(angles))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    upper = np.stack([profile.y, profile.upper], axis=1) @ turn.T
    lower = np.stack([profile.y, profile.lower], axis=1) @ turn.T
    along = np.concatenate([upper[:, 0], lower[:, 0], (profile.walls @ turn.T)[:, 0]])
    front, back = along.min(), along.max()
    sites = front + np.asarray(SITES) * (back - front)
    found = np.interp(sites, upper[:, 0], upper[:, 1]) - np.interp(sites, lower[:, 0], lower[:, 1])
    return Heights(*(float(value) for value in found))


def reference(all_heights: Sequence[Heights], usable: Sequence[bool], index: int) -> Heights | None:
    """Heights expected of vertebra ``index``: the mean of the nearest usable ones above and below, or the one there is.

    Args:
        all_heights: in anatomical order.
        usable: unfractured and whole.
    """
    above = next((n for n in range(index - 1, -1, -1) if usable[n]), None)
    below = next((n for n in range(index + 1, len(usable)) if usable[n]), None)
    found = [all_heights[n] for n in (above, below) if n is not None]
    return Heights(*(float(value) for value in np.mean(found, axis=0))) if found else None


def losses(measured: Heights, expected: Heights) -> Heights:
    """Share of the expected height that is lost at each site; negative where it is exceeded."""
    return Heights(*(1 - own / wanted for own, wanted in zip(measured, expected, strict=True)))


def grade(loss: float) -> int:
    """Genant's grade of the largest loss over the sites."""
    return sum(loss >= cut for cut in GRADE_CUTS)


def classify(lost: Heights) -> tuple[str, int]:
    """(label, grade): "normal" below 20 % loss; else crush, biconcave or wedge by the pattern."""
    found = grade(max(lost))
    if not found:
        return "normal", 0
    if lost.posterior >= POSTERIOR_CUT:
        return "crush", found
    return ("biconcave" if lost.middle >= lost.anterior else "wedge"), found
