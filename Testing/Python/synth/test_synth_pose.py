"""Bones are placed rigidly, right ones as mirror images, and the warp moves them by what it says."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from orthoai_training.synth.bone import Bone, Pose, Tissue, bone_hu
from orthoai_training.synth.femur_shape import FemurSize, femur_shape
from orthoai_training.synth.implants import hip_prosthesis
from orthoai_training.synth.sdf import sphere
from orthoai_training.synth.shape import AnalyticShape, SampledShape
from orthoai_training.synth.shape_library import RealFemur, ShapeLibrary
from orthoai_training.synth.skeleton import draw_skeleton
from orthoai_training.synth.warp import Warp
from scipy.spatial.transform import Rotation

TURN = Rotation.from_euler("xyz", [12.0, -7.0, 25.0], degrees=True).as_matrix()
MIRROR = np.diag([-1.0, 1.0, 1.0])
LOCAL = torch.randn(400, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * torch.tensor(
    [40.0, 40.0, 200.0]
) - torch.tensor([0.0, 0.0, 200.0])


@pytest.fixture(scope="module")
def shape() -> AnalyticShape:
    return femur_shape(FemurSize(anteversion=15.0))


@pytest.mark.parametrize("mirror", [False, True])
def test_placing_a_point_and_bringing_it_back_gives_the_point(mirror: bool) -> None:
    pose = Pose(TURN, (80.0, -20.0, 5.0), mirror, (1.1, 0.9, 1.05))
    placed = torch.tensor(np.array([pose.place(p) for p in LOCAL.numpy()]))
    assert torch.allclose(pose.to_local(placed), LOCAL, atol=1e-9)


@pytest.mark.parametrize("mirror", [False, True])
def test_a_rigid_pose_keeps_every_distance(shape: AnalyticShape, mirror: bool) -> None:
    pose = Pose(TURN, (80.0, -20.0, 5.0), mirror)
    bone = Bone("femur_left", shape, pose, Tissue(), 1)
    placed = torch.tensor(np.array([pose.place(p) for p in LOCAL.numpy()]))
    assert torch.allclose(bone.distance(placed), shape.distance(LOCAL), atol=1e-6)
    low, high = bone.lps_bounds()
    inside = placed[shape.distance(LOCAL) < 0].numpy()
    assert len(inside) > 10
    assert (inside >= low).all()
    assert (inside <= high).all()


def test_a_right_bone_is_the_mirror_image_of_the_left(shape: AnalyticShape) -> None:
    left = Bone("femur_left", shape, Pose(TURN, (80.0, -20.0, 5.0)), Tissue(), 1)
    right = Bone("femur_right", shape, Pose(MIRROR @ TURN @ MIRROR, (-80.0, -20.0, 5.0), True), Tissue(), 2)
    flipped = LOCAL * torch.tensor([-1.0, 1.0, 1.0])
    assert torch.allclose(right.distance(flipped), left.distance(LOCAL), atol=1e-6)
    assert torch.allclose(right.long_position(flipped), left.long_position(LOCAL), atol=1e-6)


def test_a_stretched_sphere_is_a_bigger_sphere() -> None:
    ball = AnalyticShape(lambda p: sphere(p, (0, 0, 0), 10.0), ((-10, -10, -10), (10, 10, 10)))
    bone = Bone("hip", ball, Pose(TURN, (1.0, 2.0, 3.0), False, (1.2, 1.2, 1.2)), Tissue())
    points = LOCAL + torch.tensor([1.0, 2.0, 3.0])
    assert torch.allclose(bone.distance(points), sphere(points, (1, 2, 3), 12.0), atol=1e-4)


def test_an_implant_is_placed_with_its_bone(shape: AnalyticShape) -> None:
    bone = Bone("femur_right", shape, Pose(TURN, (-80.0, 0.0, 0.0), True), Tissue(), 2)
    stem, cup = hip_prosthesis(bone, np.random.default_rng(0))
    assert (stem.label, cup.label) == (2, 0)
    center = torch.tensor([bone.pose.place((0.0, 0.0, 0.0))])
    assert float(stem.distance(center)) < -10
    in_canal = torch.tensor([bone.pose.place((40.0, 0.0, -80.0))])
    assert float(stem.distance(in_canal)) < 0
    low, high = stem.lps_bounds()
    assert (low < np.asarray(in_canal[0])).all()
    assert (high > np.asarray(in_canal[0])).all()


def test_a_long_bone_holds_marrow_in_its_middle_and_trabecular_bone_at_its_ends(shape: AnalyticShape) -> None:
    tissue = Tissue(cortical=1200, trabecular=250, marrow=-50, cortex_middle=5.0, cortex_end=1.5)
    bone = Bone("femur_left", shape, Pose(), tissue, 1)
    deep = torch.full((3,), 12.0)
    position = torch.tensor([0.02, 0.5, 0.98])
    hu = bone_hu(bone, deep, position, torch.zeros(3), 0.3)
    assert hu.tolist() == pytest.approx([250, -50, 250], abs=5)
    surface = bone_hu(bone, torch.full((3,), 0.7), position, torch.zeros(3), 0.2)
    assert (surface > 1100).all()
    at_3_mm = bone_hu(bone, torch.full((3,), 3.0), position, torch.zeros(3), 0.2)
    assert at_3_mm[1] > 1100 > at_3_mm[0]


def test_a_sampled_shape_gives_back_the_distances_it_holds() -> None:
    z, y, x = torch.meshgrid(*(torch.arange(n, dtype=torch.float32) for n in (20, 24, 28)), indexing="ij")
    nodes = torch.stack([x, y, z], dim=-1) * 2.0 + torch.tensor([-27.0, -23.0, -19.0])
    sampled = SampledShape(sphere(nodes, (0, 0, 0), 12.0), (-27.0, -23.0, -19.0), 2.0)
    assert torch.allclose(sampled.distance(nodes), sphere(nodes, (0, 0, 0), 12.0), atol=1e-3)
    between = nodes[:-1, :-1, :-1] + 1.0
    known = sphere(between, (0, 0, 0), 12.0)
    near = known.abs() < 6  # around the center a linear interpolation rounds off the peak
    assert torch.allclose(sampled.distance(between)[near], known[near], atol=0.35)
    assert sampled.bounds == ((-27.0, -23.0, -19.0), (27.0, 23.0, 19.0))


# Skeletons


def test_hips_knees_and_ankles_follow_one_another_on_both_sides() -> None:
    for seed in range(20):
        skeleton = draw_skeleton(np.random.default_rng(seed), None, ("left", "right"))
        left, right = skeleton.legs["left"], skeleton.legs["right"]
        assert left.hip[0] > 60
        assert right.hip[0] < -60
        for leg in (left, right):
            assert 330 < np.linalg.norm(np.subtract(leg.hip, leg.knee)) < 520
            assert leg.hip[2] > leg.knee[2] > leg.ankle[2]
        assert skeleton.usable_below is None
        assert skeleton.shapes == ()


def test_one_person_gives_both_proximal_femora_and_scans_end_above_their_cuts() -> None:
    ball = SampledShape(torch.ones(3, 3, 3), (-30.0, -30.0, -130.0), 60.0)
    people = [("a", "l"), ("a", "r"), ("b", "l"), ("b", "r")]
    femora = tuple(RealFemur(f"my_bones/{name}_{side}femur", ball, False, -130.0, 420.0) for name, side in people)
    used = {
        draw_skeleton(np.random.default_rng(seed), ShapeLibrary(femora), ("left", "right")).shapes for seed in range(12)
    }
    assert used == {
        ("my_bones/a_lfemur", "my_bones/a_rfemur"),
        ("my_bones/b_lfemur", "my_bones/b_rfemur"),
    }
    skeleton = draw_skeleton(np.random.default_rng(0), ShapeLibrary(femora), ("left", "right"))
    assert skeleton.usable_below is not None
    assert -140 < skeleton.usable_below < -80


# Warp


@pytest.mark.parametrize("amplitude", [1.0, 4.0])
def test_a_warp_moves_points_by_its_amplitude_and_smoothly(amplitude: float) -> None:
    low, high = (-200.0, -100.0, -800.0), (200.0, 150.0, 200.0)
    generator = torch.Generator().manual_seed(5)
    warp = Warp.draw(low, high, amplitude, generator, torch.device("cpu"))
    points = torch.rand(20000, 3, generator=generator) * (torch.tensor(high) - torch.tensor(low)) + torch.tensor(low)
    moved = warp(points) - points
    assert float(moved.square().sum(dim=-1).mean().sqrt()) == pytest.approx(amplitude, rel=0.25)
    step = torch.tensor([1.0, 0.0, 0.0])
    strain = (warp(points + step) - step - points - moved).abs().max()
    assert float(strain) < 0.25 * amplitude  # nothing folds


def test_no_amplitude_moves_nothing() -> None:
    warp = Warp.draw((0.0, 0.0, 0.0), (100.0, 100.0, 100.0), 0.0, torch.Generator(), torch.device("cpu"))
    points = torch.rand(50, 3) * 100
    assert torch.allclose(warp(points), points, atol=1e-5)
