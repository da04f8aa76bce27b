"""Signed distances of the building blocks have known values."""

from __future__ import annotations

import pytest
import torch
from orthoai_training.synth.sdf import cone, ellipsoid, join, smooth_cut, smooth_union, sphere, tube

POINTS = torch.tensor([[0.0, 0.0, 0.0], [10.0, 0.0, 0.0], [0.0, -3.0, 4.0], [7.0, 7.0, 7.0], [-2.0, 20.0, 5.0]])


def test_a_sphere_is_as_far_as_its_center_less_the_radius() -> None:
    known = torch.tensor([-5.0, 5.0, 0.0, 147**0.5 - 5, 429**0.5 - 5])
    assert torch.allclose(sphere(POINTS, (0, 0, 0), 5.0), known, atol=1e-5)


def test_an_ellipsoid_of_equal_radii_is_a_sphere() -> None:
    assert torch.allclose(ellipsoid(POINTS, (1, 2, 3), (4, 4, 4)), sphere(POINTS, (1, 2, 3), 4.0), atol=1e-4)


def test_an_ellipsoid_is_zero_at_its_poles_and_grows_by_one_mm_per_mm_there() -> None:
    radii = (3.0, 6.0, 12.0)
    for axis, radius in enumerate(radii):
        pole = torch.zeros(3)
        pole[axis] = radius
        assert float(ellipsoid(pole, (0, 0, 0), radii)) == pytest.approx(0.0, abs=1e-5)
        beyond = pole.clone()
        beyond[axis] += 0.01
        assert float(ellipsoid(beyond, (0, 0, 0), radii)) == pytest.approx(0.01, abs=1e-4)


def test_a_cone_of_one_radius_is_a_capsule() -> None:
    start, end = (0.0, 0.0, 0.0), (0.0, 0.0, 10.0)
    points = torch.tensor([[5.0, 0, 5.0], [0, 0, 14.0], [0, 3.0, -4.0], [0, 0, 5.0]])
    assert torch.allclose(cone(points, start, end, 2.0, 2.0), torch.tensor([3.0, 2.0, 3.0, -2.0]), atol=1e-5)


def test_a_cone_narrows_evenly_from_its_start_to_its_end() -> None:
    points = torch.tensor([[8.0, 0, 0], [8.0, 0, 5.0], [8.0, 0, 10.0]])
    assert torch.allclose(cone(points, (0, 0, 0), (0, 0, 10), 6.0, 2.0), torch.tensor([2.0, 4.0, 6.0]), atol=1e-5)


def test_a_tube_follows_its_path_round_a_corner() -> None:
    path, radii = [(0, 0, 0), (10, 0, 0), (10, 10, 0)], [1.0, 1.0, 1.0]
    points = torch.tensor([[5.0, 0, 4.0], [10.0, 5.0, 4.0], [10.0, 0, 4.0]])
    assert torch.allclose(tube(points, path, radii), torch.full((3,), 3.0), atol=1e-5)


@pytest.mark.parametrize("blend", [1.0, 8.0])
def test_a_smooth_union_lies_within_a_quarter_blend_below_the_smaller_distance(blend: float) -> None:
    first, second = torch.randn(2, 500, generator=torch.Generator().manual_seed(1)) * 10
    both = smooth_union(first, second, blend)
    least = torch.minimum(first, second)
    assert (both <= least + 1e-4).all()
    assert (both >= least - blend / 4 - 1e-4).all()
    far = (first - second).abs() >= blend
    assert far.any()
    assert torch.allclose(both[far], least[far], atol=1e-4)
    assert torch.allclose(both, smooth_union(second, first, blend), atol=1e-4)


def test_joining_one_part_changes_nothing_and_joining_grows_the_shape() -> None:
    parts = [sphere(POINTS, (0, 0, 0), 5.0), sphere(POINTS, (8, 0, 0), 5.0), sphere(POINTS, (0, 8, 0), 5.0)]
    assert torch.equal(join(parts[:1], 3.0), parts[0])
    assert (join(parts, 3.0) <= torch.stack(parts).amin(dim=0) + 1e-5).all()


def test_what_is_cut_out_lies_outside_of_the_rest() -> None:
    x = torch.linspace(-12, 12, 49)
    points = torch.stack([x, torch.zeros_like(x), torch.zeros_like(x)], dim=-1)
    body, hole = sphere(points, (0, 0, 0), 10.0), sphere(points, (10, 0, 0), 4.0)
    rest = smooth_cut(body, hole, 1.0)
    assert (rest[hole < 0] > 0).all()
    assert torch.allclose(rest, torch.maximum(body, -hole), atol=0.25 + 1e-4)
    assert torch.allclose(rest[x < -4], body[x < -4], atol=1e-4)
