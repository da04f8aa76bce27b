"""How the cases of each task become flat pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from orthoai.spine.window import BONE_WINDOW as SPINE_HU

Plane = Literal["axial", "coronal", "sagittal"]


@dataclass(frozen=True)
class Window:
    """Values shown as black and as white, the others between and beyond."""

    low: float
    high: float


BONE_WINDOW = Window(-450.0, 1050.0)
"""HU of the usual bone window: center 300, width 1500."""

SPINE_WINDOW = Window(*SPINE_HU)
"""HU of the pictures that the networks of the spine see."""


@dataclass(frozen=True)
class Look:
    """How a task's cases are drawn.

    Attributes:
        planes: of the slices; none draws the coronal and the axial projection instead.
        window: of the slices; None takes the image's own 1st and 99th percentile, for images without a fixed scale.
        is_single: whether a label is one object however many parts its outline has, such as a femur; otherwise each
            part is an object, such as a vertebra.
    """

    planes: tuple[Plane, ...]
    window: Window | None
    is_single: bool = False


LOOKS = {
    "femur": Look(planes=(), window=None, is_single=True),
    "fracture": Look(planes=("axial", "sagittal"), window=SPINE_WINDOW),
    "ovf": Look(planes=("sagittal",), window=SPINE_WINDOW),
    "disc": Look(planes=("sagittal",), window=None),
}
"""By task: the pictures that the task's own networks look at."""


def look_of(task: str, modality: str) -> Look:
    """The task's look; axial slices for a task that the table does not know."""
    return LOOKS.get(task) or Look(planes=("axial",), window=BONE_WINDOW if modality == "CT" else None)
