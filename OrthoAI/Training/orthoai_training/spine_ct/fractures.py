"""Which vertebrae break, how, and how much height each loses at which site."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from orthoai.spine.genant import Heights, classify, losses

from orthoai_training.spine_ct.endplate_moves import Fracture
from orthoai_training.spine_ct.vertebral_body import VertebralBody

TYPES = ("crush", "wedge", "biconcave")

GRADE_LOSS = {1: (0.203, 0.247), 2: (0.255, 0.395), 3: (0.405, 0.62)}
"""Largest loss of height drawn for each grade."""

KEPT = 0.16
"""Wedges and bowls lose less than this of their posterior height, so that nobody takes them for a crush."""

APART = 0.05
"""By so much the anterior and the middle loss of wedges and bowls differ at least."""

MIXED = (0.015, APART)
"""By so much they differ where a fracture is both, as many of patients are, and the larger loss names it."""


@dataclass(frozen=True)
class Break:
    """What a fracture is drawn to be.

    Attributes:
        lost: shares of the expected heights.
        mixed: whether anterior and middle loss are nearly the same.
    """

    label: str
    grade: int
    lost: Heights
    mixed: bool = False

    @classmethod
    def draw(
        cls, rng: np.random.Generator, label: str | None = None, grade: int | None = None, *, mixed: bool = False
    ) -> Break:
        """A fracture of ``label`` and ``grade``, both drawn where None; a crush is never ``mixed``."""
        label = label or str(rng.choice(TYPES, p=(0.25, 0.42, 0.33)))
        grade = grade or int(rng.choice((1, 2, 3), p=(0.25, 0.45, 0.3)))
        most = float(rng.uniform(*GRADE_LOSS[grade]))
        mixed = mixed and label != "crush"
        while True:
            lost = _mixed(label, most, rng) if mixed else _pattern(label, most, rng)
            if _is_clear(lost, label, grade, MIXED[0] if mixed else APART):
                return cls(label, grade, lost, mixed)


def _mixed(label: str, most: float, rng: np.random.Generator) -> Heights:
    other = most - float(rng.uniform(*MIXED))
    back = min(most * float(rng.uniform(-0.05, 0.4)), 0.15)
    return Heights(most, other, back) if label == "wedge" else Heights(other, most, back)


def _pattern(label: str, most: float, rng: np.random.Generator) -> Heights:
    if label == "wedge":
        return Heights(most, most * float(rng.uniform(0.35, 0.85)), min(most * float(rng.uniform(-0.05, 0.35)), 0.15))
    if label == "biconcave":
        return Heights(most * float(rng.uniform(0.05, 0.8)), most, min(most * float(rng.uniform(-0.05, 0.4)), 0.15))
    back = float(rng.uniform(0.215, max(0.22, most)))
    front, middle = (float(rng.uniform(max(0.2, 0.75 * most), most)) for _ in range(2))
    values = [front, middle, back]
    values[int(rng.integers(3)) if back > 0.8 * most else int(rng.integers(2))] = most
    return Heights(*values)


def _is_clear(lost: Heights, label: str, grade: int, apart: float) -> bool:
    if classify(lost) != (label, grade):
        return False
    if label == "crush":
        return lost.posterior >= 0.212
    return lost.posterior <= KEPT and abs(lost.anterior - lost.middle) >= apart


def broken(body: VertebralBody, expected: Heights, planned: Break, rng: np.random.Generator) -> VertebralBody | None:
    """``body`` with the heights that ``planned`` leaves of ``expected``; None where that would not look like one."""
    wanted = Heights(*(height * (1 - lost) for height, lost in zip(expected, planned.lost, strict=True)))
    fracture = Fracture(
        0.0,
        0.0,
        0.0,
        upper=float(rng.uniform(0.45, 1.0)),
        upper_bowl=float(rng.uniform(0.3, 0.8) if planned.label == "biconcave" else rng.uniform(0.5, 1.0)),
        center=float(rng.uniform(0.44, 0.58)),
        extent=float(rng.uniform(0.27, 0.36)),
        power=float(rng.uniform(1.0, 1.5)),
        lateral=float(np.clip(rng.normal(0, 0.12), -0.3, 0.3)),
    )
    shortened = max(planned.lost)
    pushed = planned.label != "biconcave" and rng.random() < 0.6 * shortened
    body = body.weakened(
        bulge=float(rng.uniform(0.0, 0.14)) * shortened, retro=float(rng.uniform(1.0, 3.5)) if pushed else 0.0
    )
    made = body.broken_to(wanted, fracture)
    off = np.abs(np.asarray(made.heights()) - np.asarray(wanted)).max()
    upper, lower = made.plates(np.zeros(1), np.linspace(-0.5, 0.5, 21) * made.depth)
    if off > 0.05 or float((upper - lower).min()) < 3.0:
        return None
    return made if classify(losses(made.heights(), expected))[0] == planned.label else None
