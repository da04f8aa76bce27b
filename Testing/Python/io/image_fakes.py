"""Small volumes, and NIfTI files made by the book."""

from __future__ import annotations

import struct

import numpy as np
from orthoai.geometry import Geometry
from orthoai.volume import Volume

SUFFIXES = [".nii.gz", ".nii", ".nrrd", ".mha"]

OBLIQUE = np.linalg.qr(np.array([[1.0, 0.2, -0.1], [-0.15, 1.0, 0.3], [0.05, -0.25, 1.0]]))[0]


def volume(dtype: str = "int16", direction: np.ndarray = OBLIQUE) -> Volume:
    rng = np.random.default_rng(0)
    geometry = Geometry((5, 6, 7), (0.7, 0.9, 2.5), (-101.5, 33.25, 800.0), tuple(direction.ravel()))
    return Volume(rng.integers(0, 120, geometry.shape).astype(dtype), geometry)


def noise() -> Volume:
    """A volume that no compression makes much smaller."""
    voxels = np.random.default_rng(1).integers(-1000, 1000, (20, 32, 32)).astype(np.int16)
    return Volume(voxels, Geometry(voxels.shape))


def assert_same_grid(a: Geometry, b: Geometry) -> None:
    assert a.shape == b.shape
    np.testing.assert_allclose(a.spacing, b.spacing, rtol=1e-6)
    np.testing.assert_allclose(a.origin, b.origin, rtol=1e-6)
    np.testing.assert_allclose(a.direction, b.direction, atol=1e-6)


def nifti_bytes(
    voxels: np.ndarray,
    code: int,
    order: str = "<",
    slope: float = 0.0,
    intercept: float = 0.0,
    dims: tuple[int, ...] | None = None,
    sform: np.ndarray | None = None,
) -> bytes:
    """A NIfTI-1 file made by the book, independent of ITK."""
    head = bytearray(352)
    size = dims or voxels.shape[::-1]
    struct.pack_into(f"{order}i", head, 0, 348)
    struct.pack_into(f"{order}8h", head, 40, len(size), *size, *[1] * (7 - len(size)))
    struct.pack_into(f"{order}2h", head, 70, code, voxels.dtype.itemsize * 8)
    matrix = np.eye(3) if sform is None else sform
    struct.pack_into(f"{order}8f", head, 76, 1.0, *np.linalg.norm(matrix, axis=0), *[1.0] * 4)
    struct.pack_into(f"{order}3f", head, 108, 352.0, slope, intercept)
    head[123] = 2  # mm
    struct.pack_into(f"{order}2h", head, 252, 0, 1)
    struct.pack_into(f"{order}12f", head, 280, *np.hstack([matrix, np.zeros((3, 1))]).ravel())
    head[344:348] = b"n+1\0"
    return bytes(head) + voxels.astype(voxels.dtype.newbyteorder(order)).tobytes()
