"""Real bones that a simulation may use, found in folders.

A shapes folder holds STL surfaces in mm, and label maps (``*.nii.gz``) of femora. What a file is, its name says: it
contains "femur", "tibia", "fibula", "patella" or "pelvis", and for a right bone "right", "_r" or "r_".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from orthoai.errors import InputError

from orthoai_training.synth.femur_frame import align_femur, find_ball
from orthoai_training.synth.label_surface import femur_surfaces
from orthoai_training.synth.mesh_shape import sample_surface
from orthoai_training.synth.shape import SampledShape
from orthoai_training.synth.surface import Surface, moved, read_surface

RIGHT = re.compile(r"(^|[_\W])(r|right)(?=[_\W]|femur|tibia|$)")
"""In the file's name of a right bone: r_femur, m3_rfemur, VHF_Right_Bone, femur_right."""

SUFFIXES = (".stl", ".nii.gz")
"""Surfaces and label maps."""

LEG_BONES = ("tibia", "fibula", "patella")

FEMUR_STEP, CONTEXT_STEP = 2.0, 2.5
"""mm between the samples of a femur's and of any other bone's signed distance."""

FEMUR_SPAN_MM = (60.0, 700.0)
"""A femur, whole or proximal; a surface outside of this is not in millimeters."""

WHOLE_BELOW_MM = -250.0
"""A whole femur reaches farther down from its head's center than this."""

KNEE_ABOVE_END_MM = 24.0
"""The knee's center lies this far above the end of the condyles."""

SOCKET_RADII = np.arange(22.0, 32.0, 1.0)
"""mm; an adult's acetabulum."""

SOCKET_BEYOND = 75.0
"""mm from the midline; the rims of the obturator foramina, ring-like too, lie nearer."""


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

    @property
    def person(self) -> str:
        """Folder and first word of the file: m3_lfemur and m3_rfemur are one person's."""
        folder, _, file = self.name.rpartition("/")
        return f"{folder}/{file.split('_')[0]}"


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

    def with_knees(self) -> ShapeLibrary:
        """Without proximal femora."""
        return replace(self, femora=tuple(femur for femur in self.femora if femur.whole))


def side_of(path: Path) -> str:
    """ "left" or "right" by the file's name; left where it does not say."""
    return "right" if RIGHT.search(_stem(path)) else "left"


@lru_cache(maxsize=4)
def load_library(folders: tuple[Path, ...]) -> ShapeLibrary:
    """Read every known bone in ``folders``: each a folder (without its subfolders) or a pattern like ``bones/m3*``.

    Raises:
        InputError: a folder is missing, holds nothing with a known name, or a file in it is unusable.
    """
    femora: list[RealFemur] = []
    legs: list[dict[str, SampledShape]] = []
    hips: list[tuple[SampledShape, float]] = []
    for folder in folders:
        files = bone_files(folder)
        before = len(femora) + len(legs) + len(hips)
        for path in files:
            if "femur" in _stem(path) and "cartilage" not in _stem(path):
                femora += _femora(path)
        surfaces = [path for path in files if path.suffix.lower() == ".stl"]
        leg = _leg(surfaces)
        if leg:
            legs.append(leg)
        hips += [_hip(read_surface(path)) for path in surfaces if _stem(path) == "pelvis"]
        if len(femora) + len(legs) + len(hips) == before:
            raise InputError(
                f"Nothing in {folder.name} is named femur, tibia or pelvis: give a folder with such STL files or masks."
            )
    return ShapeLibrary(tuple(femora), tuple(legs), tuple(hips))


def bone_files(folder: Path) -> list[Path]:
    """The surfaces and masks in a folder, or that fit a pattern. Raises InputError when there is none."""
    found = folder.iterdir() if folder.is_dir() else folder.parent.glob(folder.name)
    files = sorted(path for path in found if path.name.lower().endswith(SUFFIXES))
    if not files:
        raise InputError(
            f"There are no bones in {folder.name}: give a folder, or a pattern, of STL files in mm or of femur masks."
        )
    return files


def _stem(path: Path) -> str:
    """The file's name in lower case without its suffix."""
    name = path.name.lower()
    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), name)


def _words(path: Path) -> list[str]:
    return re.split(r"[^a-z]+", _stem(path))


def _femora(path: Path) -> list[RealFemur]:
    """One femur of a surface or a mask, two of a label map of both."""
    if path.suffix.lower() == ".stl":
        return [_femur(path, path.stem, read_surface(path), side_of(path))]
    found = femur_surfaces(path, side_of(path))
    name = path.name[: len(_stem(path))]
    return [
        _femur(path, name if len(found) == 1 else f"{name}_{side}", surface, side) for side, surface in found.items()
    ]


def _femur(path: Path, name: str, lps: Surface, side: str) -> RealFemur:
    span = float(np.ptp(lps.points, axis=0).max())
    if not FEMUR_SPAN_MM[0] < span < FEMUR_SPAN_MM[1]:
        raise InputError(f"{path.name} is {span:.4g} mm long, which no femur is: give it in millimeters.")
    surface = align_femur(lps, side)
    low = float(surface.points[:, 2].min())
    whole = low < WHOLE_BELOW_MM
    head = surface.points[np.linalg.norm(surface.points, axis=1) < 40]
    return RealFemur(
        name=f"{path.parent.name}/{name}",
        shape=sample_surface(surface, FEMUR_STEP),
        whole=whole,
        cut=low,
        knee_depth=-low - KNEE_ABOVE_END_MM if whole else 420.0,
        # The neck and the trochanter lie farther out than the ball, so not the mean.
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
    center = find_ball(half, inward=False, radii=SOCKET_RADII).center
    return sample_surface(moved(lps, np.eye(3), -center), CONTEXT_STEP), float(center[0])
