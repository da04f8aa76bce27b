"""The vertebrae of one person, stacked into a spine: bodies, their frames, and what has happened to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from orthoai_training.spine_ct.arch import Arch
from orthoai_training.spine_ct.morphometry import Level
from orthoai_training.spine_ct.real_body import RealArch
from orthoai_training.spine_ct.vertebral_body import VertebralBody

Array = NDArray[np.float64]

LEAN = {8: 34, 11: 27, 14: 12, 16: 2, 18: -9, 20: -15, 21: -10, 22: -1, 23: 10, 24: 24, 25: 42}
"""Degrees that a vertebra's cranial axis leans forward in an average spine, by VerSe number; 25 stands for S1."""


@dataclass(frozen=True)
class Frame:
    """Place of a vertebra: columns of ``axes`` are its x, y and z axis in LPS, ``center`` its origin in LPS mm."""

    axes: Array
    center: Array

    def place(self, local: Array) -> Array:
        """LPS mm of local points (..., 3)."""
        return np.asarray(local, dtype=float) @ self.axes.T + self.center


@dataclass(frozen=True)
class Vertebra:
    """One vertebra of a spine.

    Attributes:
        level: with the mean sizes.
        body: shape, fracture included.
        frame: its place.
        arch: its posterior arch.
        mimic: see :class:`case.VertebraTruth`.
        label, grade: of its fracture.
        dense: 0 for none, 1 for a marked band of bone that a fracture has impacted.
        vacuum: whether gas fills the cleft.
        hard: as ``dense``, beneath the (upper, lower) endplate of a vertebra that is not broken.
    """

    level: Level
    body: VertebralBody
    frame: Frame
    arch: Arch | RealArch
    mimic: str = ""
    label: str = "normal"
    grade: int = 0
    dense: float = 0.0
    vacuum: bool = False
    hard: tuple[float, float] = (0.0, 0.0)

    @property
    def corners(self) -> Array:
        """The corners (8, 3) of the box around its body, LPS mm."""
        body = self.body
        half = np.array([body.width, body.depth, max(body.front, body.back)]) / 2
        signs = np.array([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)])
        return self.frame.place(signs * half)


@dataclass(frozen=True)
class Curve:
    """How a spine bends.

    Attributes:
        kyphosis, lordosis: factors on the average thoracic and lumbar curve.
        lean: degrees added to all.
        scoliosis: degrees of the sideward curve; ``apex`` the VerSe number of its middle, ``length`` its half length in
            levels.
        give: share of a fracture's wedge that the spine above follows.
        noise: degrees by which single vertebrae deviate.
    """

    kyphosis: float = 1.0
    lordosis: float = 1.0
    lean: float = 0.0
    scoliosis: float = 0.0
    apex: float = 19.0
    length: float = 4.0
    give: float = 0.6
    noise: float = 1.0

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Curve:
        """A person lying on a table."""
        bent = rng.random() < 0.3
        return cls(
            kyphosis=float(rng.uniform(0.6, 1.5)),
            lordosis=float(rng.uniform(0.55, 1.25)),
            lean=float(rng.normal(0, 3)),
            scoliosis=float(rng.uniform(6, 26) * rng.choice((-1, 1))) if bent else float(rng.normal(0, 2)),
            apex=float(rng.uniform(15, 22)),
            length=float(rng.uniform(2.5, 4.5)),
            give=float(rng.uniform(0.25, 0.6)),
            noise=float(rng.uniform(0.4, 1.4)),
        )

    def tilt(self, number: float) -> float:
        """Degrees that vertebra ``number`` should lean forward, without fractures."""
        mean = float(np.interp(number, list(LEAN), list(LEAN.values())))
        return self.lean + mean * (self.kyphosis if number < 18.5 else self.lordosis)

    def side(self, number: float) -> float:
        """Degrees that vertebra ``number`` leans to the left."""
        away = (number - self.apex) / self.length
        return self.scoliosis * away * float(np.exp(0.5 - away**2 / 2))


def stacked(
    levels: Sequence[Level], bodies: Sequence[VertebralBody], curve: Curve, rng: np.random.Generator
) -> list[Frame]:
    """Frames of ``bodies`` (cranial first), from the lowest upward; the lowest lies at the origin."""
    lowest = len(levels) - 1
    lean = curve.tilt(levels[lowest].id)
    frames = [Frame(_axes(lean, curve.side(levels[lowest].id), 0.0), np.zeros(3))]
    extra = 0.0
    for n in range(lowest - 1, -1, -1):
        below, body, level = bodies[n + 1], bodies[n], levels[n]
        (top, top_slope), _ = below.rims()
        _, (bottom, bottom_slope) = body.rims()
        # Degrees that the body would lean with parallel endplates around the disc.
        plain = lean + np.degrees(np.arctan(top_slope) - np.arctan(bottom_slope))
        if body.fracture is not None:
            extra += curve.give * (np.degrees(np.arctan(body.fracture.anterior / body.depth)))
        wanted = curve.tilt(level.id) + extra + float(rng.normal(0, curve.noise))
        opening = float(np.clip(plain - wanted, -5.0, 13.0))
        scale = body.depth / level.depth
        gap = level.disc * scale * float(np.clip(rng.normal(1.0, 0.12), 0.55, 1.25))
        gap = max(gap, abs(np.tan(np.radians(opening))) * body.depth * 0.42 + 1.2)
        previous = frames[0]
        turn = curve.side(level.id)
        lean = plain - opening
        axes = _axes(lean, turn, 0.25 * turn)
        direction = previous.axes[:, 2] + axes[:, 2]
        direction /= np.linalg.norm(direction)
        joint = previous.place(np.array([0.0, 0.0, top])) + gap * direction
        frames.insert(0, Frame(axes, joint - axes @ np.array([0.0, 0.0, bottom])))
    return frames


def below(
    frame: Frame, levels: Sequence[Level], bodies: Sequence[VertebralBody], rng: np.random.Generator
) -> list[Frame]:
    """Frames of the bodies under the first of ``bodies``, which lies at ``frame``."""
    own = stacked(levels, bodies, Curve(), rng)
    turn = frame.axes @ own[0].axes.T
    return [Frame(turn @ f.axes, frame.center + turn @ (f.center - own[0].center)) for f in own[1:]]


def _axes(lean: float, side: float, turn: float) -> Array:
    """3x3 axes of a vertebra that leans ``lean`` forward and ``side`` to the left and turns by ``turn``, in degrees."""
    axes: Array = Rotation.from_euler("YXZ", [side, lean, turn], degrees=True).as_matrix()
    return axes
