"""What happens to the endplates of a vertebral body: pits and fractures.

Frame of a vertebra: see ``body.py``. ``s`` runs over the depth from 0 at the front to 1 at the back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from orthoai.spine.genant import Heights

from orthoai_training.spine_ct.shapes import Field

LEAST_MOVE_MM = -1.2
"""A plate that tilts about its back edge rises there by no more than this."""


@dataclass(frozen=True)
class Dent:
    """A Schmorl node: a round pit in an endplate; x and s of its center, radius and depth in mm."""

    upper: bool
    x: float
    s: float
    radius: float
    depth: float

    def pit(self, x: Field, s: Field, body_depth: float) -> Field:
        """How deep it is, in mm, at ``x`` and ``s`` of a body ``body_depth`` mm deep."""
        away = np.hypot(x - self.x, (s - self.s) * body_depth) / self.radius
        pit: Field = self.depth * np.exp(-(away**3))
        return pit


@dataclass(frozen=True)
class Fracture:
    """How far the endplates of a broken body have come together, in mm.

    Attributes:
        anterior, posterior: of a plane tilt, at the sites of these heights.
        middle: of a bowl in the middle.
        upper: share of the tilt that the upper endplate takes; ``upper_bowl`` that of the bowl.
        center, extent: of the bowl, as a share of the depth.
        power: above 1 the front gives way more steeply.
        lateral: relative difference between the sides.
    """

    anterior: float
    middle: float
    posterior: float
    upper: float = 0.7
    upper_bowl: float = 0.6
    center: float = 0.5
    extent: float = 0.32
    power: float = 1.0
    lateral: float = 0.0

    def basis(self, s: Field) -> tuple[Field, Field, Field]:
        """Shape of the anterior, the middle and the posterior part over the depth."""
        q = np.clip((s - 0.1) / 0.8, -0.3, 1.3)
        # Behind the hinge the plate goes on as it tilts, so that it has no edge there.
        front = np.sign(1 - q) * np.abs(1 - q) ** self.power
        return front, np.exp(-((np.abs(s - self.center) / self.extent) ** 2.5)), q

    def moves(self, x: Field, s: Field, width: float) -> tuple[Field, Field]:
        """mm that the (upper, lower) endplate moves inward."""
        front, bowl, back = self.basis(s)
        side = 1 + self.lateral * x * (2 / width)
        tilt = np.maximum(self.anterior * front + self.posterior * back, LEAST_MOVE_MM) * side
        sag = self.middle * bowl * np.exp(-(np.abs(x / (0.38 * width)) ** 3)) * side
        return self.upper * tilt + self.upper_bowl * sag, (1 - self.upper) * tilt + (1 - self.upper_bowl) * sag


def solved(measured: Callable[[Fracture], Heights], wanted: Heights, fracture: Fracture) -> Fracture:
    """``fracture`` with the amounts that make the heights ``wanted``, by Newton's method."""
    basis = np.stack(fracture.basis(np.asarray((0.1, 0.5, 0.9))), axis=1)
    for _ in range(12):
        off = np.asarray(measured(fracture)) - np.asarray(wanted)
        if np.abs(off).max() < 0.01:
            break
        front, middle, back = np.array([fracture.anterior, fracture.middle, fracture.posterior]) + np.linalg.solve(
            basis, off
        )
        fracture = replace(fracture, anterior=float(front), middle=float(middle), posterior=float(back))
    return fracture
