"""What is simulated. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FIELDS = ("random", "whole", "thoracolumbar", "lumbar", "thoracic", "torso")
"""What a scan covers: "random" is one of the next four; "torso" is T9 to the sacrum with the whole body around."""


@dataclass(frozen=True)
class SpineOptions:
    """What is simulated.

    Attributes:
        field: one of :data:`FIELDS`.
        pixel_mm, slice_mm: ranges of the pixel's side and the slice thickness; a quarter of the scans are thick.
        thick_mm: range of those; None for no thick scans.
        shapes: files or folders of real vertebrae (STL), label maps or masks of MR (NIfTI), in the place of the
            parametric ones.
        real_share: share of the cases with real shapes where there are any.
        shape_variety: how much real bodies are varied in height and in the relief of their endplates: 1 as much as
            people differ, 0 (for evaluations) not at all.
        texture: folders of real CT ``*_ct.nii.gz`` to take texture from.
        fracture_rate: chance of a fracture per vertebra in a patient who has any; a fifth of the patients has none.
        mixed: chance per fracture that it is both wedge and biconcave, of which the larger loss names it.
        mimic_rate: chance per vertebra of something that looks like a fracture or hides one.
        sclerosis: chance per other sound vertebra of dense bone beneath an endplate, around a Schmorl node or all over.
        metal: chance per case of screws; cement is a mimic of single vertebrae.
        tilt: largest angle in degrees between the scan's axes and the patient's.
        any_axes: store the axes in any of their 48 orders.
        contrast: chance of contrast medium in the vessels.
        noise: range of the standard deviation in HU; falls with thicker slices.
    """

    field: str = "random"
    pixel_mm: tuple[float, float] = (0.7, 1.1)
    slice_mm: tuple[float, float] = (0.8, 2.0)
    thick_mm: tuple[float, float] | None = (2.5, 5.0)
    shapes: tuple[Path, ...] = ()
    real_share: float = 1.0
    shape_variety: float = 0.0
    texture: tuple[Path, ...] = ()
    fracture_rate: float = 0.3
    mixed: float = 0.0
    mimic_rate: float = 0.12
    sclerosis: float = 0.0
    metal: float = 0.05
    tilt: float = 0.0
    any_axes: bool = False
    contrast: float = 0.35
    noise: tuple[float, float] = (8.0, 38.0)
