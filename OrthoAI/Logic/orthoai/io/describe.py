"""One line about an image, without patient data."""

from __future__ import annotations

from orthoai.volume import Volume


def describe(volume: Volume) -> str:
    """Size, voxel size, axes and modality of ``volume`` in (i, j, k) order.

    Example:
        "512 x 512 x 1500 voxels of 0.80 x 0.80 x 1.00 mm, axes LPS, int16, CT"
    """
    size = " x ".join(str(n) for n in volume.geometry.size)
    spacing = " x ".join(f"{mm:.2f}" for mm in volume.geometry.spacing)
    line = f"{size} voxels of {spacing} mm, axes {volume.geometry.axis_codes}, {volume.voxels.dtype.name}"
    return f"{line}, {volume.modality}" if volume.modality else line
