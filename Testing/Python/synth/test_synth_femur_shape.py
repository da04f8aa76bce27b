"""The parametric femur has the dimensions that it was asked for."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from orthoai_training.synth.femur_shape import FemurSize, femur_shape
from torch import Tensor

Lattice = Callable[..., Tensor]


@pytest.mark.parametrize("radius", [20.0, 24.0, 28.0])
def test_the_head_is_a_ball_of_the_radius_asked_for_wherever_the_neck_does_not_join_it(radius: float) -> None:
    shape = femur_shape(FemurSize(head=radius))
    away_from_neck = torch.tensor([[-1.0, 0, 0], [-1, 0, 1], [-1, 1, 0], [-1, -1, 1], [0, 0, 1], [-1, 1, 1]])
    unit = away_from_neck / torch.linalg.vector_norm(away_from_neck, dim=-1, keepdim=True)
    assert torch.allclose(shape.distance(unit * radius), torch.zeros(6), atol=0.3)
    assert torch.allclose(shape.distance(unit * (radius + 3)), torch.full((6,), 3.0), atol=0.3)


@pytest.mark.parametrize("anteversion", [-10.0, 0.0, 20.0])
@pytest.mark.parametrize("neck_shaft", [115.0, 125.0, 135.0])
def test_the_neck_leaves_the_head_at_the_angles_asked_for(neck_shaft: float, anteversion: float) -> None:
    # On a ball about the head's center, beyond the head, the deepest point of bone is on the neck's axis.
    size = FemurSize(offset=56, head=20, neck_shaft=neck_shaft, anteversion=anteversion)
    turn, tilt = torch.meshgrid(torch.arange(-60.0, 60.0, 0.5), torch.arange(90.0, 150.0, 0.5), indexing="ij")
    down, around = torch.deg2rad(tilt - 90), torch.deg2rad(turn)
    unit = torch.stack([down.cos() * around.cos(), down.cos() * around.sin(), -down.sin()], dim=-1)
    deepest = int(femur_shape(size).distance(34.0 * unit).argmin())
    assert float(tilt.flatten()[deepest]) == pytest.approx(neck_shaft, abs=1.0)
    assert float(turn.flatten()[deepest]) == pytest.approx(anteversion, abs=1.0)


def test_the_condyles_end_below_the_knee_and_are_as_wide_as_asked_for(lattice: Lattice) -> None:
    size = FemurSize(knee_depth=400.0, condyles=42.0)
    points = lattice((-60, -60, -460), (60, 60, -380), 2.0)
    inside = points[femur_shape(size).distance(points) < 0]
    # Slightly less than the 0.74 of the condyles' half width at which the tibia is put.
    assert float(inside[:, 2].min()) == pytest.approx(-(400 + 0.71 * 42), abs=2.5)
    assert float(inside[:, 0].max()) == pytest.approx(42.0, abs=3.0)
    assert float(inside[:, 0].min()) == pytest.approx(-42.0, abs=3.0)


def test_a_deeper_knee_makes_only_a_longer_femur(lattice: Lattice) -> None:
    low = []
    for depth in (380.0, 420.0):
        points = lattice((-60, -60, -depth - 50), (60, 60, -depth + 20), 2.0)
        inside = points[femur_shape(FemurSize(knee_depth=depth)).distance(points) < 0]
        low.append(float(inside[:, 2].min()) + depth)
    assert low[0] == pytest.approx(low[1], abs=0.1)


def test_the_shaft_is_round_of_the_radius_asked_for_and_bowed_forward(lattice: Lattice) -> None:
    centers = {}
    for bow in (0.0, 12.0):
        points = lattice((-20, -50, -220), (60, 40, -219.6), 0.5)
        inside = points[femur_shape(FemurSize(shaft=13.0, bow=bow)).distance(points) < 0]
        assert math.sqrt(len(inside) * 0.25 / math.pi) == pytest.approx(13.0, abs=0.5)
        centers[bow] = float(inside[:, 1].mean())
    # Forward is toward smaller y. The middle of the shaft bows by nearly the whole amount.
    assert centers[0.0] - centers[12.0] == pytest.approx(12.0, abs=1.0)


def test_the_condyles_reach_behind_the_shaft_with_a_notch_between_them() -> None:
    shape = femur_shape(FemurSize())
    knee = -420.0
    medial, notch, lateral = shape.distance(torch.tensor([[-22.0, 30, knee], [0, 30, knee], [22.0, 30, knee]]))
    assert medial < 0 < notch
    assert lateral < 0


def test_every_drawn_femur_lies_within_its_bounds(lattice: Lattice) -> None:
    for seed in range(6):
        shape = femur_shape(FemurSize.draw(np.random.default_rng(seed)))
        low, high = shape.bounds
        points = lattice(tuple(v - 20 for v in low), tuple(v + 20 for v in high), 5.0)
        inside = points[shape.distance(points) < 0]
        assert (inside >= torch.tensor(low) - 0.01).all()
        assert (inside <= torch.tensor(high) + 0.01).all()


def test_drawn_femora_differ_and_stay_within_what_adults_have() -> None:
    sizes = [FemurSize.draw(np.random.default_rng(seed)) for seed in range(300)]
    assert len(set(sizes)) == 300
    assert all(340 <= size.knee_depth <= 500 and 19 <= size.head <= 29 and 10.5 <= size.shaft <= 18 for size in sizes)
    assert np.mean([size.neck_shaft for size in sizes]) == pytest.approx(126, abs=1.5)
