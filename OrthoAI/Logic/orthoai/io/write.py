"""A Volume or a label map to a file, which appears whole or not at all."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.output import beside, write_error
from orthoai.volume import Volume

SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")
"""What can be written; the first is the usual one."""

NIFTI_OFFSET = 352
"""Bytes before the voxels in a NIfTI-1 file."""

CHUNK_BYTES = 1 << 24


def write_volume(volume: Volume, path: Path) -> None:
    """Write ``volume`` to ``path`` (.nii.gz, .nii, .nrrd or .mha), losslessly and with its geometry.

    Raises:
        InputError: another suffix, disk full, no permission. Nothing is left behind then.
    """
    _write(volume.voxels, volume.geometry, Path(path))


def write_labels(array: NDArray, geometry: Geometry, path: Path) -> None:
    """Write a label map (K, J, I), values 0..255, compressed (except .nii). Raises as :func:`write_volume`."""
    if array.shape != geometry.shape:
        raise ValueError(f"labels have shape {array.shape}, the geometry says {geometry.shape}")
    _write(array.astype(np.uint8, copy=False), geometry, Path(path))


def _write(array: NDArray, geometry: Geometry, path: Path) -> None:
    suffix = next((s for s in SUFFIXES if path.name.endswith(s)), None)
    if suffix is None:
        raise InputError(f"{path.name} has no suffix that can be written; use one of {', '.join(SUFFIXES)}.")
    aside = beside(path)
    try:
        # Made here and not by ITK: only this tells why a place cannot be written.
        aside.touch(exist_ok=False)
    except OSError as error:
        raise write_error(error, path) from error
    try:
        try:
            sitk.WriteImage(_image(array, geometry), str(aside), useCompression=True)
        except RuntimeError as error:
            raise _incomplete(path) from error
        if suffix.startswith(".nii") and not _is_complete(aside, NIFTI_OFFSET + array.nbytes):
            raise _incomplete(path)
        aside.replace(path)
    except OSError as error:
        raise write_error(error, path) from error
    finally:
        aside.unlink(missing_ok=True)


def _image(array: NDArray, geometry: Geometry) -> sitk.Image:
    image = sitk.GetImageFromArray(array.view(np.uint8) if array.dtype == bool else array)
    image.SetSpacing(geometry.spacing)
    image.SetOrigin(geometry.origin)
    image.SetDirection(geometry.direction)
    return image


def _incomplete(path: Path) -> InputError:
    return InputError(f"{path} could not be written completely; free some space or choose another place.")


def _is_complete(path: Path, size: int) -> bool:
    """Whether the (decompressed) file has ``size`` bytes: ITK writes NIfTI to a full disk without a complaint."""
    if not path.name.endswith(".gz"):
        return path.stat().st_size == size
    count = 0
    try:
        with gzip.open(path) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                count += len(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return False
    return count == size
