"""One person's lower skeleton, posed: which bones lie where."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from orthoai_training.synth.bone import Bone, Pose, Tissue
from orthoai_training.synth.femur_shape import FemurSize, femur_shape
from orthoai_training.synth.hip_shape import HipSize, hip_bone_shape, sacrum_shape, vertebra_shape
from orthoai_training.synth.leg_shape import LegSize, fibula_shape, hindfoot_shape, patella_shape, tibia_shape
from orthoai_training.synth.shape_library import RealFemur, ShapeLibrary
from orthoai_training.synth.soft_tissue import LegAxis

FEMUR_LABELS = {"left": 1, "right": 2}
CONTEXT_LABELS = {"hip": 11, "sacrum": 12, "vertebra": 13, "tibia": 14, "fibula": 15, "patella": 16, "hindfoot": 17}
"""Values of the other bones in the simulator's own bone map; never in a task's label map."""


@dataclass(frozen=True)
class Skeleton:
    """Posed bones and the landmarks that the body is built around.

    Attributes:
        legs: joint centers by side.
        pelvis_center: midpoint of the hips, LPS mm.
        usable_below: z in LPS mm above which every femur is real bone to its end; a scan must end above it
            when the femora are proximal parts. None when all are whole.
        shapes: names of the real shapes used.
    """

    bones: tuple[Bone, ...]
    legs: dict[str, LegAxis]
    pelvis_center: tuple[float, float, float]
    usable_below: float | None
    shapes: tuple[str, ...]


def draw_skeleton(rng: np.random.Generator, library: ShapeLibrary | None, sides: tuple[str, ...]) -> Skeleton:
    """A random person. With a ``library`` that has femora, the femora are real; other bones where it has them."""
    tissue = Tissue.draw(rng)
    flat = replace(tissue, long=False, cortical=tissue.cortical * 0.75, cortex_end=tissue.cortex_end + 0.4)
    size = FemurSize.draw(rng)
    real = _draw_femora(rng, library)
    stretch = _stretch(rng)
    head = (real["left"].head * float(np.mean(stretch))) if real else size.head
    knee_depth = (real["left"].knee_depth * stretch[2]) if real else size.knee_depth
    hips = HipSize.draw(rng, head)
    leg_size = LegSize.draw(rng, knee_depth, size.condyles)
    tilt = Rotation.from_euler("xyz", rng.normal(0, [6.0, 3.0, 4.0]), degrees=True).as_matrix()
    real_hip = (
        library.hips[rng.integers(len(library.hips))] if library and library.hips and rng.random() < 0.6 else None
    )
    real_leg = (
        library.legs[rng.integers(len(library.legs))] if library and library.legs and rng.random() < 0.7 else None
    )
    grow = head / 24.0 if real_hip else 1.0
    half = real_hip[1] * grow if real_hip else hips.half_distance

    bones: list[Bone] = []
    legs: dict[str, LegAxis] = {}
    usable: float | None = None
    whole_pelvis = Pose(tilt, (0.0, 0.0, 0.0))
    if real_hip:
        # A whole pelvis surface: one bone, placed by its left hip.
        center = tilt @ np.array([half, 0.0, 0.0])
        bones.append(
            Bone("hip", real_hip[0], Pose(tilt, tuple(center), False, (grow,) * 3), flat, CONTEXT_LABELS["hip"])
        )
    for side in ("left", "right"):
        mirror = side == "right"
        sign = -1.0 if mirror else 1.0
        hip = tilt @ np.array([sign * half, 0.0, 0.0])
        if not real_hip:
            bones.append(Bone("hip", hip_bone_shape(hips), Pose(tilt, tuple(hip), mirror), flat, CONTEXT_LABELS["hip"]))
        if side not in sides:
            continue
        adduction = float(np.clip(rng.normal(3.0, 3.0), -5.0, 7.0))
        thigh = _turn([rng.normal(-2.0, 7.0), adduction, rng.normal(0.0, 11.0)], mirror)
        femur = real.get(side) if real else None
        shape = femur.shape if femur else femur_shape(size)
        scale = stretch if femur else (1.0, 1.0, 1.0)
        pose = Pose(thigh, tuple(hip), mirror, scale)
        ends = None if femur is None or femur.whole else (-femur.knee_depth, femur.head)
        bones.append(Bone(f"femur_{side}", shape, pose, tissue, FEMUR_LABELS[side], ends))
        knee = pose.place((0.0, 0.0, -knee_depth / scale[2]))
        shank = _turn([abs(rng.normal(0, 7.0)), 0.0, 0.0], mirror, thigh)
        below = Pose(shank, knee, mirror)
        legs[side] = LegAxis(tuple(hip), knee, below.place((0.0, 10.0, -leg_size.length)))
        if femur and not femur.whole:
            end = pose.place((45.0, 0.0, femur.cut))[2] + 14.0
            usable = end if usable is None else max(usable, end)
        bones += _shank(below, leg_size, real_leg, tissue, flat)
    bones.append(Bone("sacrum", sacrum_shape(hips), whole_pelvis, flat, CONTEXT_LABELS["sacrum"]))
    bones += [
        Bone("vertebra", vertebra_shape(hips, level), whole_pelvis, flat, CONTEXT_LABELS["vertebra"])
        for level in range(3)
    ]
    used = tuple(sorted({femur.name for femur in real.values()})) if real else ()
    return Skeleton(tuple(bones), legs, (0.0, 0.0, 0.0), usable, used)


def _shank(pose: Pose, size: LegSize, real: dict | None, tissue: Tissue, flat: Tissue) -> list[Bone]:
    grow = size.length / 365.0
    parametric = {"tibia": tibia_shape, "fibula": fibula_shape, "patella": patella_shape}
    bones = []
    for name, make in parametric.items():
        shape, placed = (real[name], replace(pose, scale=(grow,) * 3)) if real and name in real else (make(size), pose)
        bones.append(Bone(name, shape, placed, flat if name == "patella" else tissue, CONTEXT_LABELS[name]))
    bones.append(Bone("hindfoot", hindfoot_shape(size), pose, flat, CONTEXT_LABELS["hindfoot"]))
    return bones


def _draw_femora(rng: np.random.Generator, library: ShapeLibrary | None) -> dict[str, RealFemur]:
    if library is None or not library.femora:
        return {}
    chosen = library.femora[rng.integers(len(library.femora))]
    # The other side is the same person's other femur where there is one, else the mirror image.
    twins = [chosen] if chosen.whole else [femur for femur in library.femora if femur.person == chosen.person]
    return {"left": twins[0], "right": twins[-1]}


def _stretch(rng: np.random.Generator) -> tuple[float, float, float]:
    whole = rng.normal(1.0, 0.05)
    x, y, z = np.clip(whole * rng.normal(1.0, 0.03, 3), 0.85, 1.15)
    return float(x), float(y), float(z)


def _turn(degrees: NDArray[np.float64] | list[float], mirror: bool, base: NDArray[np.float64] | None = None) -> NDArray:
    """Flexion (about x), adduction (about y) and rotation (about z) of a left leg; the right one mirrored."""
    flexion, adduction, rotation = degrees
    sign = -1.0 if mirror else 1.0
    turn = Rotation.from_euler("xyz", [flexion, sign * adduction, sign * rotation], degrees=True).as_matrix()
    return turn if base is None else base @ turn
