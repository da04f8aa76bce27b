"""What the first bytes of a NIfTI file say about its voxels.

ITK reads a NIfTI file that ends too early without a complaint, and holds two copies of the voxels while it reads. So
only the geometry comes from ITK; the voxels are read straight into one array by :mod:`orthoai.io.nifti_like`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from orthoai.errors import InputError

HEADER_BYTES = 348
"""Size of the header."""

SCALAR_TYPES = {
    2: "u1",
    4: "i2",
    8: "i4",
    16: "f4",
    64: "f8",
    256: "i1",
    512: "u2",
    768: "u4",
    1024: "i8",
    1280: "u8",
}
"""NIfTI data type code to numpy type."""

COLOR_TYPES = (128, 2304)
"""NIfTI data type codes of RGB and RGBA."""


@dataclass(frozen=True)
class NiftiHeader:
    """The layout of the voxels in a (decompressed) NIfTI file.

    Attributes:
        shape: (K, J, I).
        dtype: with the byte order of the file.
        offset: bytes before the first voxel.
        slope, intercept: value = stored * slope + intercept; (1, 0) where the header gives none.
    """

    shape: tuple[int, int, int]
    dtype: np.dtype
    offset: int
    slope: float
    intercept: float


def is_nifti(head: bytes) -> bool:
    """Whether ``head`` (decompressed, at least 348 bytes) starts a single-file NIfTI of version 1 or 2."""
    return head[344:348] == b"n+1\0" or _is_version_2(head)


def _is_version_2(head: bytes) -> bool:
    return head[4:8] == b"n+2\0"


def parse_header(head: bytes, name: str) -> NiftiHeader:
    """Read the header of a single-file NIfTI.

    Args:
        head: the first HEADER_BYTES of the decompressed file.
        name: the file's name, for messages.

    Raises:
        InputError: not NIfTI, version 2, four-dimensional, color, complex or vector voxels.
    """
    if not is_nifti(head):
        raise InputError(f"{name} is not a NIfTI file; export the image again as .nii.gz, or name it by its own type.")
    if _is_version_2(head):
        raise InputError(
            f"{name} is a NIfTI-2 file, which ITK does not read; convert it to NIfTI-1 (.nii.gz) or .nrrd."
        )
    order = "<" if struct.unpack_from("<i", head)[0] == HEADER_BYTES else ">"
    dims = struct.unpack_from(f"{order}8h", head, 40)
    (code,) = struct.unpack_from(f"{order}h", head, 70)
    offset, slope, intercept = struct.unpack_from(f"{order}3f", head, 108)
    if not HEADER_BYTES <= offset < float("inf") or np.isinf([slope, intercept]).any() or not 1 <= dims[0] <= 7:
        raise InputError(f"{name} has a damaged header; export the image again.")
    # The standard: a slope of zero means that the values are not scaled; nibabel writes NaN for that.
    if slope == 0 or np.isnan(slope):
        slope, intercept = 1.0, 0.0
    return NiftiHeader(
        shape=_shape(dims, name),
        dtype=np.dtype(order + _scalar_type(code, name)),
        offset=int(offset),
        slope=float(slope),
        intercept=0.0 if np.isnan(intercept) else float(intercept),
    )


def _shape(dims: tuple[int, ...], name: str) -> tuple[int, int, int]:
    size = [*dims[1 : dims[0] + 1], 1, 1, 1]
    if min(size) < 1:
        raise InputError(f"{name} has a damaged header; export the image again.")
    if any(n > 1 for n in size[4:]):
        raise InputError(f"{name} holds vectors, not one value per voxel; export the plain image.")
    if size[3] > 1:
        raise InputError(f"{name} is four-dimensional ({size[3]} volumes); extract one 3D volume and use that.")
    return size[2], size[1], size[0]


def _scalar_type(code: int, name: str) -> str:
    if code in COLOR_TYPES:
        raise InputError(f"{name} is a color (RGB) image; use the gray-value image.")
    if code not in SCALAR_TYPES:
        raise InputError(f"{name} holds values of an unsupported kind (NIfTI type {code}); export it as int16.")
    return SCALAR_TYPES[code]
