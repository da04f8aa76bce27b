"""The parametric femur: head, neck, trochanters, bowed shaft, condyles with notch and patellar groove.

Frame: LPS of a left femur, mm, origin at the center of the head; x lateral, y posterior, z superior.
Ranges follow anatomy textbooks' adult values: neck-shaft angle 125 +- 6 degrees, anteversion 12 degrees with a wide
spread, length 40 to 50 cm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from orthoai_training.synth.sdf import cone, ellipsoid, join, smooth_cut, smooth_union, sphere, tube
from orthoai_training.synth.shape import AnalyticShape


@dataclass(frozen=True)
class FemurSize:
    """One person's femur.

    Attributes:
        knee_depth: mm from the head's center down to the knee's center.
        head: head radius in mm.
        offset: mm from the head's center to the shaft's axis, sideways.
        neck_shaft: degrees.
        anteversion: degrees.
        shaft: outer radius of the shaft at its narrowest, mm.
        bow: mm by which the middle of the shaft lies in front of the line between its ends.
        condyles: half the width over both condyles, mm.
    """

    knee_depth: float = 420.0
    head: float = 24.0
    offset: float = 44.0
    neck_shaft: float = 125.0
    anteversion: float = 12.0
    shaft: float = 14.0
    bow: float = 10.0
    condyles: float = 40.0

    @classmethod
    def draw(cls, rng: np.random.Generator) -> FemurSize:
        """A random adult."""
        scale = rng.normal(1.0, 0.06)
        return cls(
            knee_depth=float(np.clip(420 * scale * rng.normal(1, 0.03), 340, 500)),
            head=float(np.clip(24 * scale * rng.normal(1, 0.05), 19, 29)),
            offset=float(np.clip(44 * scale * rng.normal(1, 0.07), 33, 56)),
            neck_shaft=float(rng.normal(126, 5)),
            anteversion=float(rng.normal(12, 13)),
            shaft=float(np.clip(14 * scale * rng.normal(1, 0.08), 10.5, 18)),
            bow=float(np.clip(rng.normal(10, 3), 2, 18)),
            condyles=float(np.clip(40 * scale * rng.normal(1, 0.05), 32, 48)),
        )


def femur_shape(size: FemurSize) -> AnalyticShape:
    """The shape of one left femur."""
    turn = math.radians(size.anteversion)
    lateral, posterior = math.cos(turn), math.sin(turn)
    drop = size.offset / math.tan(math.radians(180 - size.neck_shaft))
    root = (size.offset * lateral, size.offset * posterior, -drop)
    top = (root[0] + 2, root[1] + 2, root[2])
    knee = -size.knee_depth
    c = size.condyles

    path, radii = [], []
    for step in range(7):
        u = step / 6
        x = top[0] * (1 - u) + 2 * u
        y = top[1] * (1 - u) + 4 * u - size.bow * math.sin(math.pi * u)
        path.append((x, y, top[2] - 8 + (knee + 52 - top[2]) * u))
        radii.append(size.shaft * (1 + 0.42 * max(0.0, 0.22 - u) / 0.22 + 0.65 * max(0.0, u - 0.72) / 0.28))

    h = size.head

    def distance(p: Tensor) -> Tensor:
        head = sphere(p, (0, 0, 0), h)
        neck = cone(p, (0.1 * root[0], 0.1 * root[1], 0.1 * root[2]), root, h * 0.72, h * 0.78)
        shaft = tube(p, path, radii)
        greater = ellipsoid(p, (top[0] + 11, top[1] + 9, top[2] + 14), (h * 0.62, h * 0.85, h * 1.25))
        lesser = ellipsoid(p, (top[0] - size.shaft, top[1] + size.shaft * 0.75, top[2] - 34), (9, 8, 13))
        proximal = join([smooth_union(neck, greater, 12.0), lesser], 8.0)
        medial = ellipsoid(p, (-c * 0.56, 9, knee + 3), (c * 0.46, c * 0.82, c * 0.74))
        outer = ellipsoid(p, (c * 0.56, 7, knee + 4), (c * 0.46, c * 0.80, c * 0.72))
        trochlea = ellipsoid(p, (0, -c * 0.22, knee + 16), (c * 0.85, c * 0.58, c * 0.62))
        distal = join([medial, outer, trochlea], 8.0)
        notch = cone(p, (0, c * 0.95, knee - 8), (0, c * 0.35, knee - 26), c * 0.24, c * 0.14)
        groove = cone(p, (0, -c * 0.98, knee + 34), (0, -c * 0.9, knee - 12), c * 0.24, c * 0.22)
        distal = smooth_cut(smooth_cut(distal, notch, 6.0), groove, 8.0)
        body = smooth_union(join([proximal, shaft], 10.0), distal, 16.0)
        return smooth_union(head, body, 5.0)

    reach = max(top[0] + 11 + h, c * 1.2) + 6
    return AnalyticShape(
        distance, ((-max(h, c * 1.1) - 6, -max(c * 1.1, h + size.bow + 20) - 6, knee - c - 8), (reach, c + 30, h + 12))
    )
