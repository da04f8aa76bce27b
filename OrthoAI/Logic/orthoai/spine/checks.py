"""Is this CT one in which vertebrae can be judged? Each bad case has its own sentence."""

from __future__ import annotations

from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.io.checks import require_ct
from orthoai.spine.stack import extent
from orthoai.volume import Volume

THICKEST_MM = 6.0
"""Largest voxel side. A vertebra of 20 mm that has lost a quarter of its height looks the same in thicker slices."""

THICK_MM = 3.0
"""Voxel side above which a mild fracture may not show: it has lost some 5 mm of height."""

SHORTEST_MM = 60.0
"""Least extent from head to feet: less holds no vertebra with whole neighbors to compare it with."""

SMALLEST_MM = 50.0
"""Least extent across the patient: less holds no vertebral body with its surroundings."""


def require_spine_ct(volume: Volume) -> None:
    """Raise InputError unless ``volume`` is a 3D CT, thin and long enough to see vertebrae in."""
    require_ct(volume)
    thickest = max(volume.geometry.spacing)
    if thickest > THICKEST_MM:
        raise InputError(
            f"The slices are {thickest:.1f} mm thick: the height of a vertebra cannot be judged in slices thicker than "
            f"{THICKEST_MM:g} mm; choose the thin reconstruction."
        )
    low, high = extent(volume.geometry)
    width, depth, length = (float(value) for value in high - low)
    if length < SHORTEST_MM:
        raise InputError(
            f"The scan covers only {length:.0f} mm from head to feet: a vertebra is judged against its neighbors, "
            f"which takes {SHORTEST_MM:g} mm or more; choose a longer scan."
        )
    if min(width, depth) < SMALLEST_MM:
        raise InputError(
            f"The scan covers only {min(width, depth):.0f} mm across the patient, too little for a spine; "
            "choose a larger field of view."
        )


def with_thick_slices_told(message: str, geometry: Geometry) -> str:
    """``message``, and where the slices are thick a sentence on what they may hide."""
    thickest = round(max(geometry.spacing), 1)
    return f"{message} Slices of {thickest:g} mm: mild fractures may not show." if thickest > THICK_MM else message
