"""What a scanner makes of a painted person: beam hardening, streaks, slice thickness, sharpness and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from orthoai_training.spine_ct.canvas import Canvas

LOWEST, HIGHEST = -1024, 3071
STREAK_REACH_MM = 40.0


@dataclass(frozen=True)
class Scanner:
    """How a scan is degraded.

    Attributes:
        noise: standard deviation in HU of the finished slices.
        blur_mm: standard deviation of the kernel's point spread in the slice plane.
        hardening: HU lost per 100 mm of bone along left-right rays.
        streaks: HU amplitude of metal streaks.
    """

    noise: float
    blur_mm: float
    hardening: float
    streaks: float

    @classmethod
    def draw(cls, rng: np.random.Generator, noise: tuple[float, float], slice_mm: float) -> Scanner:
        """Low-dose sharp to high-dose soft; thick slices are quieter."""
        return cls(
            noise=float(rng.uniform(*noise)) * float(np.clip(np.sqrt(1.2 / slice_mm), 0.5, 1.3)),
            blur_mm=float(rng.uniform(0.15, 0.6)),
            hardening=float(rng.uniform(0, 45)),
            streaks=float(rng.uniform(80, 350)),
        )


def scan(canvas: Canvas, scanner: Scanner, thin: int, rng: np.random.Generator) -> NDArray[np.int16]:
    """int16 HU: each slice the mean of ``thin`` painted ones. ``canvas.hu`` is used up."""
    hu, pixel = canvas.hu, canvas.geometry.spacing[0]
    for k in range(hu.shape[0]):
        if scanner.hardening:
            dense = hu[k] > 250
            path = dense.sum(axis=1, keepdims=True) * (pixel / 100.0)
            hu[k] -= (scanner.hardening * path).astype(np.float32) * (~dense & (hu[k] > -300))
        if canvas.metal[k].any():
            hu[k] += _streaks(canvas.metal[k], pixel, scanner.streaks, rng)
    if thin > 1:
        hu = hu.reshape(-1, thin, *hu.shape[1:]).mean(axis=1)
    sigma = scanner.blur_mm / pixel
    if sigma > 0.2:
        hu = ndimage.gaussian_filter(hu, (0, sigma, sigma), truncate=2.5)
    grain = rng.standard_normal(hu.shape, dtype=np.float32)
    if scanner.blur_mm > 0.3:
        grain = ndimage.uniform_filter1d(ndimage.uniform_filter1d(grain, 2, axis=1), 2, axis=2) * 2.0
    hu += scanner.noise * grain
    return np.clip(np.rint(hu), LOWEST, HIGHEST).astype(np.int16)


def _streaks(metal: NDArray[np.bool_], pixel: float, amplitude: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """A star of bright and dark rays around the metal's center that fades with distance."""
    rows, columns = np.nonzero(metal)
    y = (np.arange(metal.shape[0], dtype=np.float32) - rows.mean())[:, None] * pixel
    x = (np.arange(metal.shape[1], dtype=np.float32) - columns.mean())[None] * pixel
    angle, radius = np.arctan2(y, x), np.hypot(y, x)
    rays = sum(np.sin((2 * n + 2) * angle + rng.random() * 0.8) / (n + 1) for n in range(4))
    size = float(np.sqrt(rows.size)) * pixel
    star: NDArray[np.float32] = (
        amplitude * min(size / 20.0, 1.5) * rays * np.exp(-radius / STREAK_REACH_MM) * ~metal
    ).astype(np.float32)
    return star
