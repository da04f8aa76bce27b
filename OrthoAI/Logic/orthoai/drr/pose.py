"""Where the x-ray source and the detector stand in the patient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import torch

from orthoai.errors import InputError
from orthoai.geometry import Geometry, Triple

Vector = torch.Tensor
"""(3,) float64, LPS mm."""

WHOLE = 1e-6
"""Part of a pixel that counts as rounding when pixels are counted."""


@dataclass(frozen=True)
class Pose:
    """A flat detector and the source of its rays, all in LPS mm; differentiable where the tensors are.

    Attributes:
        center: the middle of the detector.
        right, down: unit vectors along the detector's rows (x) and columns (y).
        pixel_mm: edge of a (square) pixel.
        shape: (rows, cols) pixels.
        source: the point that all rays leave; or, with ``parallel``, the direction in which they travel.
        parallel: whether the rays are parallel.
    """

    center: Vector
    right: Vector
    down: Vector
    pixel_mm: float
    shape: tuple[int, int]
    source: Vector
    parallel: bool = False

    def pixels(self) -> torch.Tensor:
        """(rows, cols, 3) centers of the pixels."""
        rows, cols = self.shape
        y = (torch.arange(rows, dtype=torch.float64) - (rows - 1) / 2) * self.pixel_mm
        x = (torch.arange(cols, dtype=torch.float64) - (cols - 1) / 2) * self.pixel_mm
        return self.center + y[:, None, None] * self.down + x[None, :, None] * self.right

    def rays(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Start and span of every ray, both (rows, cols, 3): it runs from start to start + span at the pixel.

        Parallel rays have no start; theirs is the pixel, and their span the unit direction.
        """
        pixels = self.pixels()
        if self.parallel:
            return pixels, (self.source / self.source.norm()).expand_as(pixels)
        return self.source.expand_as(pixels), pixels - self.source

    def moved(self, rotation: torch.Tensor, shift: torch.Tensor, about: torch.Tensor | None = None) -> Pose:
        """This pose turned by ``rotation`` (3, 3) about the LPS point ``about`` (the origin), then shifted (3,) mm."""
        pivot = torch.zeros(3, dtype=torch.float64) if about is None else about

        def point(place: torch.Tensor) -> torch.Tensor:
            return rotation @ (place - pivot) + pivot + shift

        return replace(
            self,
            center=point(self.center),
            right=rotation @ self.right,
            down=rotation @ self.down,
            source=rotation @ self.source if self.parallel else point(self.source),
        )


def pose_along(
    geometry: Geometry,
    direction: Triple,
    up: Triple,
    pixel_mm: float | None = None,
    source_mm: float | None = None,
    detector_mm: float | None = None,
) -> Pose:
    """A pose that looks through the middle of a volume and sees all of it.

    Args:
        geometry: of the volume.
        direction: in which the central ray travels, LPS.
        up: what is drawn upward, LPS; only its part across ``direction`` counts.
        pixel_mm: edge of a pixel on the detector; the finest spacing of the volume by default.
        source_mm: distance from the source to the middle of the volume; parallel rays by default.
        detector_mm: distance from the middle of the volume to the detector; just behind the volume by default.

    Raises:
        InputError: ``up`` runs along ``direction``, or the source lies inside the volume.
    """
    along = np.asarray(direction, float) / np.linalg.norm(direction)
    right = np.cross(along, np.asarray(up, float))
    if np.linalg.norm(right) < 1e-6 * np.linalg.norm(up):
        raise InputError("The up direction of a projection must not run along its rays: choose another one.")
    right /= np.linalg.norm(right)
    down = np.cross(along, right)
    corners = geometry.index_to_lps(list(product(*((-0.5, n - 0.5) for n in geometry.size))))
    middle = corners.mean(axis=0)
    x, y, depth = np.abs((corners - middle) @ np.stack([right, down, along], axis=1)).max(axis=0)
    behind = depth if detector_mm is None else detector_mm
    if source_mm is not None:
        if source_mm <= depth:
            raise InputError(
                f"The x-ray source is inside the volume: place it more than {depth:.0f} mm from the middle."
            )
        # The corners nearest to the source throw the widest shadow.
        widest = (source_mm + behind) / (source_mm - depth)
        x, y = x * widest, y * widest
    pixel = min(geometry.spacing) if pixel_mm is None else pixel_mm
    rows, cols = (max(1, int(np.ceil(2 * extent / pixel - WHOLE))) for extent in (y, x))
    return Pose(
        center=torch.as_tensor(middle + behind * along),
        right=torch.as_tensor(right),
        down=torch.as_tensor(down),
        pixel_mm=float(pixel),
        shape=(rows, cols),
        source=torch.as_tensor(along if source_mm is None else middle - source_mm * along),
        parallel=source_mm is None,
    )


def coronal_pose(geometry: Geometry, pixel_mm: float | None = None, source_mm: float | None = None) -> Pose:
    """From the front to the back, head up, the patient's left on the right; see :func:`pose_along`."""
    return pose_along(geometry, (0, 1, 0), (0, 0, 1), pixel_mm, source_mm)


def sagittal_pose(geometry: Geometry, pixel_mm: float | None = None, source_mm: float | None = None) -> Pose:
    """From the patient's left to the right, head up, the front on the left; see :func:`pose_along`."""
    return pose_along(geometry, (-1, 0, 0), (0, 0, 1), pixel_mm, source_mm)


def axial_pose(geometry: Geometry, pixel_mm: float | None = None, source_mm: float | None = None) -> Pose:
    """From the feet to the head, front up, the patient's left on the right; see :func:`pose_along`."""
    return pose_along(geometry, (0, 0, 1), (0, -1, 0), pixel_mm, source_mm)
