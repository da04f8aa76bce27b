"""The sagittal slices of a volume in any axis order, and the way back to its own grid. Nothing is resampled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.io.checks import require_finite
from orthoai.tasks import CAPTURES
from orthoai.tasks.disc.frame import inside_frame
from orthoai.tasks.disc.picture import PixelMm, Slice, normalized
from orthoai.volume import Volume, reorient_array, restore_array

SAGITTAL = "PIL"
"""Axis order of the slices: columns run posterior, rows caudal, slices to the patient's left."""

OPPOSITE = {"A": "P", "P": "A", "I": "S", "S": "I", "L": "R", "R": "L"}

PLANE_OF = {"L": "sagittal", "R": "sagittal", "A": "coronal", "P": "coronal", "I": "axial", "S": "axial"}
"""The plane of a series by the patient direction that its slices are stacked along."""

LARGEST_ASPECT = 2.0
"""Longer over shorter side of a sagittal pixel, at most: beyond it the series was taken in another plane."""

TILT = 40.0
"""Degrees that the slices may be turned out of the sagittal plane; a scoliotic spine is imaged at up to 20."""

SMALLEST_FIELD_MM = 60.0
"""Height and depth of the field, at least: less holds no two neighboring discs."""

SMALLEST_PIXELS = 48
"""Rows and columns, at least."""

COLOR_CHANNELS = (3, 4)


@dataclass(frozen=True)
class SagittalStack:
    """A volume seen as sagittal slices.

    Attributes:
        volume: the input, untouched.
        codes: axis order (columns, rows, slices) in which the input shows sagittal slices; SAGITTAL for a volume whose
            orientation is known and right.
        has_scale: whether pixels have a known size; a PNG's have not.
        inside: the part ``voxels[inside]`` of the input that is image, where a frame is around it; None for all of it.
    """

    volume: Volume
    codes: str = SAGITTAL
    has_scale: bool = True
    inside: tuple[slice, slice, slice] | None = None

    @property
    def grid(self) -> Geometry:
        """The slices as a grid: i columns (posterior), j rows (caudal), k slices."""
        return self._image_grid.reoriented(self.codes)

    @property
    def voxels(self) -> NDArray:
        """(S, H, W) as a view, in the input's own values."""
        return self.shown(self.volume.voxels)

    def shown(self, array: NDArray) -> NDArray:
        """``array`` (K, J, I) on the input's own grid as a view (S, H, W) on the slices."""
        image = array if self.inside is None else array[self.inside]
        return reorient_array(image, self._image_grid, self.codes)

    @property
    def pixel_mm(self) -> PixelMm:
        """Pixel size (rows, columns)."""
        spacing = self.grid.spacing
        return spacing[1], spacing[0]

    @property
    def slice_mm(self) -> float:
        """From one slice to the next."""
        return self.grid.spacing[2]

    @cached_property
    def pictures(self) -> NDArray[np.float32]:
        """(S, H, W), each slice normalized on its own."""
        return np.stack([normalized(pixels) for pixels in self.voxels])

    def picture(self, index: int) -> Slice:
        """One normalized slice (H, W)."""
        return normalized(self.voxels[index])

    def restored(self, array: NDArray) -> NDArray:
        """``array`` (S, H, W) on the slices as an array (K, J, I) on the input's own grid; 0 in a frame."""
        image = restore_array(array, self._image_grid, self.codes)
        if self.inside is None:
            return np.ascontiguousarray(image)
        whole = np.zeros(self.volume.geometry.shape, array.dtype)
        whole[self.inside] = image
        return whole

    def turned(self, upside_down: bool = False, back_to_front: bool = False) -> SagittalStack:
        """The same slices with rows or columns the other way round, for an image whose header is wrong."""
        columns, rows, slices = tuple(self.codes)
        codes = (OPPOSITE[columns] if back_to_front else columns) + (OPPOSITE[rows] if upside_down else rows) + slices
        return replace(self, codes=codes)

    @property
    def _image_grid(self) -> Geometry:
        geometry = self.volume.geometry
        return geometry if self.inside is None else geometry.block(self.inside)


def sagittal(volume: Volume) -> SagittalStack:
    """``volume`` as sagittal slices.

    Any of the 48 axis orders is taken, oblique or not, and also a 2D picture, whose rows must run caudal and whose
    columns posterior as sagittal images are always shown. A frame around a picture is left out.

    Raises:
        InputError: no MR, color or 4D, without values, an axial or coronal series, too small a field.
    """
    _require_mr(volume)
    require_finite(volume)
    if volume.source.kind == "picture" or (volume.modality in CAPTURES and volume.voxels.shape[0] == 1):
        inside = (slice(0, 1), *inside_frame(volume.voxels[0])) if len(volume.voxels) == 1 else None
        stack = SagittalStack(volume, volume.geometry.axis_codes, has_scale=False, inside=inside)
    else:
        _require_sagittal(volume.geometry)
        stack = SagittalStack(volume)
    _require_size(stack)
    return stack


def _require_mr(volume: Volume) -> None:
    shape = volume.voxels.shape
    if len(shape) == 4 and shape[-1] in COLOR_CHANNELS:
        raise InputError("The image is in color (RGB); choose the gray-value image.")
    if len(shape) != 3:
        raise InputError(f"The image has {len(shape)} axes; extract one 3D volume and use that.")
    if volume.modality not in ("", "MR", *CAPTURES):
        raise InputError(f"This image's modality is {volume.modality}; choose a sagittal T2 MR of the lumbar spine.")


def _require_sagittal(geometry: Geometry) -> None:
    """Refuse a series that was taken in another plane: its sagittal pixels are long, or it is one slice."""
    codes, spacing = geometry.axis_codes, geometry.spacing
    single = [n for n in range(3) if geometry.size[n] == 1]
    # A volume of one slice lies across that axis; else the thickest axis tells how the series was taken.
    across = single[0] if len(single) == 1 else int(np.argmax(spacing))
    grid = geometry.reoriented(SAGITTAL)
    column_mm, row_mm = grid.spacing[:2]
    long_pixels = max(column_mm, row_mm) > LARGEST_ASPECT * min(column_mm, row_mm)
    plane = PLANE_OF[codes[across]]
    if plane != "sagittal" and (single or long_pixels):
        raise InputError(f"This is {_article(plane)} series; choose the sagittal T2 series of the lumbar spine.")
    cosine = abs(float(grid.directions[0, 2]))
    if cosine < np.cos(np.radians(TILT)):
        raise InputError(
            "The slices are turned too far from the sagittal plane; choose the sagittal T2 series of the lumbar spine."
        )


def _require_size(stack: SagittalStack) -> None:
    _, height, width = stack.voxels.shape
    row_mm, column_mm = stack.pixel_mm
    too_few = min(height, width) < SMALLEST_PIXELS
    too_short = stack.has_scale and min(height * row_mm, width * column_mm) < SMALLEST_FIELD_MM
    if too_few or too_short:
        size = f"{height} x {width} pixels" + (
            f", {height * row_mm:.0f} x {width * column_mm:.0f} mm" * stack.has_scale
        )
        raise InputError(f"The sagittal slices are too small ({size}) to show lumbar discs; choose the whole series.")


def _article(plane: str) -> str:
    return f"{'an' if plane[0] in 'a' else 'a'} {plane}"
