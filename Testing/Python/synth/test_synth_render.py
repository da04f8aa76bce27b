"""What the renderer fills in: tissues at their HU, volumes that do not depend on the grid, joints that fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from orthoai.geometry import Geometry
from orthoai_training.synth.acquisition import Scanner, scan
from orthoai_training.synth.bone import Bone, Region
from orthoai_training.synth.flesh import AIR
from orthoai_training.synth.render import Rendered, render
from orthoai_training.synth.scene import Scene
from orthoai_training.synth.skeleton import CONTEXT_LABELS
from orthoai_training.synth.voxels import points_of

MakeScene = Callable[..., Scene]


def cube(center: tuple[float, float, float], edge: float, step: float) -> Geometry:
    """A grid of ``edge`` mm around ``center``."""
    size = round(edge / step)
    origin = [c - step * (size - 1) / 2 for c in center]
    return Geometry(shape=(size,) * 3, spacing=(step,) * 3, origin=(origin[0], origin[1], origin[2]))


def rendered(scene: Scene, geometry: Geometry) -> Rendered:
    return render(scene, geometry, None, torch.Generator().manual_seed(0))


def femur_of(scene: Scene, side: str) -> Bone:
    return next(bone for bone in scene.skeleton.bones if bone.name == f"femur_{side}")


def around(geometry: Geometry, center: tuple[float, float, float]) -> torch.Tensor:
    """LPS points relative to ``center``."""
    whole = (slice(0, geometry.shape[0]), slice(0, geometry.shape[1]), slice(0, geometry.shape[2]))
    return points_of(geometry, whole, torch.device("cpu")) - torch.tensor(center)


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_femoral_head_sits_in_the_acetabulum(make_scene: MakeScene, side: str) -> None:
    scene = make_scene(seed=1, warp=0.0)
    hip = scene.skeleton.legs[side].hip
    grid = cube(hip, 110, 2.5)
    picture = rendered(scene, grid)
    offset = around(grid, hip)
    radius = torch.linalg.vector_norm(offset, dim=-1)
    assert (picture.labels[radius < 15] == {"left": 1, "right": 2}[side]).all()
    # The socket covers the upper inner half of the head, and nothing of it lies below and outside.
    inward = offset[..., 0] * (-1 if side == "left" else 1)
    shell = (radius > 24) & (radius < 38)
    is_hip = picture.bones == CONTEXT_LABELS["hip"]
    assert is_hip[shell & (inward > 5) & (offset[..., 2] > 5)].float().mean() > 0.3
    assert is_hip[shell & (inward < -15) & (offset[..., 2] < -15)].float().mean() < 0.02


def test_tissues_have_the_hounsfield_units_that_scans_show(make_scene: MakeScene) -> None:
    scene = replace(make_scene(seed=2, warp=0.0), table=False)
    femur = femur_of(scene, "left")
    middle = femur.pose.place((14.0, 0.0, -220.0))
    grid = cube(middle, 60, 1.0)
    hu = rendered(scene, grid).hu
    depth = -femur.distance(around(grid, (0.0, 0.0, 0.0)))
    tissue = femur.tissue
    assert hu[(depth > 1.5) & (depth < 2.5)].median() == pytest.approx(tissue.cortical, abs=60)
    assert hu[depth > tissue.cortex_middle + 4].median() == pytest.approx(tissue.marrow, abs=30)
    assert 700 < tissue.cortical < 1700
    assert -120 < tissue.marrow < 60
    assert 20 < hu[(depth < -6) & (depth > -15)].median() < 80  # muscle
    head = cube(femur.pose.translation, 20, 2.0)
    added, _ = femur.regional(torch.tensor([femur.pose.translation]))
    assert rendered(scene, head).hu.median() == pytest.approx(tissue.trabecular + float(added), abs=80)


def test_skin_covers_fat_which_covers_muscle_in_air(make_scene: MakeScene) -> None:
    scene = make_scene(seed=2)
    scene = replace(scene, table=False, body=replace(scene.body, fat=25.0))
    leg = scene.skeleton.legs["left"]
    middle = tuple(float(v) for v in (np.asarray(leg.hip) + np.asarray(leg.knee)) / 2)
    # From the middle of the thigh forward, where no bone is.
    grid = Geometry(shape=(6, 130, 1), spacing=(2.0, 2.0, 2.0), origin=(middle[0], middle[1] - 258, middle[2]))
    inward = rendered(scene, grid).hu.mean(dim=(0, 2))
    assert inward[:20].median() == pytest.approx(AIR, abs=20)
    skin = int(torch.nonzero(inward > -500)[0])
    assert inward[skin + 3 : skin + 8].median() == pytest.approx(-100, abs=40)
    assert inward[skin + 18 : skin + 24].median() == pytest.approx(55, abs=40)


def test_the_table_lies_behind_the_body_only_where_there_is_one(make_scene: MakeScene) -> None:
    scene = make_scene(seed=2)
    grid = Geometry(shape=(3, 100, 60), spacing=(8.0, 6.0, 8.0), origin=(-240.0, -250.0, -100.0))
    with_table = rendered(replace(scene, table=True), grid).hu
    without = rendered(replace(scene, table=False), grid).hu
    changed = torch.nonzero((with_table - without).abs() > 50)
    assert len(changed) > 100
    body = torch.nonzero(without > -200)
    assert changed[:, 1].min() > body[:, 1].median()
    assert ((with_table > -900) & (with_table < -800)).sum() > ((without > -900) & (without < -800)).sum()


def test_a_mask_has_the_same_volume_on_a_fine_and_on_a_coarse_grid(make_scene: MakeScene) -> None:
    scene = make_scene(seed=3)
    center = scene.skeleton.legs["left"].hip
    volumes = []
    for step in (1.5, 3.0):
        grid = cube((center[0] + 25, center[1], center[2] - 30), 120, step)
        volumes.append(float((rendered(scene, grid).labels == 1).sum()) * grid.voxel_volume)
    assert volumes[0] > 100_000
    assert volumes[1] == pytest.approx(volumes[0], rel=0.03)


def test_edges_are_blurred_over_about_one_voxel(make_scene: MakeScene) -> None:
    scene = make_scene(seed=3, warp=0.0)
    femur = femur_of(scene, "left")
    grid = cube(femur.pose.place((14.0, 0.0, -220.0)), 70, 2.0)
    hu, depth = rendered(scene, grid).hu, -femur.distance(around(grid, (0.0, 0.0, 0.0)))
    edge = hu[depth.abs() < 0.2].median()
    assert edge == pytest.approx((femur.tissue.cortical + 55) / 2, rel=0.25)
    assert hu[(depth < -3.5) & (depth > -6)].median() < 120


def test_femoral_metal_counts_as_femur_and_other_metal_as_nothing(make_scene: MakeScene) -> None:
    kinds = set()
    for seed in range(8):
        scene = make_scene(seed=seed, metal=1.0)
        for implant in scene.implants:
            if implant.name in kinds:
                continue
            kinds.add(implant.name)
            low, high = implant.lps_bounds()
            grid = cube(tuple((low + high) / 2), float((high - low).max()), 3.0)
            picture = rendered(replace(scene, implants=(implant,)), grid)
            assert picture.metal.sum() > 20
            assert (picture.labels[picture.metal] == implant.label).all()
            assert (picture.bones[picture.metal] == 0).all()
            assert picture.hu[picture.metal].max() == pytest.approx(implant.hu, rel=0.1)
    assert kinds == {"hip_stem", "hip_cup", "hip_nail", "knee_cap", "knee_tray"}


def test_a_hip_prosthesis_leaves_nothing_of_the_head(make_scene: MakeScene) -> None:
    scene = next(
        scene
        for scene in (make_scene(seed=seed, metal=1.0, warp=0.0) for seed in range(20))
        if scene.implants and scene.implants[0].name == "hip_stem"
    )
    stem = scene.implants[0]
    bone = femur_of(scene, {1: "left", 2: "right"}[stem.label])
    grid = cube(bone.pose.translation, 60, 2.0)
    picture = rendered(scene, grid)
    near = torch.linalg.vector_norm(around(grid, bone.pose.translation), dim=-1) < 12
    assert bone.distance(around(grid, (0.0, 0.0, 0.0)))[near].min() > 0
    assert picture.metal[near].all()
    # The shaft is still there.
    shaft = torch.tensor([bone.pose.place((40.0, 0.0, -80.0))])
    assert float(bone.distance(shaft)) < 0


def test_a_bone_is_denser_where_it_carries_weight(make_scene: MakeScene) -> None:
    scene = make_scene(seed=4, warp=0.0)
    femur = femur_of(scene, "left")
    grid = cube(femur.pose.translation, 16, 2.0)
    dense = replace(femur, regions=(Region((0.0, 0.0, 0.0), 0.0, 0.0, 20.0, hu=200.0),))
    pictures = [
        rendered(replace(scene, skeleton=replace(scene.skeleton, bones=(bone,))), grid).hu
        for bone in (dense, replace(femur, regions=()))
    ]
    assert (pictures[0] - pictures[1]).median() == pytest.approx(180, abs=25)


def test_the_warp_moves_bones_and_the_masks_with_them(make_scene: MakeScene) -> None:
    scene = make_scene(seed=3, warp=4.0)
    straight = replace(scene, warp=replace(scene.warp, field=torch.zeros_like(scene.warp.field)))
    grid = cube(scene.skeleton.legs["left"].hip, 100, 2.5)
    moved, still = rendered(scene, grid), rendered(straight, grid)
    a, b = moved.labels == 1, still.labels == 1
    overlap = 2 * float((a & b).sum()) / float(a.sum() + b.sum())
    assert 0.6 < overlap < 0.98
    assert moved.hu[a].mean() == pytest.approx(float(still.hu[b].mean()), rel=0.1)


def test_a_scanner_adds_its_noise_and_darkens_flesh_between_bones(make_scene: MakeScene) -> None:
    scene = replace(make_scene(seed=3), table=False)
    grid = cube(scene.skeleton.legs["left"].hip, 90, 3.0)
    clean = rendered(scene, grid)
    quiet = Scanner(noise=0.0, blur=False, hardening=0.0)

    def scanned(scanner: Scanner) -> torch.Tensor:
        copy = replace(clean, hu=clean.hu.clone())
        return scan(copy, grid.spacing, scanner, torch.Generator().manual_seed(1)).float()

    base = scanned(quiet)
    assert (base - clean.hu).abs().max() <= 1.0  # whole HU
    noisy = scanned(replace(quiet, noise=20.0))
    assert 10 < float((noisy - base).std()) < 40
    blurred = scanned(replace(quiet, noise=20.0, blur=True))
    assert float((blurred - scanned(replace(quiet, blur=True))).std()) < 0.6 * float((noisy - base).std())
    hard = scanned(replace(quiet, hardening=50.0))
    flesh = (clean.hu > -200) & (clean.hu < 150)
    assert (hard - base)[flesh].mean() < -5
    assert (hard - base)[clean.hu > 300].abs().max() == 0


def test_metal_streaks_are_strong_near_metal_and_gone_elsewhere(make_scene: MakeScene) -> None:
    hu = torch.full((2, 60, 60), 50.0)
    metal = torch.zeros(hu.shape, dtype=torch.bool)
    metal[0, 28:33, 28:33] = True
    none = torch.zeros(hu.shape, dtype=torch.uint8)
    out = scan(
        Rendered(hu, none, none, metal), (2.0, 2.0, 2.0), Scanner(0.0, False, 0.0, 300.0), torch.Generator()
    ).float()
    assert (out[1] == 50).all()
    assert out[0, 26:35, 26:35].std() > 20
    assert out[0, :4, :4].std() < 12


def test_a_head_without_cortex_is_as_bright_at_its_rim_as_inside(make_scene: MakeScene) -> None:
    scene = make_scene(seed=4, warp=0.0)
    femur = femur_of(scene, "left")
    plain = replace(femur.tissue, cortex_end=2.0, trabecular=150.0, cortical=1200.0)
    grid = cube(femur.pose.translation, 60, 1.0)
    depth = -femur.distance(around(grid, (0.0, 0.0, 0.0)))
    radius = torch.linalg.vector_norm(around(grid, femur.pose.translation), dim=-1)
    rim = (depth > 0.8) & (depth < 1.6) & (radius < 26)
    medians = []
    for factor in (0.0, 1.0):
        bone = replace(femur, tissue=plain, regions=(Region((0.0, 0.0, 0.0), 0.0, 30.0, 5.0, cortex=factor),))
        hu = rendered(replace(scene, skeleton=replace(scene.skeleton, bones=(bone,))), grid).hu
        medians.append(float(hu[rim].median()))
    assert medians[0] < 350 < 900 < medians[1]
