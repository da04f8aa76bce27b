"""Bring any surface of a femur into the frame that simulated bones share.

The head is found by letting every surface point vote for the center that its inward normal points at (a Hough
transform for spheres), the long axis by principal components, front and back by the condyles, which stick out
backward.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from orthoai_training.synth.surface import Surface, moved

WHOLE_FEMUR_MM = 300.0
"""A femur surface longer than this is taken as whole; a shorter one as the proximal part, already in LPS."""

HEAD_RADII = np.arange(18.0, 32.0, 1.0)
"""mm; an adult's femoral head."""

VOTE_BIN = 3.0
"""mm; votes for a ball's center that fall into one bin agree."""

CONDYLE_MM = 20.0
"""mm above the middle of the knee up to which surface points count as condyles."""


def find_ball(surface: Surface, inward: bool = True, radii: NDArray[np.float64] = HEAD_RADII) -> NDArray[np.float64]:
    """Center of the best spherical part: a convex ball (``inward``) or a socket."""
    sign = -1.0 if inward else 1.0
    best_score, best = -1.0, np.zeros(3)
    for radius in radii:
        centers = surface.points + sign * radius * surface.normals
        bins, which, votes = np.unique(
            np.floor(centers / VOTE_BIN).astype(int), axis=0, return_inverse=True, return_counts=True
        )
        del bins
        score = votes.max() / radius**2
        if score > best_score:
            best_score, best = score, centers[which.ravel() == votes.argmax()].mean(axis=0)
    return best


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
        return moved(surface, mirror, -mirror @ find_ball(upper))
    centered = surface.points - surface.points.mean(axis=0)
    axis = np.linalg.svd(centered, full_matrices=False)[2][0]
    ends = [_part(surface, (centered @ axis) * sign > 0.36 * span) for sign in (1.0, -1.0)]
    # The end whose normals agree on one center is the one with the head.
    spread = [_ball_votes(end) for end in ends]
    upper, lower = (ends[0], ends[1]) if spread[0] >= spread[1] else (ends[1], ends[0])
    head = find_ball(upper)
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


def _ball_votes(surface: Surface) -> float:
    center = find_ball(surface)
    distance = np.linalg.norm(surface.points - center, axis=1)
    return float(np.mean(np.abs(distance - np.median(distance)) < 2.0))


def _part(surface: Surface, keep: NDArray[np.bool_]) -> Surface:
    return Surface(surface.points[keep], surface.normals[keep], surface.data)
