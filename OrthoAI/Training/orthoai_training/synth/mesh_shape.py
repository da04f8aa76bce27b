"""Real bones: closed surfaces (STL) turned into signed-distance grids in the frame that simulated bones share.

A femur is aligned by itself: the head is found by letting every surface point vote for the center that its inward
normal points at (a Hough transform for spheres), the long axis by principal components, front and back by the
condyles, which stick out backward.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import vtk
from numpy.typing import NDArray
from orthoai.errors import InputError
from scipy.spatial import ConvexHull
from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

from orthoai_training.synth.shape import SampledShape

WHOLE_FEMUR_MM = 300.0
"""A femur surface longer than this is taken as whole; a shorter one as the proximal part, already in LPS."""
HEAD_RADII = np.arange(18.0, 32.0, 1.0)
SOCKET_RADII = np.arange(22.0, 32.0, 1.0)
SOCKET_BEYOND = 75.0
"""mm from the midline; the rims of the obturator foramina, ring-like too, lie nearer."""
VOTE_BIN = 3.0
CONDYLE_MM = 20.0
MARGIN = 9.0


@dataclass(frozen=True)
class Surface:
    """A triangle surface: points (N, 3) mm, outward normals (N, 3) and the VTK data they came from."""

    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    data: vtk.vtkPolyData


def read_surface(path: Path) -> Surface:
    """Read an STL surface with outward normals. Raises InputError when it holds no triangles."""
    reader = vtk.vtkSTLReader()
    reader.SetFileName(str(path))
    return _with_normals(reader.GetOutputPort(), path.name)


def _with_normals(port: vtk.vtkAlgorithmOutput, name: str) -> Surface:
    clean = vtk.vtkCleanPolyData()
    clean.SetInputConnection(port)
    normals = vtk.vtkPolyDataNormals()
    normals.SetInputConnection(clean.GetOutputPort())
    normals.SplittingOff()
    normals.ConsistencyOn()
    normals.AutoOrientNormalsOn()
    normals.Update()
    data = normals.GetOutput()
    if data.GetNumberOfCells() == 0:
        raise InputError(f"{name} holds no triangles: give a closed STL surface in millimeters.")
    return Surface(
        vtk_to_numpy(data.GetPoints().GetData()).astype(np.float64),
        vtk_to_numpy(data.GetPointData().GetNormals()).astype(np.float64),
        data,
    )


def moved(surface: Surface, matrix: NDArray[np.float64], offset: NDArray[np.float64]) -> Surface:
    """The surface with every point p at ``matrix @ p + offset``; a mirroring matrix keeps normals outward."""
    points = surface.points @ matrix.T + offset
    data = vtk.vtkPolyData()
    data.DeepCopy(surface.data)
    carrier = vtk.vtkPoints()
    carrier.SetData(numpy_to_vtk(np.ascontiguousarray(points), deep=True))
    data.SetPoints(carrier)
    if np.linalg.det(matrix) < 0:
        flip = vtk.vtkReverseSense()
        flip.SetInputData(data)
        flip.ReverseCellsOn()
        flip.Update()
        data = flip.GetOutput()
    return Surface(points, surface.normals @ np.linalg.inv(matrix), data)


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


def sample_surface(surface: Surface, step: float = 1.5) -> SampledShape:
    """Signed distances (negative inside) on a grid of ``step`` mm around the surface."""
    low, high = surface.points.min(axis=0) - MARGIN, surface.points.max(axis=0) + MARGIN
    size = np.ceil((high - low) / step).astype(int) + 1
    distance = vtk.vtkImplicitPolyDataDistance()
    distance.SetInput(surface.data)
    coarse = _evaluate(distance, low, size, step)
    return SampledShape(torch.from_numpy(coarse), (float(low[0]), float(low[1]), float(low[2])), step)


def _evaluate(
    distance: vtk.vtkImplicitPolyDataDistance, low: NDArray[np.float64], size: NDArray[np.int_], step: float
) -> NDArray[np.float32]:
    grids = [low[n] + step * np.arange(size[n]) for n in range(3)]
    z, y, x = np.meshgrid(grids[2], grids[1], grids[0], indexing="ij")
    points = numpy_to_vtk(np.stack([x.ravel(), y.ravel(), z.ravel()], axis=1), deep=True)
    values = vtk.vtkDoubleArray()
    distance.FunctionValue(points, values)
    return vtk_to_numpy(values).astype(np.float32).reshape(int(size[2]), int(size[1]), int(size[0]))
