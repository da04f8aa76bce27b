"""Parametric tibia, fibula, patella and hindfoot. Frame: LPS of a LEFT leg, mm, origin at the knee's center."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from orthoai_training.synth.sdf import cone, ellipsoid, join, smooth_union, tube
from orthoai_training.synth.shape import AnalyticShape


@dataclass(frozen=True)
class LegSize:
    """One person's lower leg: ``length`` mm from knee to ankle, ``condyles`` half the knee's width in mm."""

    length: float = 365.0
    condyles: float = 40.0
    gap: float = 3.0

    @classmethod
    def draw(cls, rng: np.random.Generator, knee_depth: float, condyles: float) -> LegSize:
        """A lower leg that fits a femur."""
        return cls(
            length=float(np.clip(knee_depth * 0.87 * rng.normal(1, 0.03), 300, 430)),
            condyles=condyles,
            gap=float(rng.uniform(2.0, 4.5)),
        )

    @property
    def plateau(self) -> float:
        """z of the tibial plateau; the femoral condyles end at about -0.74 of their half width."""
        return -(self.condyles * 0.72 + self.gap)


def tibia_shape(size: LegSize) -> AnalyticShape:
    """Plateau, tuberosity, shaft and medial malleolus."""
    c, top, end = size.condyles, size.plateau, -size.length

    def distance(p: Tensor) -> Tensor:
        plateau = ellipsoid(p, (0, 8, top - 14), (c * 0.96, c * 0.66, 15))
        plateau = smooth_union(plateau, cone(p, (0, 8, top - 16), (0, 6, top - 60), c * 0.62, 15), 14.0)
        shaft = tube(
            p, [(0, 6, top - 55), (-2, 8, top - 140), (-4, 12, end + 60), (-4, 12, end + 10)], [16, 12.5, 11, 18]
        )
        tuberosity = ellipsoid(p, (4, -c * 0.45, top - 42), (9, 9, 16))
        malleolus = ellipsoid(p, (-20, 10, end - 2), (7, 10, 15))
        return join([plateau, shaft, tuberosity, malleolus], 8.0)

    return AnalyticShape(distance, ((-c - 6, -c - 4, end - 24), (c + 6, c + 14, top + 6)))


def fibula_shape(size: LegSize) -> AnalyticShape:
    """Head, slender shaft and lateral malleolus."""
    c, top, end = size.condyles, size.plateau, -size.length

    def distance(p: Tensor) -> Tensor:
        return tube(
            p,
            [(c * 0.95, 26, top - 18), (c * 0.88, 26, top - 60), (24, 22, end + 50), (26, 18, end - 18)],
            [9, 5.5, 6, 8],
        )

    return AnalyticShape(distance, ((10, 2, end - 32), (c + 16, 44, top)))


def patella_shape(size: LegSize) -> AnalyticShape:
    """A flattened ellipsoid in front of the trochlea."""
    c = size.condyles

    def distance(p: Tensor) -> Tensor:
        return ellipsoid(p, (1, -c * 0.98 - size.gap - 8, 18), (c * 0.54, 10, c * 0.52))

    return AnalyticShape(distance, ((-c * 0.7, -c - 36, -16), (c * 0.7, -c * 0.6, 48)))


def hindfoot_shape(size: LegSize) -> AnalyticShape:
    """Talus, calcaneus and a block for the rest of the foot: what a scan of the whole leg shows at its end."""
    end = -size.length

    def distance(p: Tensor) -> Tensor:
        talus = ellipsoid(p, (0, 6, end - 26), (18, 26, 15))
        heel = ellipsoid(p, (4, 34, end - 52), (16, 36, 19))
        front = cone(p, (-4, -20, end - 40), (-6, -110, end - 62), 20, 12)
        return join([talus, heel, front], 3.0)

    return AnalyticShape(distance, ((-34, -128, end - 82), (34, 76, end - 6)))
