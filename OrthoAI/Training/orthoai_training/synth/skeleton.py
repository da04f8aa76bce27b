"""One person's lower skeleton, posed: which bones lie where."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from orthoai.geometry import Triple
from scipy.spatial.transform import Rotation

from orthoai_training.synth.bone import Bone, Pose, Region, Tissue
from orthoai_training.synth.femur_shape import FemurSize, femur_shape
from orthoai_training.synth.hip_shape import HipSize, hip_bone_shape, sacrum_shape, vertebra_shape
from orthoai_training.synth.leg_shape import LegSize, fibula_shape, hindfoot_shape, patella_shape, tibia_shape
from orthoai_training.synth.shape import SampledShape, Shape
from orthoai_training.synth.shape_library import RealFemur, ShapeLibrary
from orthoai_training.synth.soft_tissue import LegAxis

FEMUR_LABELS = {"left": 1, "right": 2}
CONTEXT_LABELS = {"hip": 11, "sacrum": 12, "vertebra": 13, "tibia": 14, "fibula": 15, "patella": 16, "hindfoot": 17}
"""Values of the other bones in the simulator's own bone map; never in a task's label map."""

REAL_HIP, REAL_LEG = 0.8, 0.7
"""Chances that a person with real femora also has a real pelvis and real lower legs, where there are any."""

CUT_MARGIN = 14.0
"""mm above the lower end of a proximal femur at which a scan must end: bones move by a few mm."""


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
    pelvis_center: Triple
    usable_below: float | None
    shapes: tuple[str, ...]


def draw_skeleton(rng: np.random.Generator, library: ShapeLibrary | None, sides: tuple[str, ...]) -> Skeleton:
    """A random person. With a ``library`` that has femora, the femora are real; other bones where it has them."""
    library = library or ShapeLibrary()
    tissue = Tissue.draw(rng)
    size = FemurSize.draw(rng)
    real = _draw_femora(rng, library)
    stretch = _stretch(rng)
    head = real["left"].head * float(np.mean(stretch)) if real else size.head
    knee_depth = real["left"].knee_depth * stretch[2] if real else size.knee_depth
    hips = HipSize.draw(rng, head)
    leg_size = LegSize.draw(rng, knee_depth, size.condyles)
    tilt = Rotation.from_euler("xyz", rng.normal(0, [6.0, 3.0, 4.0]), degrees=True).as_matrix()
    real_hip = library.hips[rng.integers(len(library.hips))] if library.hips and rng.random() < REAL_HIP else None
    real_leg = library.legs[rng.integers(len(library.legs))] if library.legs and rng.random() < REAL_LEG else {}
    # Made for a head of usual size, a real pelvis grows with the femur's.
    grow = head / FemurSize.head if real_hip else 1.0
    half = real_hip[1] * grow if real_hip else hips.half_distance
    shell = tissue.cortex_end * float(rng.uniform(0.6, 1.3))
    flat = replace(tissue, long=False, cortical=tissue.cortical * 0.75, cortex_end=shell)

    load = _Load.draw(rng, head)
    bones: list[Bone] = []
    legs: dict[str, LegAxis] = {}
    usable: list[float] = []
    if real_hip:
        # A whole pelvis surface: one bone, placed by its left hip.
        at_left = Pose(tilt, _point(tilt @ np.array([half, 0.0, 0.0])), False, (grow, grow, grow))
        sockets = load.socket((0.0, 0.0, 0.0)), load.socket((-2 * real_hip[1], 0.0, 0.0))
        bones.append(Bone("hip", real_hip[0], at_left, flat, CONTEXT_LABELS["hip"], regions=sockets))
    for side in ("left", "right"):
        mirror = side == "right"
        hip = _point(tilt @ np.array([-half if mirror else half, 0.0, 0.0]))
        if not real_hip:
            at_hip, around = Pose(tilt, hip, mirror), (load.socket((0.0, 0.0, 0.0)),)
            bones.append(Bone("hip", hip_bone_shape(hips), at_hip, flat, CONTEXT_LABELS["hip"], regions=around))
        if side not in sides:
            continue
        femur = real.get(side)
        pose = Pose(_draw_thigh(rng, mirror), hip, mirror, stretch if femur else (1.0, 1.0, 1.0))
        ends = None if femur is None or femur.whole else (-femur.knee_depth, femur.head)
        shape = femur.shape if femur else femur_shape(size)
        bones.append(Bone(f"femur_{side}", shape, pose, tissue, FEMUR_LABELS[side], ends, load.femur))
        knee = pose.place((0.0, 0.0, -knee_depth / pose.scale[2]))
        shank = Pose(_turn([abs(rng.normal(0, 7.0)), 0.0, 0.0], mirror, pose.rotation), knee, mirror)
        legs[side] = LegAxis(hip, knee, shank.place((0.0, 10.0, -leg_size.length)))
        if femur and not femur.whole:
            usable.append(pose.place((45.0, 0.0, femur.cut))[2] + CUT_MARGIN)
        bones += _shank(shank, leg_size, real_leg, tissue, flat)
    middle = Pose(tilt)
    bones.append(Bone("sacrum", sacrum_shape(hips), middle, flat, CONTEXT_LABELS["sacrum"]))
    for level in range(3):
        bones.append(Bone("vertebra", vertebra_shape(hips, level), middle, flat, CONTEXT_LABELS["vertebra"]))
    used = tuple(sorted({femur.name for femur in real.values()}))
    return Skeleton(tuple(bones), legs, (0.0, 0.0, 0.0), max(usable, default=None), used)


@dataclass(frozen=True)
class _Load:
    """How a life of standing has changed the bone at the hips.

    The head of a femur often has no cortex that a scan would show, and is dense only where its trabeculae carry the
    weight; what then shines around the joint is the wall of the socket.

    Attributes:
        head: mm, radius of the femoral head.
        core: of the weight-bearing trabeculae.
        head_cortex: factor on the cortex of head and neck.
        neck_hu: HU added in the neck's porous triangle; negative.
        socket_hu, socket_cortex: HU added in the socket's wall, and the factor on its cortex.
    """

    head: float
    core: Region
    head_cortex: float
    neck_hu: float
    socket_hu: float
    socket_cortex: float

    @classmethod
    def draw(cls, rng: np.random.Generator, head: float) -> _Load:
        x, y, z = head * rng.uniform((-0.1, -0.3, -0.2), (0.4, 0.3, 0.5))
        core = Region((float(x), float(y), float(z)), 0.0, 0.0, head * float(rng.uniform(0.4, 0.9)))
        return cls(
            head=head,
            core=replace(core, hu=float(rng.uniform(0, 350))),
            head_cortex=float(rng.uniform(0.0, 1.0)),
            neck_hu=float(rng.uniform(-120, 0)),
            socket_hu=float(rng.uniform(-30, 250)),
            socket_cortex=float(rng.uniform(0.7, 1.8)),
        )

    @property
    def femur(self) -> tuple[Region, ...]:
        return (
            self.core,
            Region((0.0, 0.0, 0.0), 0.0, 1.1 * self.head, 6.0, cortex=self.head_cortex),
            Region((24.0, 2.0, -24.0), 0.0, 0.0, 14.0, hu=self.neck_hu),
        )

    def socket(self, center: Triple) -> Region:
        return Region(center, 0.0, self.head + 7.0, 5.0, hu=self.socket_hu, cortex=self.socket_cortex)


def _draw_thigh(rng: np.random.Generator, mirror: bool) -> NDArray[np.float64]:
    adduction = float(np.clip(rng.normal(3.0, 3.0), -5.0, 7.0))
    return _turn([rng.normal(-2.0, 7.0), adduction, rng.normal(0.0, 11.0)], mirror)


def _shank(pose: Pose, size: LegSize, real: dict[str, SampledShape], tissue: Tissue, flat: Tissue) -> list[Bone]:
    """Tibia, fibula, patella (``real`` where it has them) and hindfoot."""
    grow = size.length / LegSize.length
    parametric = {"tibia": tibia_shape, "fibula": fibula_shape, "patella": patella_shape}
    bones = []
    for name, make in parametric.items():
        shape: Shape = real[name] if name in real else make(size)
        placed = replace(pose, scale=(grow, grow, grow)) if name in real else pose
        bones.append(Bone(name, shape, placed, flat if name == "patella" else tissue, CONTEXT_LABELS[name]))
    bones.append(Bone("hindfoot", hindfoot_shape(size), pose, flat, CONTEXT_LABELS["hindfoot"]))
    return bones


def _draw_femora(rng: np.random.Generator, library: ShapeLibrary) -> dict[str, RealFemur]:
    if not library.femora:
        return {}
    chosen = library.femora[rng.integers(len(library.femora))]
    # The other side is the same person's other femur where there is one, else the mirror image.
    twins = [chosen] if chosen.whole else [femur for femur in library.femora if femur.person == chosen.person]
    return {"left": twins[0], "right": twins[-1]}


def _stretch(rng: np.random.Generator) -> Triple:
    whole = rng.normal(1.0, 0.05)
    x, y, z = np.clip(whole * rng.normal(1.0, 0.03, 3), 0.85, 1.15)
    return float(x), float(y), float(z)


def _point(xyz: NDArray[np.float64]) -> Triple:
    return float(xyz[0]), float(xyz[1]), float(xyz[2])


def _turn(degrees: list[float], mirror: bool, base: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Flexion (about x), adduction (about y) and rotation (about z) of a left leg; the right one mirrored."""
    flexion, adduction, rotation = degrees
    sign = -1.0 if mirror else 1.0
    turn = Rotation.from_euler("xyz", [flexion, sign * adduction, sign * rotation], degrees=True).as_matrix()
    return turn if base is None else base @ turn
