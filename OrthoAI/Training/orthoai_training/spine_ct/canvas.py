"""A voxel grid that parts are painted on in their own frames, box by box."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from orthoai.geometry import Geometry

from orthoai_training.spine_ct.shapes import Field
from orthoai_training.spine_ct.spine import Frame

Box = tuple[slice, slice, slice]
Point = tuple[float, float, float]


@dataclass(frozen=True)
class Canvas:
    """What is painted so far.

    Attributes:
        geometry: of the grid.
        hu: float32 (K, J, I).
        bodies: uint8 VerSe numbers of the vertebral bodies.
        metal: where metal is.
    """

    geometry: Geometry
    hu: NDArray[np.float32]
    bodies: NDArray[np.uint8]
    metal: NDArray[np.bool_]

    @classmethod
    def blank(cls, geometry: Geometry, hu: NDArray[np.float32]) -> Canvas:
        """``hu`` with no bone in it."""
        return cls(geometry, hu, np.zeros(geometry.shape, np.uint8), np.zeros(geometry.shape, np.bool_))

    @property
    def voxel_mm(self) -> float:
        """Edge of a cube of a voxel's volume."""
        return float(np.cbrt(self.geometry.voxel_volume))

    def points(self, frame: Frame, low: Point, high: Point) -> tuple[Box, Field, Field, Field] | None:
        """(box of voxels, x, y, z in ``frame`` in mm) of those that may lie in the local box; None for none."""
        corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
        index = self.geometry.lps_to_index(frame.place(corners))
        first = np.maximum(np.floor(index.min(axis=0)).astype(int), 0)
        last = np.minimum(np.ceil(index.max(axis=0)).astype(int) + 1, self.geometry.size)
        if (last <= first).any():
            return None
        matrix = frame.axes.T @ self.geometry.affine[:3, :3]
        start = frame.axes.T @ (np.asarray(self.geometry.origin) - frame.center)
        i, j, k = (np.arange(first[n], last[n], dtype=np.float64) for n in range(3))
        x, y, z = (
            (
                (matrix[n, 2] * k + start[n])[:, None, None]
                + (matrix[n, 1] * j)[None, :, None]
                + (matrix[n, 0] * i)[None, None, :]
            ).astype(np.float32)
            for n in range(3)
        )
        box = (slice(first[2], last[2]), slice(first[1], last[1]), slice(first[0], last[0]))
        return box, x, y, z

    def share(self, distance: Field) -> Field:
        """Share of a voxel that a shape at ``distance`` mm from its center fills (partial volume)."""
        share: Field = np.clip(0.5 - distance / self.voxel_mm, 0, 1)
        return share

    def blend(self, box: Box, hu: Field | float, share: Field) -> None:
        """Paint ``hu`` over what is there, where ``share`` is not 0."""
        view = self.hu[box]
        view += (hu - view) * share
