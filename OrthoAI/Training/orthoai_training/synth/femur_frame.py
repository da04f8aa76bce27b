"""Bring any surface of a femur into the frame that simulated bones share.

The head is found by letting every surface point vote for the center that its inward normal points at (a Hough
transform for spheres), the long axis by principal components, front and back by the condyles, which stick out
backward.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from orthoai_training.synth.surface import Surface, moved

WHOLE_FEMUR_MM = 300.0
"""A femur surface longer than this is taken as whole; a shorter one as the proximal part, already in LPS."""

HEAD_RADII = np.arange(18.0, 32.0, 1.0)
"""mm; an adult's femoral head."""

VOTE_BIN = 5.0
"""mm; votes for a ball's center that fall into one bin agree."""

MOST_VOTERS = 12000
"""Surface points that vote; of denser surfaces only every so manieth does."""

REFINEMENTS, BALL_TOLERANCE, FACING, FEWEST_ON_BALL = 6, 2.0, 0.9, 12
"""Rounds of fitting; a point is on the ball within these mm, if its normal points at the center within 25 degrees."""

CONDYLE_MM = 20.0
"""mm above the middle of the knee up to which surface points count as condyles."""


@dataclass(frozen=True)
class Ball:
    """A spherical part of a surface.

    Attributes:
        center: mm.
        radius: mm.
        score: points that agree on the center, per square millimeter of radius; compares parts of one surface.
    """

    center: NDArray[np.float64]
    radius: float
    score: float


def find_ball(surface: Surface, inward: bool = True, radii: NDArray[np.float64] = HEAD_RADII) -> Ball:
    """The best spherical part: a convex ball (``inward``) or a socket, of one of ``radii`` in mm."""
    sign = -1.0 if inward else 1.0
    every = -(-len(surface.points) // MOST_VOTERS)
    points, normals = surface.points[::every], surface.normals[::every]
    best = Ball(np.zeros(3), float(radii[0]), -1.0)
    for radius in radii:
        votes = points + sign * radius * normals
        # A cluster may lie across bins, but then it lies within one bin of a grid that is shifted by half a bin.
        for shift in product((0.0, 0.5), repeat=3):
            _, which, counts = np.unique(
                np.floor(votes / VOTE_BIN + shift).astype(int), axis=0, return_inverse=True, return_counts=True
            )
            score = counts.max() / radius**2
            if score > best.score:
                best = Ball(votes[which.ravel() == counts.argmax()].mean(axis=0), float(radius), score)
    return _refined(best, points, sign * normals)


def _refined(ball: Ball, points: NDArray[np.float64], toward: NDArray[np.float64]) -> Ball:
    """The sphere that fits best, in the sense of least squares, the points that the ball explains."""
    center, radius = ball.center, ball.radius
    for _ in range(REFINEMENTS):
        offset = center - points
        distance = np.linalg.norm(offset, axis=1)
        faces = (offset * toward).sum(axis=1) > FACING * distance
        on_ball = points[faces & (np.abs(distance - radius) < BALL_TOLERANCE)]
        if len(on_ball) < FEWEST_ON_BALL:
            break
        # |p|^2 = 2 c.p + (r^2 - |c|^2) is linear in the center c and in the bracket.
        about = on_ball - center
        known = np.column_stack([2 * about, np.ones(len(about))])
        solution = np.linalg.lstsq(known, (about**2).sum(axis=1), rcond=None)[0]
        center = center + solution[:3]
        radius = float(np.sqrt(max(solution[3] + solution[:3] @ solution[:3], 0.0)))
    return Ball(center, radius, ball.score)


def align_femur(surface: Surface, side: str) -> Surface:
    """The femur in the shared frame: left, LPS, head's center at the origin, knee straight below.

    Args:
        surface: whole femur in any frame, or a proximal femur in LPS.
        side: "left" or "right"; a right one is mirrored.
    """
    mirror = np.diag([-1.0 if side == "right" else 1.0, 1.0, 1.0])
    span = float((surface.points.max(axis=0) - surface.points.min(axis=0)).max())
    if span < WHOLE_FEMUR_MM:
        upper = _part(surface, surface.points[:, 2] > np.median(surface.points[:, 2]))
        return moved(surface, mirror, -mirror @ find_ball(upper).center)
    centered = surface.points - surface.points.mean(axis=0)
    axis = np.linalg.svd(centered, full_matrices=False)[2][0]
    ends = [_part(surface, (centered @ axis) * sign > 0.36 * span) for sign in (1.0, -1.0)]
    balls = [find_ball(end) for end in ends]
    # The head is the better ball; the back of a condyle is the next best.
    is_first = balls[0].score >= balls[1].score
    head, lower = (balls[0].center, ends[1]) if is_first else (balls[1].center, ends[0])
    knee = lower.points.mean(axis=0)
    up = (head - knee) / np.linalg.norm(head - knee)
    above = (surface.points - knee) @ up
    condyles = surface.points[above < CONDYLE_MM]
    flat = condyles - condyles.mean(axis=0)
    wide = np.linalg.svd(flat - np.outer(flat @ up, up), full_matrices=False)[2][0]
    depth = (head - surface.points) @ up
    if (surface.points[(depth > 45) & (depth < 95)].mean(axis=0) - head) @ wide < 0:
        wide = -wide  # the shaft lies lateral of the head
    behind = np.cross(up, wide)
    reach = (condyles - surface.points[(above > 80) & (above < 120)].mean(axis=0)) @ behind
    if -reach.min() > reach.max():
        behind = -behind  # the condyles reach farther behind the shaft than in front of it
    across = _condylar_line(condyles, wide, behind)
    back = behind - (behind @ across) * across
    back /= np.linalg.norm(back)
    matrix = np.stack([across, back, up])
    return moved(surface, matrix, -matrix @ head)


def _condylar_line(
    points: NDArray[np.float64], lateral: NDArray[np.float64], behind: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Unit vector along the line that touches both condyles from behind, pointing laterally."""
    flat = np.stack([points @ lateral, points @ behind], axis=1)
    hull = flat[ConvexHull(flat).vertices]
    edges = np.roll(hull, -1, axis=0) - hull
    # Hull vertices run counter-clockwise, so an edge's outward normal is the edge turned by -90 degrees.
    rearward = -edges[:, 0]
    longest = edges[np.argmax(np.where(rearward > 0.85 * np.linalg.norm(edges, axis=1), rearward, -1.0))]
    longest = longest / np.linalg.norm(longest) * np.sign(longest[0])
    return longest[0] * lateral + longest[1] * behind


def _part(surface: Surface, keep: NDArray[np.bool_]) -> Surface:
    return Surface(surface.points[keep], surface.normals[keep], surface.data)
