"""NIfTI, NRRD and MetaImage files to a Volume. Geometry comes from ITK, which speaks LPS for all of them."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from orthoai.errors import InputError, is_out_of_memory
from orthoai.geometry import Geometry
from orthoai.io.digest import sha256_of
from orthoai.io.itk_limits import check_compressed, check_directions, check_meta_dimensions, check_name, check_pattern
from orthoai.io.nifti_header import HEADER_BYTES, NiftiHeader, parse_header
from orthoai.io.pixels import compact
from orthoai.volume import Source, Volume

GZIP_MAGIC = b"\x1f\x8b"

CHUNK_BYTES = 1 << 24
"""Decompressed bytes per read: large enough to be fast, small beside a CT."""

SHEAR_WORDS = ("orthonormal", "orthogonal", "Bad direction", "determinant")
"""How ITK says that the axes of a file are not at right angles."""


def read_nifti(path: Path) -> Volume:
    """Read a .nii or .nii.gz file.

    Values keep their type, except that types wider than they need to be come back as int16 (see
    :func:`orthoai.io.pixels.compact`); scl_slope and scl_inter are applied.

    Raises:
        InputError: damaged, truncated, 4D, color or sheared; one sentence says which.
    """
    compressed = _starts_with(path, GZIP_MAGIC)
    if compressed != path.name.lower().endswith(".gz"):
        right = ".nii.gz" if compressed else ".nii"
        raise InputError(f"{path.name} has a misleading name: its content is {right}; rename it so.")
    with cast(BinaryIO, gzip.open(path) if compressed else path.open("rb")) as stream:
        try:
            head = stream.read(HEADER_BYTES)
            header = parse_header(head, path.name)
            geometry = _geometry(_information(path, "NiftiImageIO"), header.shape, path.name)
            voxels = _read_voxels(stream, head, header)
            if compressed:
                while stream.read(CHUNK_BYTES):  # Only the end of a gzip stream holds its checksum.
                    pass
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(f"{path.name} is truncated or damaged; copy or export it again.") from error
    return Volume(compact(_scaled(voxels, header)), geometry, source=Source("nifti", sha256_of([path])))


def read_nrrd(path: Path) -> Volume:
    """Read a .nrrd file, or a .nhdr with its data file. Raises InputError as :func:`read_nifti`."""
    volume = _read_with_itk(path, "NrrdImageIO", "nrrd")
    check_directions(path)
    return volume


def read_meta(path: Path) -> Volume:
    """Read a .mha file, or a .mhd with its data file. Raises InputError as :func:`read_nifti`."""
    check_meta_dimensions(path)
    volume = _read_with_itk(path, "MetaImageIO", "mha")
    parts = _parts(path)
    if parts is not None:
        check_compressed(path, parts[-1])
    return volume


def _read_with_itk(path: Path, io: str, kind: str) -> Volume:
    parts = _parts(path)
    reader = _information(path, io)
    name = path.name
    if reader.GetNumberOfComponents() > 1:
        raise InputError(f"{name} is a color (RGB) or vector image; use the gray-value image.")
    if "complex" in sitk.GetPixelIDValueAsString(reader.GetPixelID()):
        raise InputError(f"{name} holds complex values; export it as int16.")
    size = [*reader.GetSize(), 1, 1]
    if any(n > 1 for n in size[3:]):
        raise InputError(f"{name} is four-dimensional ({size[3]} volumes); extract one 3D volume and use that.")
    shape = (size[2], size[1], size[0])
    geometry = _geometry(reader, shape, name)
    try:
        image = reader.Execute()
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise MemoryError from error
        raise InputError(f"{name} is truncated or damaged; copy or export it again.") from error
    voxels = owned_array(image).reshape(shape)
    sha256 = sha256_of([path], voxels) if parts is None else sha256_of(parts)
    return Volume(compact(voxels), geometry, source=Source(kind, sha256))


# Header


def _information(path: Path, io: str) -> sitk.ImageFileReader:
    check_name(path)
    reader = sitk.ImageFileReader()
    reader.SetImageIO(io)
    reader.SetFileName(str(path))
    reader.GlobalWarningDisplayOff()
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        if any(word in str(error) for word in SHEAR_WORDS):
            raise InputError(_sheared(path.name)) from error
        raise InputError(f"{path.name} has a damaged header; export the image again.") from error
    return reader


def _sheared(name: str) -> str:
    return (
        f"{name} has axes that are not at right angles (sheared, as after a tilted gantry); "
        "resample it to a straight grid and use that."
    )


def _geometry(reader: sitk.ImageFileReader, shape: tuple[int, int, int], name: str) -> Geometry:
    dimension = reader.GetDimension()
    direction, spacing, origin = np.eye(3), np.ones(3), np.zeros(3)
    n = min(dimension, 3)
    direction[:n, :n] = np.asarray(reader.GetDirection()).reshape(dimension, dimension)[:n, :n]
    spacing[:n] = reader.GetSpacing()[:n]
    origin[:n] = reader.GetOrigin()[:n]
    if not np.isfinite(np.concatenate([direction.ravel(), spacing, origin])).all() or spacing.min() <= 0:
        raise InputError(f"{name} has a damaged header (voxel size or position); export the image again.")
    if not np.allclose(direction.T @ direction, np.eye(3), atol=1e-3):
        raise InputError(_sheared(name))
    return Geometry(
        shape=shape,
        spacing=(float(spacing[0]), float(spacing[1]), float(spacing[2])),
        origin=(float(origin[0]), float(origin[1]), float(origin[2])),
        direction=tuple(float(v) for v in direction.ravel()),
    )


# Voxels


def _read_voxels(stream: BinaryIO, head: bytes, header: NiftiHeader) -> NDArray:
    """The stored values (K, J, I) in the machine's byte order; ``stream`` stands behind ``head``."""
    early = head[header.offset :]
    skip = header.offset - len(head)
    while skip > 0:
        passed = len(stream.read(min(skip, CHUNK_BYTES)))
        if not passed:
            raise EOFError
        skip -= passed
    voxels = np.empty(header.shape, header.dtype)
    raw = voxels.reshape(-1).view(np.uint8).data
    done = min(len(early), len(raw))
    raw[:done] = early[:done]
    while done < len(raw):
        got = stream.readinto(raw[done : done + CHUNK_BYTES])  # type: ignore[attr-defined]
        if not got:
            raise EOFError
        done += got
    if not voxels.dtype.isnative:
        voxels.byteswap(inplace=True)
        voxels = voxels.view(voxels.dtype.newbyteorder("="))
    return voxels


def _scaled(voxels: NDArray, header: NiftiHeader) -> NDArray:
    if (header.slope, header.intercept) == (1.0, 0.0):
        return voxels
    scaled = np.empty(voxels.shape, np.float32)
    for k in range(len(voxels)):  # By slice: in one expression a float64 copy of the whole CT would appear.
        scaled[k] = voxels[k] * np.float64(header.slope) + header.intercept
    return scaled


class _OwnedBuffer:
    """Hands an ITK image's memory to numpy and keeps the image alive for as long as the array lives."""

    def __init__(self, image: sitk.Image) -> None:
        view = sitk.GetArrayViewFromImage(image)
        self.image = image
        self.__array_interface__: dict[str, Any] = {**view.__array_interface__, "data": (view.ctypes.data, False)}


def owned_array(image: sitk.Image) -> NDArray:
    """The voxels of ``image`` (K, J, I) without a copy; the array owns the image, so nobody else may change it."""
    return np.asarray(_OwnedBuffer(image))


# Files


def _starts_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(magic)) == magic


def _parts(path: Path) -> list[Path] | None:
    """The file, and the data file that its header names (detached NRRD and MetaImage); None where that names several,
    which ITK finds.

    Raises:
        InputError: the data file is missing, or there are too many.
    """
    keys = {".nhdr": (b"data file:", b"datafile:"), ".mhd": (b"elementdatafile",)}.get(path.suffix.lower())
    if keys is None:
        return [path]
    for line in path.read_bytes().splitlines():
        key = next((key for key in keys if line.lower().startswith(key)), None)
        if key is None:
            continue
        named = line[len(key) :].strip(b" =\t")
        if named.upper() == b"LOCAL":
            break
        if named.upper().startswith(b"LIST"):
            return None
        if b"%" in named:
            check_pattern(named, path.name)
            return None
        # The header does not say how it writes names that are not English.
        names = (named.decode("utf-8", "surrogateescape"), named.decode("latin-1"))
        found = next((path.parent / name for name in names if (path.parent / name).is_file()), None)
        if found is None:
            raise InputError(f"The data file {names[0]} of {path.name} is missing; copy both files to the same folder.")
        return [path, found]
    return [path]
