"""DICOM folders and files to a Volume (pydicom, with pylibjpeg for the compressed ones)."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray

from orthoai.errors import InputError
from orthoai.io.dicom_frame import Frame, Header, read_header, series_of
from orthoai.io.dicom_scout import without_scout
from orthoai.io.dicom_series import Series, choose, group
from orthoai.io.dicom_stack import Stack, stack
from orthoai.io.pixels import INT16_MAX, INT16_MIN, compact
from orthoai.volume import Source, Volume

SCOUT_LEFT_OUT = "An image that lies across all slices of the series was taken for its scout and left out."
"""What the volume notes."""

PIXEL_TAGS = [
    "Rows",
    "Columns",
    "NumberOfFrames",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelData",
    "FloatPixelData",
    "DoubleFloatPixelData",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
]
"""All that decoding a plane needs."""


def read_folder(folder: Path, series: str | None = None, modality: str | None = None) -> Volume:
    """Read one series of a folder, subfolders included.

    Args:
        folder: with DICOM files; others in it are passed over.
        series: SeriesInstanceUID, series number or part of the description; None takes the one of ``modality`` with
            the most images, or the CT or MR series with the most.

    Returns:
        Voxels (K, J, I), k along the slice normal (row x column); rescaled, int16 where that is exact (HU for CT).

    Raises:
        InputError: no DICOM, no such series, or a series that is no straight 3D grid; one sentence says why.
    """
    with _quiet():
        headers: list[Header] = []
        damaged: dict[Path, InputError] = {}
        for path in sorted(_files_below(folder)):
            try:
                header = read_header(path)
            except InputError as error:
                damaged[path] = error
                continue
            if header is not None:
                headers.append(header)
        if not headers:
            no_dicom = InputError(f"{folder} has no DICOM files; name a DICOM folder or an image file.")
            raise next(iter(damaged.values()), no_dicom)
        chosen = choose(group(headers), series, modality)
        for path, refusal in damaged.items():
            # A file of another series is no reason to refuse this one.
            if series_of(path) in ("", chosen.first.series_uid):
                raise refusal
        return _read_series(chosen)


def _files_below(folder: Path) -> Iterator[Path]:
    """Also in folders that are links, each once."""
    seen = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        yield from (path for name in names if (path := Path(place, name)).is_file())


def read_file(path: Path, series: str | None = None) -> Volume:
    """Read one DICOM file: a slice, a 2D image or an enhanced multi-frame image. Raises as :func:`read_folder`."""
    with _quiet():
        header = read_header(path)
        if header is None or not header.frames:
            raise InputError(f"{path.name} is a DICOM file without an image; choose an image.")
        if header.modality == "SEG":
            raise InputError(f"{path.name} is a DICOM segmentation, not an image; choose the CT or MR series.")
        return _read_series(Series((header,)) if series is None else choose(group([header]), series))


def _read_series(series: Series) -> Volume:
    first = series.first
    frames = without_scout(series.frames)
    shown = {frame.path for frame in frames}
    if any(header.color for header in series.headers if header.path in shown):
        raise InputError("The series is in color (RGB); choose a series of gray-value images.")
    ordered = stack(frames)
    _require_one_scale(ordered.frames)
    voxels, sha256 = _read_voxels(ordered)
    notes = (SCOUT_LEFT_OUT,) if len(frames) < len(series.frames) else ()
    return Volume(voxels, ordered.geometry, first.modality, _source(first, sha256), notes)


def _require_one_scale(frames: Sequence[Frame]) -> None:
    """Raise InputError where values are to be rescaled and a slice does not say how: a CT's would lie 1024 HU off."""
    is_changed = any((frame.slope, frame.intercept) != (1.0, 0.0) for frame in frames)
    lacking = sum(not frame.is_scaled for frame in frames)
    if is_changed and lacking:
        raise InputError(
            f"{lacking} of the series' {len(frames)} slices lack the rescale slope and intercept that the others have; "
            "export the series again."
        )


def _source(header: Header, sha256: str) -> Source:
    uids = {
        "study": header.study_uid,
        "series": header.series_uid,
        "frame_of_reference": header.frame_of_reference_uid,
    }
    return Source("dicom", sha256, {name: uid for name, uid in uids.items() if uid}, header.description)


# Voxels


def _read_voxels(ordered: Stack) -> tuple[NDArray, str]:
    """Rescaled voxels (K, J, I) and the sha256 of the files in slice order."""
    whole = all(frame.slope.is_integer() and frame.intercept.is_integer() for frame in ordered.frames)
    voxels = np.empty(ordered.geometry.shape, np.int16 if whole else np.float32)
    planes: dict[Path, list[tuple[int, Frame]]] = {}
    for k, frame in enumerate(ordered.frames):
        planes.setdefault(frame.path, []).append((k, frame))
    digest = hashlib.sha256()
    for path, members in planes.items():
        content = path.read_bytes()
        digest.update(content)
        decoded = _decode(content, path.name)
        for k, frame in members:
            if decoded[frame.index].shape != voxels.shape[1:]:
                raise InputError(f"{path.name} is damaged: its image has not the size that its header says.")
            plane = _rescale(decoded[frame.index], frame)
            if voxels.dtype == np.int16 and not _fits_int16(plane):
                voxels = voxels.astype(np.float32)
            voxels[k] = plane
    return compact(voxels), digest.hexdigest()


def _fits_int16(plane: NDArray) -> bool:
    return bool(plane.dtype.kind in "iu" and plane.min() >= INT16_MIN and plane.max() <= INT16_MAX)


def _decode(content: bytes, name: str) -> NDArray:
    """Stored values (frames, rows, columns)."""
    try:
        data = pydicom.dcmread(BytesIO(content), specific_tags=list(PIXEL_TAGS), force=True)
        if "TransferSyntaxUID" not in data.file_meta:  # A file without the DICOM prefix has none; the default holds.
            data.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
        pixels = data.pixel_array
    except MemoryError:
        raise
    except Exception as error:  # The decoders of four compressions raise whatever they like.
        raise InputError(f"{name} cannot be decoded (truncated or damaged pixels); export the series again.") from error
    return pixels if pixels.ndim == 3 else pixels[None]


def _rescale(plane: NDArray, frame: Frame) -> NDArray:
    if (frame.slope, frame.intercept) == (1.0, 0.0):
        return plane
    if frame.slope.is_integer() and frame.intercept.is_integer() and plane.dtype.kind in "iu":
        return plane.astype(np.int64) * int(frame.slope) + int(frame.intercept)
    return plane * np.float64(frame.slope) + frame.intercept


@contextmanager
def _quiet() -> Iterator[None]:
    """pydicom warns about every small flaw of a header; what matters is an InputError, the rest no user can change."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
