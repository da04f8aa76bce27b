"""What a training and a measurement simulate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orthoai_training.spine_ct.options import SpineOptions

REAL_SHARE = 0.5
"""Of cases from real shapes, when there are any."""


def spine_options(
    shapes: Sequence[Path], textures: Sequence[Path], real_share: float = REAL_SHARE, shape_variety: float = 0.0
) -> SpineOptions:
    """Any field of view around the spine, any slice thickness; ``shape_variety`` is for trainings alone."""
    return SpineOptions(
        shapes=tuple(shapes), texture=tuple(textures), real_share=real_share, shape_variety=shape_variety
    )
