"""What one sagittal plane cuts of a spine: filled outlines in the order in which they are painted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

import numpy as np
from orthoai.tasks.disc.labels import CANAL, DISC, VERTEBRA
from scipy.interpolate import CubicSpline

from orthoai_training.disc.synth_mr.spine import WIDTH_OVER_DEPTH, Disc, Points, Spine, placed

CORTEX_MM = 1.0

ROUNDNESS = 3.0
"""Exponent of the superellipse that bodies and discs are from above."""

CANAL_GAP_MM = 1.5
"""Ligament and fat between the vertebrae's back and the canal's sac."""

CANAL_WIDTH_MM = 22.0

SACRAL_CANAL = ((11.0, -42.0, 0.3), (15.0, -18.0, 0.65))
"""Along the sacrum: back and up from the middle of its upper endplate, and the share of the canal's depth."""

SACRAL_BODIES = ((27.0, 0.68, 0.0), (21.0, 0.7, 0.32), (17.0, 0.68, 0.55))
"""S1, S2, S3: height, the lower end's depth over the upper's, and how far each is bent to the back, radians."""

CORD_MM = 8.0
ROOTS_MM = 4.0

PROCESS_HALF_WIDTH_MM, LAMINA_HALF_WIDTH_MM = 4.0, 11.0

PEDICLE_MM = (11.0, 17.0)
"""From the middle: where the pedicles are."""

THINNEST_MM = 4.0
"""Bodies and discs cut to less are left out."""


class Tissue(Enum):
    """What a voxel shows; a disc's nucleus is by its Pfirrmann grade."""

    AIR = "air"
    FAT = "fat"
    MUSCLE = "muscle"
    BOWEL = "bowel"
    VESSEL = "vessel"
    CORTEX = "cortex"
    MARROW = "marrow"
    FLUID = "fluid"
    CORD = "cord"
    ANNULUS = "annulus"
    NUCLEUS_1 = "nucleus 1"
    NUCLEUS_2 = "nucleus 2"
    NUCLEUS_3 = "nucleus 3"
    NUCLEUS_4 = "nucleus 4"
    NUCLEUS_5 = "nucleus 5"


@dataclass(frozen=True)
class Outline:
    """A filled polygon (n, 2) of y, z in mm, and what it paints; ``label`` None leaves the labels as they are."""

    points: Points
    tissue: Tissue
    label: int | None = None


def outlines(spine: Spine, x: float) -> Iterator[Outline]:
    """The spine cut ``x`` mm to the left of its middle."""
    yield from _sacrum(spine, x)
    for lower, upper in pairwise(spine.discs):
        yield from _body(lower, upper, x)
    yield from _canal(spine, x)
    yield from _posterior_elements(spine, x)
    for disc in spine.discs:
        yield from _disc(disc, x)


def depth_share(half_depth: float, x: float) -> float:
    """Part of a body's depth that is left ``x`` beside its middle."""
    return float(max(0.0, 1 - abs(x / (half_depth * WIDTH_OVER_DEPTH)) ** ROUNDNESS) ** (1 / ROUNDNESS))


def _body(lower: Disc, upper: Disc, x: float) -> Iterator[Outline]:
    """The vertebra between two discs: their endplates, joined by hollow walls."""
    below, above = (
        lower.half_depth * depth_share(lower.half_depth, x),
        upper.half_depth * depth_share(upper.half_depth, x),
    )
    if min(below, above) < THINNEST_MM / 2:
        return
    floor, roof = lower.endplate(True, below), upper.endplate(False, above)
    back, front = _wall(floor[-1], roof[-1], 1.2), _wall(roof[0], floor[0], 1.8)
    points = np.concatenate([floor, back, roof[::-1], front])
    yield Outline(points, Tissue.CORTEX, VERTEBRA)
    yield Outline(_shrunk(points, CORTEX_MM), Tissue.MARROW)


def _wall(start: Points, end: Points, hollow: float) -> Points:
    """From ``start`` to ``end``, bent to the left of the way by ``hollow`` mm."""
    t = np.linspace(0, 1, 9)[1:-1, None]
    way = end - start
    side = np.array([-way[1], way[0]]) / np.hypot(*way)
    return start + t * way + 4 * hollow * t * (1 - t) * side


def _disc(disc: Disc, x: float) -> Iterator[Outline]:
    half = disc.half_depth * depth_share(disc.half_depth, x)
    if half < THINNEST_MM / 2:
        return
    floor, roof = disc.endplate(False, half), disc.endplate(True, half)
    points = np.concatenate([floor, _rim(disc, half, disc.reach_at(x)), roof[::-1], _rim(disc, -half, 0.8)[::-1]])
    yield Outline(points, Tissue.ANNULUS, DISC)
    core = disc.place(_ellipse(0.62 * half, 0.36 * disc.height_at(0.0)))
    yield Outline(core, Tissue[f"NUCLEUS_{disc.grade}"])


def _rim(disc: Disc, u: float, reach: float) -> Points:
    """The disc's front or back from its lower to its upper edge; ``reach`` beyond the line between the edges."""
    t = np.linspace(-1, 1, 13)[1:-1]
    edge = disc.height_at(float(np.sign(u)) * disc.half_depth) / 2
    return disc.place(np.stack([u + np.sign(u) * reach * (1 - t**2), edge * t], axis=1))


def _canal(spine: Spine, x: float) -> Iterator[Outline]:
    width = 1 - (2 * x / CANAL_WIDTH_MM) ** 2
    if width <= 0.05:
        return
    share = float(np.sqrt(width))
    front, back = _canal_walls(spine)
    middle, half = (front + back) / 2, (back - front) / 2
    epidural = np.concatenate([middle - share * half, (middle + 1.25 * share * half)[::-1]])
    yield Outline(epidural, Tissue.FAT)
    yield Outline(np.concatenate([middle - share * half, (middle + share * half)[::-1]]), Tissue.FLUID, CANAL)
    if abs(x) < CORD_MM / 2:
        bend = _height_of(spine, spine.cord_end)
        side = float(np.sqrt(1 - (2 * x / CORD_MM) ** 2))
        thick = np.where(middle[:, 1] > bend, CORD_MM / 2, ROOTS_MM / 2)[:, None] * side
        # The roots lie at the back of a person on the back.
        drop = np.where(middle[:, 1] > bend, 0.0, 0.45)[:, None] * half
        unit = half / np.linalg.norm(half, axis=1, keepdims=True)
        axis = middle + drop
        yield Outline(np.concatenate([axis - thick * unit, (axis + thick * unit)[::-1]]), Tissue.CORD)


def _canal_walls(spine: Spine) -> tuple[Points, Points]:
    """Front and back of the canal (n, 2), from S2 to past the topmost disc: behind the discs without their bulges."""
    walls = []
    for part in (0, 1):
        sacral = [[back + CANAL_GAP_MM + part * share * spine.canal_mm, up] for back, up, share in SACRAL_CANAL]
        behind = np.array([_behind(spine, number, part) for number in range(len(spine.discs))])
        past = behind[-1:] + 1.5 * (behind[-1:] - behind[-2:-1])
        knots = np.concatenate([placed(np.array(sacral), (0.0, 0.0), spine.sacral_slope), behind, past])
        walls.append(CubicSpline(np.arange(len(knots)), knots)(np.linspace(0, len(knots) - 1, 140)))
    return walls[0], walls[1]


def _behind(spine: Spine, number: int, part: float) -> Points:
    """The canal's front (``part`` 0) or back (1) behind a disc, (2,)."""
    disc = spine.discs[number]
    return disc.place(np.array([[disc.half_depth + CANAL_GAP_MM + part * spine.canal_mm, 0.0]]))[0]


def _posterior_elements(spine: Spine, x: float) -> Iterator[Outline]:
    """Spinous process, lamina or pedicle of each vertebra, by how far from the middle the cut is."""
    side = abs(x)
    for lower, upper in pairwise(spine.discs):
        slope = (lower.slope + upper.slope) / 2
        center = (np.array(lower.center) + np.array(upper.center)) / 2
        back = lower.half_depth + CANAL_GAP_MM + spine.canal_mm
        if side < PROCESS_HALF_WIDTH_MM:
            uv = np.array(
                [[back + 2, 2], [back + 8, 6], [back + 26, 0], [back + 30, -8], [back + 24, -15], [back + 4, -9]]
            )
        elif side < LAMINA_HALF_WIDTH_MM:
            uv = _ellipse(5.0, 11.0) + np.array([back + 4.0, -5.0])
        elif PEDICLE_MM[0] <= side <= PEDICLE_MM[1]:
            start = lower.half_depth * depth_share(lower.half_depth, x) - 3
            uv = np.array([[start, 9], [back + 4, 10], [back + 9, -6], [back + 3, -16], [back - 3, -2], [start, -1]])
        else:
            continue
        points = placed(uv, center, slope)
        yield Outline(points, Tissue.CORTEX, VERTEBRA)
        yield Outline(_shrunk(points, CORTEX_MM), Tissue.MARROW)


def _sacrum(spine: Spine, x: float) -> Iterator[Outline]:
    """S1 to S3 with their rudimentary discs; the data's labels leave the sacrum out."""
    first = spine.discs[0]
    half = first.half_depth * depth_share(first.half_depth, x / 1.5)
    if half < THINNEST_MM / 2:
        return
    top = first.endplate(False, half)
    slope, center = spine.sacral_slope, np.zeros(2)
    for number, (height, shrink, turn) in enumerate(SACRAL_BODIES):
        bottom_center = center + height * np.array([np.sin(slope - turn), -np.cos(slope - turn)])
        bottom = placed(np.array([[-half * shrink, 0.0], [half * shrink, 0.0]]), bottom_center, slope - turn / 2)
        points = np.concatenate([top, bottom[::-1]])
        yield Outline(points, Tissue.CORTEX)
        yield Outline(_shrunk(points, CORTEX_MM), Tissue.MARROW)
        half, slope = half * shrink, slope - turn / 2
        center = bottom_center + 1.8 * np.array([np.sin(slope), -np.cos(slope)])
        top = placed(np.array([[-half, 0.0], [half, 0.0]]), center, slope)
        if number == 0:
            middle = (bottom_center + center) / 2
            yield Outline(placed(_ellipse(0.6 * half, 0.7), middle, slope), Tissue.NUCLEUS_3)


def _height_of(spine: Spine, number: int) -> float:
    return spine.discs[number].center[1]


def _ellipse(half_u: float, half_v: float) -> Points:
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return np.stack([half_u * np.cos(turn), half_v * np.sin(turn)], axis=1)


def _shrunk(points: Points, by: float) -> Points:
    """A convex-like outline drawn in by ``by`` mm on each side of its middle."""
    middle = points.mean(axis=0)
    away = points - middle
    length = np.linalg.norm(away, axis=1, keepdims=True)
    return middle + away * np.maximum(0.0, 1 - 1.2 * by / np.maximum(length, 1e-6))
