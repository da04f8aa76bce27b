"""What ends ITK, keeps it busy for ever, or is taken by it for what it is not."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from orthoai.errors import InputError

MOST_DIMENSIONS = 4
"""As many as a MetaImage of an image and its time points has."""

HEADER_BYTES = 1 << 16
"""Read of a MetaImage or NRRD file to find its header."""

META_DIMENSIONS = re.compile(rb"(?:^|[\r\n])\s*NDims\s*[=:]([^\r\n]*)")
META_END = re.compile(rb"[\r\n]\s*ElementDataFile\s*[=:][^\r\n]*\r?\n?")
META_COMPRESSED = re.compile(rb"[\r\n]\s*CompressedData\s*[=:]\s*True", re.IGNORECASE)

CHUNK_BYTES = 1 << 20

MOST_DATA_FILES = 10_000
"""That a header names by a pattern: one for each slice."""

INT32_END = 1 << 31


def check_name(path: Path) -> None:
    """Raises InputError where the name of ``path`` or of a folder that it lies in is no UTF-8, as ITK wants it."""
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError as error:
        shown = str(path).encode("utf-8", "replace").decode("utf-8")
        raise InputError(f"The name of {shown} has characters that are not UTF-8; rename it.") from error


def check_meta_dimensions(path: Path) -> None:
    """Raises InputError where the MetaImage file ``path`` announces no dimensions, or none that an image has."""
    with path.open("rb") as stream:
        header = META_END.split(stream.read(HEADER_BYTES), maxsplit=1)[0]
    told = [text.strip() for text in META_DIMENSIONS.findall(header)]
    if not told or not all(re.fullmatch(rb"[1-9]", text) and int(text) <= MOST_DIMENSIONS for text in told):
        raise InputError(
            f"{path.name} has a damaged header (NDims is no number of 1 to {MOST_DIMENSIONS}); export the image again."
        )


def check_pattern(named: bytes, name: str) -> None:
    """Raises InputError where ``named``, a pattern with its first and last number and the step, is of too many files.

    Example:
        >>> check_pattern(b"slice%03d.raw 1 400 1", "ct.nhdr")
    """
    numbers = [int(text) for text in re.findall(rb"\s([-+]?\d{1,99})", named)]
    if len(numbers) < 3:
        return  # ITK knows how many from the size of the image, or refuses it.
    first, last, step = numbers[:3]
    if max(map(abs, numbers)) >= INT32_END or abs(last - first) > MOST_DATA_FILES * max(abs(step), 1):
        raise InputError(f"{name} names more than {MOST_DATA_FILES} data files; export the image again.")


def check_compressed(path: Path, data: Path) -> None:
    """Raises InputError where the compressed voxels of the MetaImage file ``path`` are damaged: ITK takes what it gets.

    Args:
        data: file of the voxels, ``path`` itself where they follow the header.
    """
    with path.open("rb") as stream:
        header = stream.read(HEADER_BYTES)
    end = META_END.search(header)
    if end is None or not META_COMPRESSED.search(header):
        return
    inflated = zlib.decompressobj()
    try:
        with data.open("rb") as stream:
            stream.seek(end.end() if data == path else 0)
            while not inflated.eof and (chunk := stream.read(CHUNK_BYTES)):
                while chunk:
                    inflated.decompress(chunk, CHUNK_BYTES)
                    chunk = inflated.unconsumed_tail
    except zlib.error as error:
        raise InputError(_damaged(path)) from error
    if not inflated.eof:
        raise InputError(_damaged(path))


def check_directions(path: Path) -> None:
    """Raises InputError where an axis of the NRRD file ``path`` has no direction in space, such as time points.

    ITK gives it a voxel size of 1 mm.
    """
    with path.open("rb") as stream:
        header = re.split(rb"\r?\n\r?\n", stream.read(HEADER_BYTES), maxsplit=1)[0]
    directions = re.search(rb"(?im)^space directions:(.*)$", header)
    sizes = re.search(rb"(?im)^sizes:(.*)$", header)
    if directions is None or sizes is None:
        return
    axes = re.findall(rb"none|\([^)]*\)", directions[1])
    if any(axis == b"none" and int(size) > 1 for axis, size in zip(axes, sizes[1].split(), strict=False)):
        raise InputError(f"{path.name} has an axis without a direction in space (time points); extract one 3D volume.")


def _damaged(path: Path) -> str:
    return f"{path.name} is truncated or damaged; copy or export it again."
