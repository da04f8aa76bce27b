"""What ends ITK, or keeps it busy for ever, is refused before ITK sees it."""

from __future__ import annotations

import re
from pathlib import Path

from orthoai.errors import InputError

MOST_DIMENSIONS = 4
"""As many as a MetaImage of an image and its time points has."""

META_HEADER_BYTES = 1 << 16
"""Read of a MetaImage file to find its header."""

META_DIMENSIONS = re.compile(rb"(?:^|[\r\n])\s*NDims\s*[=:]([^\r\n]*)")
META_END = re.compile(rb"[\r\n]\s*ElementDataFile\s*[=:]")

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
        header = META_END.split(stream.read(META_HEADER_BYTES), maxsplit=1)[0]
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
