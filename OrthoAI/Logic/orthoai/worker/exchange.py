"""Volumes and results as files between a front end and the worker: quick to write, quick to open."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.output import RESULT_FILE, beside, write_error
from orthoai.packed_map import pack, unpack
from orthoai.progress import Progress
from orthoai.result import VERTEBRAE, Result

SEGMENTATION_FILE = "segmentation.npy"
"""The label map (K, J, I), uint8, in a result folder."""

VERTEBRAE_FILE = "vertebrae.json"
"""The extra of that name in a result folder, packed; absent where the task gave none."""

CHUNK_BYTES = 1 << 24
"""Written at a time: between two chunks other threads run and a cancel is heard."""

NRRD_TYPES = {
    **{f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "float32": "float",
    "float64": "double",
}
"""numpy's names to NRRD's."""


def write_exchange(voxels: NDArray, geometry: Geometry, path: Path, progress: Progress | None = None) -> None:
    """Write an image as a raw, uncompressed NRRD file, which :func:`orthoai.io.read.read_volume` reads.

    For a background thread: the interpreter lock is held only between chunks. The same voxels and geometry always give
    the same bytes, so the sha256 of the file identifies the image.

    Args:
        voxels: (K, J, I), any strides; may be a view of memory that somebody else keeps alive, such as VTK.
        geometry: LPS, of the same shape.
        path: the file, named *.nrrd; appears whole or not at all.
        progress: hears nothing, but may cancel.

    Raises:
        InputError: voxels of a kind that NRRD does not know, disk full, no permission. Nothing is left behind.
        Canceled: asked for through ``progress``. Nothing is left behind.
    """
    path, progress = Path(path), progress or Progress()
    chunks = _exchange_chunks(voxels, geometry)
    aside = beside(path)
    try:
        with aside.open("xb") as stream:
            for chunk in chunks:
                progress.check()
                stream.write(chunk)
        aside.replace(path)
    except OSError as error:
        raise write_error(error, path) from error
    finally:
        aside.unlink(missing_ok=True)


def exchange_sha256(voxels: NDArray, geometry: Geometry) -> str:
    """sha256 of the file that :func:`write_exchange` would write: by it a run in a front end knows its image."""
    digest = hashlib.sha256()
    for chunk in _exchange_chunks(voxels, geometry):
        digest.update(chunk)
    return digest.hexdigest()


def write_result(result: Result, folder: Path, progress: Progress | None = None) -> None:
    """Write segmentation.npy, vertebrae.json if any, then result.json into ``folder``. Raises OSError, Canceled."""
    labels = result.segmentation
    with (folder / SEGMENTATION_FILE).open("xb") as stream:
        header = {"descr": np.lib.format.dtype_to_descr(labels.dtype), "fortran_order": False, "shape": labels.shape}
        np.lib.format.write_array_header_1_0(stream, header)
        for chunk in _chunks(labels, labels.dtype):
            if progress is not None:
                progress.check()
            stream.write(chunk)
    bodies = result.extra(VERTEBRAE)
    if bodies is not None:
        (folder / VERTEBRAE_FILE).write_text(pack(bodies.voxels), encoding="ascii")
    (folder / RESULT_FILE).write_text(result.to_json(), encoding="utf-8")


def read_result(folder: Path) -> Result:
    """The result that the worker wrote into ``folder``.

    Its segmentation is a read-only view of the file: only what is looked at is read, and the file stays open for as
    long as the array lives (on Windows the folder cannot be removed before).

    Raises:
        InputError: files are missing, damaged or do not belong together.
    """
    folder = Path(folder)
    try:
        text = (folder / RESULT_FILE).read_text(encoding="utf-8")
        labels = np.load(folder / SEGMENTATION_FILE, mmap_mode="r", allow_pickle=False)
        bodies = file.read_text(encoding="ascii") if (file := folder / VERTEBRAE_FILE).is_file() else None
    except (OSError, ValueError, EOFError) as error:
        raise InputError("The result of the run cannot be read; run the task again.") from error
    return Result.from_json(text, labels, {} if bodies is None else {VERTEBRAE: unpack(bodies, labels.shape)})


def _exchange_chunks(voxels: NDArray, geometry: Geometry) -> Iterator[bytes | memoryview]:
    """The content of an exchange file; what cannot be written is refused before the first chunk."""
    if voxels.shape != geometry.shape:
        raise ValueError(f"voxels have shape {voxels.shape}, the geometry says {geometry.shape}")
    dtype = np.dtype(np.uint8) if voxels.dtype == bool else voxels.dtype.newbyteorder("=")
    if dtype.name not in NRRD_TYPES:
        raise InputError(f"Voxels of the type {dtype.name} cannot be handed on: cast the image to int16 or float.")
    return chain([_nrrd_header(dtype, geometry)], _chunks(voxels, dtype))


def _nrrd_header(dtype: np.dtype, geometry: Geometry) -> bytes:
    axes = (geometry.directions * np.asarray(geometry.spacing)).T
    fields = [
        "NRRD0004",
        f"type: {NRRD_TYPES[dtype.name]}",
        "dimension: 3",
        "space: left-posterior-superior",
        f"sizes: {' '.join(str(n) for n in geometry.size)}",
        f"space directions: {' '.join(_vector(axis) for axis in axes)}",
        "kinds: domain domain domain",
        f"endian: {sys.byteorder}",
        "encoding: raw",
        f"space origin: {_vector(np.asarray(geometry.origin))}",
    ]
    return "\n".join([*fields, "", ""]).encode("ascii")


def _vector(values: NDArray) -> str:
    """With every digit that a float64 has."""
    return f"({','.join(repr(float(v)) for v in values)})"


def _chunks(voxels: NDArray, dtype: np.dtype) -> Iterator[memoryview]:
    """Slice by slice, each slice in chunks of rows: between two of them other threads run and a cancel is heard."""
    row_bytes = max(1, voxels.shape[2] * dtype.itemsize)
    rows = max(1, CHUNK_BYTES // row_bytes)
    slices = max(1, rows // max(1, voxels.shape[1]))
    for k in range(0, voxels.shape[0], slices):
        for j in range(0, voxels.shape[1], rows):
            yield np.ascontiguousarray(voxels[k : k + slices, j : j + rows], dtype).data.cast("B")
