"""Image planes to one straight grid, or the sentence why not. Headers only, no voxels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.io.dicom_frame import Frame

ORIENTATION_TOLERANCE = 2e-3
"""Largest difference of direction cosines within a series: scanners write them with as few as three digits."""

SAME_PLACE_MM = 1e-3
"""Slices nearer than this lie at the same position."""

PIXEL_SIZE_MM = 1e-4
"""Largest difference of pixel sizes within a series: over 512 pixels it adds up to less than a tenth of one."""

SHEAR_PIXELS = 0.1
"""How far (of a pixel) slices may drift sideways ..."""

SHEAR_PER_MM = 1e-3
"""... and how much further per mm of length, for the rounding of the direction cosines."""

OFF_GRID_MM = 0.11
"""How far a slice may lie from its place on the regular grid, as positions are often written with one digit: its own
and the outermost ones are then wrong by up to 0.05 mm ..."""

OFF_GRID_SHARE = 0.05
"""... or this part of the slice distance where that is more."""


@dataclass(frozen=True)
class Stack:
    """Frames in slice order (k grows along row x column) and their grid."""

    frames: tuple[Frame, ...]
    geometry: Geometry


def stack(frames: Sequence[Frame]) -> Stack:
    """Sort frames by their position and find their grid.

    Raises:
        InputError: frames of several sizes or orientations, without position, at the same position, tilted gantry,
            missing slices, irregular distances. Each has its own sentence.
    """
    first = frames[0]
    if len({(frame.rows, frame.columns) for frame in frames}) > 1:
        raise InputError("The series has images of different sizes; choose another series or export it again.")
    if len(frames) == 1:
        return Stack((first,), _single(first))
    if any(frame.position is None or frame.orientation is None for frame in frames):
        raise InputError("The series has images without a position in the patient; export the original series.")
    if any(frame.spacing is None for frame in frames):
        raise InputError("The series does not say how large its pixels are; export the original series.")
    row, column = _common_orientation(frames)
    pixels = np.array([frame.spacing for frame in frames], dtype=np.float64)
    if np.ptp(pixels, axis=0).max() > PIXEL_SIZE_MM:
        raise InputError("The series has images of different pixel sizes; choose another series or export it again.")
    normal = np.cross(row, column)
    positions = np.array([frame.position for frame in frames])
    order = np.argsort(positions @ normal, kind="stable")
    positions = positions[order]
    spacing = first.spacing or (1.0, 1.0)
    distance = _distance(positions, normal, min(spacing))
    geometry = Geometry(
        shape=(len(frames), first.rows, first.columns),
        spacing=(*spacing, distance),
        origin=(float(positions[0][0]), float(positions[0][1]), float(positions[0][2])),
        direction=tuple(float(v) for v in np.stack([row, column, normal], axis=1).ravel()),
    )
    return Stack(tuple(frames[n] for n in order), geometry)


def _single(frame: Frame) -> Geometry:
    """One slice: a picture without a position lies at the origin."""
    row, column = _axes(frame.orientation or (1.0, 0.0, 0.0, 0.0, 1.0, 0.0))
    return Geometry(
        shape=(1, frame.rows, frame.columns),
        spacing=(*(frame.spacing or (1.0, 1.0)), frame.thickness),
        origin=frame.position or (0.0, 0.0, 0.0),
        direction=tuple(float(v) for v in np.stack([row, column, np.cross(row, column)], axis=1).ravel()),
    )


def _common_orientation(frames: Sequence[Frame]) -> tuple[NDArray, NDArray]:
    orientations = np.array([frame.orientation for frame in frames])
    if np.abs(orientations - orientations[0]).max() > ORIENTATION_TOLERANCE:
        raise InputError(
            "The series has slices of different orientations (variable tilt or several planes); "
            "choose a series with parallel slices."
        )
    return _axes(tuple(orientations[0]))


def _axes(orientation: tuple[float, ...]) -> tuple[NDArray, NDArray]:
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if not np.allclose(lengths, 1, atol=0.01) or abs(row @ column) > 0.01:
        raise InputError("The series has damaged direction cosines; export the original series.")
    row = row / lengths[0]
    column = column - (row @ column) * row  # Exactly at right angles, which rounding in the file takes away.
    return row, column / np.linalg.norm(column)


def _distance(positions: NDArray, normal: NDArray, pixel: float) -> float:
    """Millimeters between slices; ``positions`` (N, 3) are sorted along ``normal``."""
    along = (positions - positions[0]) @ normal
    gaps = np.diff(along)
    if (gaps < SAME_PLACE_MM).any():
        raise InputError(
            "The series has several images at the same position (time points, echoes or contrasts); "
            "choose or export one volume of it."
        )
    sideways = np.linalg.norm(positions - positions[0] - along[:, None] * normal, axis=1).max()
    if sideways > SHEAR_PIXELS * pixel + SHEAR_PER_MM * along[-1]:
        angle = np.degrees(np.arctan2(sideways, along[-1]))
        raise InputError(
            f"The series was scanned with a tilted gantry ({angle:.0f} degrees); "
            "resample it to a straight grid, or choose a series without tilt."
        )
    distance = float(along[-1] / len(gaps))
    off_grid = np.abs(along - distance * np.arange(len(along))).max()
    if off_grid > max(OFF_GRID_MM, OFF_GRID_SHARE * distance):
        raise InputError(_irregular(gaps))
    return distance


def _irregular(gaps: NDArray) -> str:
    usual = float(np.median(gaps[gaps < 1.5 * gaps.min()]))
    steps = np.round(gaps / usual)
    missing = int((steps - 1).sum())
    if missing > 0 and np.abs(gaps - steps * usual).max() <= max(OFF_GRID_MM, OFF_GRID_SHARE * usual):
        return (
            f"The series lacks {missing} slice{'s' if missing > 1 else ''} between the others; export all of it again."
        )
    return (
        f"The slices of the series lie at irregular distances ({gaps.min():.2f} to {gaps.max():.2f} mm); "
        "choose a series with equal distances."
    )
