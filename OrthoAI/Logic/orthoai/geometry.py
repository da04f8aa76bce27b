"""Where voxels lie in the patient.

Index order is (i, j, k): column, row, slice. Arrays are stored slice first, so a voxel is ``voxels[k, j, i]``.
Coordinates are LPS in millimeters (x to the patient's Left, y Posterior, z Superior), as in DICOM and ITK.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

Triple = tuple[float, float, float]

AXIS_LETTERS = (("R", "L"), ("A", "P"), ("I", "S"))
"""Per LPS axis: the letter for the negative and for the positive direction."""


@dataclass(frozen=True)
class Geometry:
    """Size, spacing, origin and direction of a voxel grid.

    Attributes:
        shape: voxels along (k, j, i), the shape of the array.
        spacing: millimeters along (i, j, k).
        origin: LPS position in mm of the center of voxel (0, 0, 0).
        direction: 3x3 row-major; column n is the LPS unit vector of index axis n.
    """

    shape: tuple[int, int, int]
    spacing: Triple = (1.0, 1.0, 1.0)
    origin: Triple = (0.0, 0.0, 0.0)
    direction: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)

    # Matrices

    @property
    def size(self) -> tuple[int, int, int]:
        """Voxels along (i, j, k)."""
        return self.shape[2], self.shape[1], self.shape[0]

    @property
    def directions(self) -> NDArray[np.float64]:
        """The direction as a 3x3 array."""
        return np.asarray(self.direction, dtype=np.float64).reshape(3, 3)

    @property
    def affine(self) -> NDArray[np.float64]:
        """4x4 from (i, j, k, 1) to LPS mm."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.directions * np.asarray(self.spacing)
        matrix[:3, 3] = self.origin
        return matrix

    @property
    def voxel_volume(self) -> float:
        """Cubic millimeters in one voxel."""
        return float(np.prod(self.spacing))

    # Points

    def index_to_lps(self, ijk: ArrayLike) -> NDArray[np.float64]:
        """Continuous indices (..., 3) to LPS mm (..., 3)."""
        return np.asarray(ijk, dtype=np.float64) @ self.affine[:3, :3].T + np.asarray(self.origin)

    def lps_to_index(self, lps: ArrayLike) -> NDArray[np.float64]:
        """LPS mm (..., 3) to continuous indices (..., 3)."""
        inverse = np.linalg.inv(self.affine[:3, :3])
        return (np.asarray(lps, dtype=np.float64) - np.asarray(self.origin)) @ inverse.T

    def slice_of(self, lps: ArrayLike) -> int:
        """The slice k that lies nearest to a point, LPS mm (3,); the first or the last one for a point outside."""
        return int(np.clip(np.rint(self.lps_to_index(lps)[2]), 0, self.shape[0] - 1))

    # Axes

    @property
    def axis_codes(self) -> str:
        """The patient direction toward which i, j and k grow, such as "LPS" or "RAS"; oblique axes take the nearest."""
        letters = ["", "", ""]
        for index_axis, (patient_axis, sign) in enumerate(self._nearest_axes()):
            letters[index_axis] = AXIS_LETTERS[patient_axis][sign > 0]
        return "".join(letters)

    def _nearest_axes(self) -> list[tuple[int, int]]:
        """For each index axis (patient axis, sign), one to one, the best total alignment first."""
        weights = np.abs(self.directions)
        chosen: dict[int, int] = {}
        for flat in np.argsort(-weights, axis=None, kind="stable"):
            patient_axis, index_axis = divmod(int(flat), 3)
            if index_axis not in chosen and patient_axis not in chosen.values():
                chosen[index_axis] = patient_axis
        return [(chosen[n], 1 if self.directions[chosen[n], n] >= 0 else -1) for n in range(3)]

    def axes_to(self, codes: str) -> list[tuple[int, bool]]:
        """How to reach axis order ``codes`` from this one: per new axis (i, j, k) the old index axis and a flip."""
        own = self.axis_codes
        steps = []
        for letter in codes:
            pair = next(pair for pair in AXIS_LETTERS if letter in pair)
            old = next(n for n in range(3) if own[n] in pair)
            steps.append((old, own[old] != letter))
        return steps

    # Derived grids

    def reoriented(self, codes: str = "LPS") -> Geometry:
        """The same voxels with axes permuted and flipped to the nearest ``codes``; nothing is resampled."""
        steps = self.axes_to(codes)
        start = np.array([0.0, 0.0, 0.0])
        columns, spacing, sizes = [], [], []
        for old, flip in steps:
            if flip:
                start[old] = self.size[old] - 1
            columns.append(self.directions[:, old] * (-1 if flip else 1))
            spacing.append(self.spacing[old])
            sizes.append(self.size[old])
        return Geometry(
            shape=(sizes[2], sizes[1], sizes[0]),
            spacing=(spacing[0], spacing[1], spacing[2]),
            origin=_triple(self.index_to_lps(start)),
            direction=tuple(float(v) for v in np.stack(columns, axis=1).ravel()),
        )

    def cropped(self, start: ArrayLike, stop: ArrayLike) -> Geometry:
        """The grid of voxels ``start`` <= (i, j, k) < ``stop``."""
        first, last = np.asarray(start, dtype=int), np.asarray(stop, dtype=int)
        size = last - first
        return replace(self, shape=(int(size[2]), int(size[1]), int(size[0])), origin=_triple(self.index_to_lps(first)))

    def block(self, place: tuple[slice, slice, slice]) -> Geometry:
        """The grid of the voxels ``voxels[place]``: spans of k, j and i."""
        return self.cropped([span.start for span in place[::-1]], [span.stop for span in place[::-1]])

    def resampled(self, spacing: Triple) -> Geometry:
        """A grid of ``spacing`` mm (i, j, k) that covers the same outer edges, from the same corner."""
        new = np.asarray(spacing, dtype=np.float64)
        old = np.asarray(self.spacing)
        size = np.maximum(1, np.ceil(np.asarray(self.size) * old / new - 1e-6)).astype(int)
        # Voxel centers move when the voxel size changes; the outer corner stays.
        origin = self.index_to_lps((new / old - 1) / 2)
        return replace(
            self, shape=(int(size[2]), int(size[1]), int(size[0])), spacing=_triple(new), origin=_triple(origin)
        )

    def matches(self, other: Geometry, tolerance: float = 1e-3) -> bool:
        """Same size, and the same place to ``tolerance`` of a voxel at every corner."""
        if self.shape != other.shape:
            return False
        corners = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) * (np.asarray(self.size) - 1)
        return bool(np.abs(self.lps_to_index(other.index_to_lps(corners)) - corners).max() <= tolerance)


def _triple(values: ArrayLike) -> Triple:
    x, y, z = (float(v) for v in np.asarray(values))
    return x, y, z
