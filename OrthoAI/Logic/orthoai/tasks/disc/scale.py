"""How large a pixel is in a picture that does not say, and whether discs have the size of lumbar ones."""

from __future__ import annotations

from collections.abc import Sequence

from orthoai.detect.detector import Detection
from orthoai.errors import InputError
from orthoai.tasks.disc.levels import spacing
from orthoai.tasks.disc.picture import PixelMm

TYPICAL_SPACING_MM = 35.0
"""From one lumbar disc to the next in adults: median of the SPIDER training patients, 24 to 40."""

FALLBACK_PIXEL_MM = 0.7
"""Where fewer than two discs are found to measure by."""

CERVICAL_SPACING_MM = 20.5
"""Discs nearer to each other lie in the neck (15 to 20 mm in adults), not in the lumbar spine."""


def estimated_pixel_mm(discs: Sequence[Detection], numbers: Sequence[int] | None = None) -> PixelMm:
    """Side of square pixels at which ``discs``, a chain, have the usual spacing; ``numbers`` as for spacing()."""
    pixels = spacing(discs, (1.0, 1.0), numbers)
    side = TYPICAL_SPACING_MM / pixels if pixels else FALLBACK_PIXEL_MM
    return side, side


def require_lumbar_size(discs: Sequence[Detection], pixel_mm: PixelMm) -> None:
    """Raise InputError when the discs of a chain are as near to each other as those of a neck."""
    apart = spacing(discs, pixel_mm)
    if apart is not None and len(discs) > 2 and apart < CERVICAL_SPACING_MM:
        raise InputError(
            f"The discs lie {apart:.0f} mm from each other, as in a neck, not in a lumbar spine; "
            "choose the sagittal T2 series of the lumbar spine."
        )
