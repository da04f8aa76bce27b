"""Bones of one leg and pelvis: parametric ones drawn at random, or a set of real surfaces found in a folder.

A shapes folder holds STL files in mm. What a file is, its name says: it contains "femur", "tibia", "fibula", "patella"
or "pelvis", and for a single side "left", "_l", "l_" or the same for right. The folders under ../shared/data/meshes
follow this.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from orthoai.errors import InputError

from orthoai_training.synth.mesh_shape import (
    SOCKET_BEYOND,
    SOCKET_RADII,
    Surface,
    align_femur,
    find_ball,
    moved,
    read_surface,
    sample_surface,
)
from orthoai_training.synth.shape import SampledShape

LEG_BONES = ("tibia", "fibula", "patella")
FEMUR_STEP, CONTEXT_STEP = 2.0, 2.5


@dataclass(frozen=True)
class RealFemur:
    """A real femur in the shared frame.

    Attributes:
        name: folder and file, for split lists.
        whole: False for a proximal femur; a scan must then end above ``cut`` (z in mm below the head's center).
        head: radius of its head in mm; knee_depth: mm from the head's center to the knee's.
    """

    name: str
    shape: SampledShape
    whole: bool
    cut: float
    knee_depth: float
    head: float = 24.0


@dataclass(frozen=True)
class ShapeLibrary:
    """Real shapes that a simulation may use; empty for parametric anatomy only.

    Attributes:
        femora: whole or proximal femora, pairs of one person named alike.
        legs: sets {"tibia", "fibula", "patella"} in the knee's frame.
        hips: left hip bones in the hip's frame with the midline's distance in mm.
    """

    femora: tuple[RealFemur, ...] = ()
    legs: tuple[dict[str, SampledShape], ...] = ()
    hips: tuple[tuple[SampledShape, float], ...] = ()
    names: tuple[str, ...] = field(default=())


def side_of(path: Path) -> str:
    """ "left" or "right" by the file's name; left where it does not say."""
    return "right" if re.search(r"(^|[_\W])(r|right)(?=[_\W]|femur|tibia)|_r(?=femur)", path.stem.lower()) else "left"


@lru_cache(maxsize=4)
def load_library(folders: tuple[Path, ...]) -> ShapeLibrary:
    """Read every known surface in ``folders``: each a folder (without its subfolders) or a pattern like ``bones/m3*``.

    Raises:
        InputError: a folder is missing or holds no surface with a known name.
    """
    femora: list[RealFemur] = []
    legs: list[dict[str, SampledShape]] = []
    hips: list[tuple[SampledShape, float]] = []
    for folder in folders:
        files = sorted(folder.glob("*.stl")) if folder.is_dir() else sorted(folder.parent.glob(folder.name))
        if not files:
            raise InputError(
                f"There are no surfaces in {folder.name}: give a folder, or a pattern, of STL files in mm."
            )
        before = len(femora) + len(legs) + len(hips)
        femora += [
            _femur(path) for path in files if "femur" in path.stem.lower() and "cartilage" not in path.stem.lower()
        ]
        leg = _leg(files)
        if leg:
            legs.append(leg)
        hips += [_hip(read_surface(path)) for path in files if path.stem.lower() == "pelvis"]
        if len(femora) + len(legs) + len(hips) == before:
            raise InputError(
                f"The shapes folder {folder.name} holds no STL named femur, tibia, fibula, patella or pelvis."
            )
    return ShapeLibrary(tuple(femora), tuple(legs), tuple(hips), tuple(f.name for f in folders))


def _words(path: Path) -> list[str]:
    return re.split(r"[^a-z]+", path.stem.lower())


def _femur(path: Path) -> RealFemur:
    surface = align_femur(read_surface(path), side_of(path))
    low = float(surface.points[:, 2].min())
    whole = low < -250
    head = surface.points[np.linalg.norm(surface.points, axis=1) < 40]
    return RealFemur(
        name=f"{path.parent.name}/{path.stem}",
        shape=sample_surface(surface, FEMUR_STEP),
        whole=whole,
        cut=low,
        knee_depth=-low - 24.0 if whole else 420.0,
        head=float(np.percentile(np.linalg.norm(head, axis=1), 20)),
    )


def _leg(files: list[Path]) -> dict[str, SampledShape]:
    """Tibia, fibula and patella of one left (or mirrored right) leg, moved so that the knee's center is the origin."""
    left = {bone: next((p for p in files if bone in _words(p) and side_of(p) == "left"), None) for bone in LEG_BONES}
    if left["tibia"] is None:
        return {}
    surfaces = {bone: read_surface(path) for bone, path in left.items() if path is not None}
    matrix = _leg_frame(surfaces)
    tibia = moved(surfaces["tibia"], matrix, np.zeros(3))
    top = float(tibia.points[:, 2].max())
    plateau = tibia.points[tibia.points[:, 2] > top - 12].mean(axis=0)
    knee = np.array([plateau[0], plateau[1] - 6.0, top + 28.0])
    return {bone: sample_surface(moved(s, matrix, -knee), CONTEXT_STEP) for bone, s in surfaces.items()}


def _leg_frame(surfaces: dict[str, Surface]) -> np.ndarray:
    """Rows: lateral, posterior, superior. The fibula lies lateral; the wide plateau is the upper end."""
    points = surfaces["tibia"].points
    centered = points - points.mean(axis=0)
    up = np.linalg.svd(centered, full_matrices=False)[2][0]
    reach = centered @ up
    half = 0.4 * (reach.max() - reach.min())
    across = centered - np.outer(reach, up)
    if across[reach > half].std() < across[reach < -half].std():
        up = -up
    if "fibula" in surfaces:
        side = surfaces["fibula"].points.mean(axis=0) - points.mean(axis=0)
    else:
        side = np.linalg.svd(across[centered @ up > half], full_matrices=False)[2][0]
    side = side - (side @ up) * up
    side /= np.linalg.norm(side)
    # The fibula lies lateral and behind, about 30 degrees.
    normal = np.cross(up, side)
    front = surfaces["patella"].points.mean(axis=0) - points.mean(axis=0) if "patella" in surfaces else -normal
    behind = normal if normal @ front < 0 else -normal
    turn = np.deg2rad(30.0)
    lateral = np.cos(turn) * side - np.sin(turn) * behind
    return np.stack([lateral, np.sin(turn) * side + np.cos(turn) * behind, up])


def _hip(surface: Surface) -> tuple[SampledShape, float]:
    """The left half of a whole pelvis given as +x anterior, +y to one side, +z cranial; both halves are alike."""
    lps = moved(surface, np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), np.zeros(3))
    outer = lps.points[:, 0] > SOCKET_BEYOND
    half = Surface(lps.points[outer], lps.normals[outer], lps.data)
    center = find_ball(half, inward=False, radii=SOCKET_RADII)
    return sample_surface(moved(lps, np.eye(3), -center), CONTEXT_STEP), float(center[0])
