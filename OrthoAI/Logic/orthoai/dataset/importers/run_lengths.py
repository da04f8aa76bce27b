"""COCO's run lengths of a mask: column by column, zeros first, as a list of numbers or packed into a string.

https://github.com/cocodataset/cocoapi, common/maskApi.c (rleFrString) defines the string: each number from the fourth
on is told as the difference to the one two before it, and each is cut into groups of five bits, the lowest first, one
character a group.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from orthoai.errors import InputError

FIRST_CHARACTER = 48
"""The character of a group of zeros that ends its number."""

GROUP_BITS, SIGN, MORE = 5, 0x10, 0x20
"""Of a group: its bits, the one of them that makes a last group negative, the one that says that another follows."""

MOST_GROUPS = 12
"""Of a number: 60 bits."""


def mask_of_runs(runs: dict[str, Any], size: tuple[int, ...], where: str) -> NDArray[np.bool_]:
    """The mask (H, W) that ``runs`` ("counts", and "size" where it is told) describe.

    Raises:
        InputError: they are no run lengths, or not of a picture of ``size``; it names ``where``.

    Example:
        >>> mask_of_runs({"counts": "113", "size": [5, 1]}, (5, 1), "a.json").ravel().astype(int).tolist()
        [0, 1, 0, 0, 0]
    """
    counts, pixels = runs.get("counts"), size[0] * size[1]
    try:
        lengths = np.asarray(unpacked(counts) if isinstance(counts, str) else counts)
        fits = lengths.ndim == 1 and lengths.dtype.kind in "iu"
        # Each by itself, too: a sum of huge lengths wraps around.
        fits = fits and lengths.min(initial=0) >= 0 and lengths.max(initial=0) <= pixels and lengths.sum() == pixels
        fits = fits and tuple(runs.get("size") or size) == tuple(size)
    except (TypeError, ValueError, OverflowError):
        fits = False
    if not fits:
        raise InputError(f"{where} has run lengths that do not fill their picture; export it again.")
    flat = np.repeat(np.arange(lengths.size) % 2 == 1, lengths)
    return flat.reshape(size[1], size[0]).T


def unpacked(text: str) -> list[int]:
    """The run lengths in a string. Raises ValueError: a character of no group, or a number without an end.

    Example:
        >>> unpacked("61X13mN000`0")
        [6, 1, 40, 4, 5, 4, 5, 4, 21]
    """
    lengths: list[int] = []
    number, groups = 0, 0
    for character in text:
        group = ord(character) - FIRST_CHARACTER
        if not 0 <= group < 2 * MORE or groups == MOST_GROUPS:
            raise ValueError(text)
        number |= (group & (MORE - 1)) << (GROUP_BITS * groups)
        groups += 1
        if group & MORE:
            continue
        if group & SIGN:
            number -= 1 << (GROUP_BITS * groups)
        lengths.append(number + lengths[-2] if len(lengths) > 2 else number)
        number, groups = 0, 0
    if groups:
        raise ValueError(text)
    return lengths
