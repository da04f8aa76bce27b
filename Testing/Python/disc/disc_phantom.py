"""A spine of boxes with known heights, bulge and canal, tilted as one likes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from orthoai.detect.detector import Detection
from orthoai.tasks.disc.labels import CANAL, DISC, VERTEBRA

FLUID, MARROW, NUCLEUS = 400.0, 150.0, 100.0


@dataclass(frozen=True)
class Phantom:
    """Lengths in mm, angles in degrees; the lowest disc, L5/S1, has no vertebra below it."""

    discs: int = 6
    height: float = 10.0
    body: float = 26.0
    depth: float = 36.0
    bulge: float = 0.0
    canal: float = 15.0
    tilt: float = 0.0
    pixel_mm: tuple[float, float] = (0.7, 0.7)
    shape: tuple[int, int] = (400, 200)
    lowest_mm: float = 220.0
    column_mm: float = 60.0

    @property
    def step(self) -> float:
        """From one disc to the next."""
        return self.height + self.body

    def labels(self) -> NDArray[np.uint8]:
        """(H, W)."""
        back, up = self._places()
        labels = np.zeros(self.shape, np.uint8)
        inside = np.abs(back) <= self.depth / 2
        for n in range(self.discs):
            disc = np.abs(up - n * self.step) <= self.height / 2
            labels[disc & inside] = DISC
            # Behind the disc's middle half.
            bulging = (np.abs(up - n * self.step) <= self.height / 4) & (back > 0)
            labels[bulging & (back <= self.depth / 2 + self.bulge)] = DISC
            body = (up > n * self.step + self.height / 2) & (up < (n + 1) * self.step - self.height / 2)
            labels[body & inside] = VERTEBRA
        canal = (back > self.depth / 2 + 4) & (back <= self.depth / 2 + 4 + self.canal) & (labels == 0)
        labels[canal & (np.abs(up) < 300)] = CANAL
        return labels

    def pixels(self) -> NDArray[np.float64]:
        """(H, W): T2 without noise."""
        values = np.zeros(4)
        values[[VERTEBRA, DISC, CANAL]] = MARROW, NUCLEUS, FLUID
        return values[self.labels()]

    def boxes(self) -> list[Detection]:
        """Around the discs, from the lowest upward."""
        found = []
        for n in range(self.discs):
            row, column = self.center(n)
            half_h, half_w = self.height / 2 / self.pixel_mm[0], self.depth / 2 / self.pixel_mm[1]
            found.append(Detection("disc", 0.9, column - half_w, row - half_h, column + half_w, row + half_h))
        return found

    def center(self, n: int) -> tuple[float, float]:
        """Pixel edges (row, column) of a disc's center."""
        angle = np.radians(self.tilt)
        row = self.lowest_mm - n * self.step * np.cos(angle)
        column = self.column_mm + n * self.step * np.sin(angle)
        return row / self.pixel_mm[0], column / self.pixel_mm[1]

    def _places(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Millimeters behind and above the lowest disc's center, of each pixel, in the spine's own axes."""
        rows, columns = ((np.arange(n) + 0.5) * mm for n, mm in zip(self.shape, self.pixel_mm, strict=True))
        down, right = np.meshgrid(rows - self.lowest_mm, columns - self.column_mm, indexing="ij")
        angle = np.radians(self.tilt)
        return right * np.cos(angle) + down * np.sin(angle), right * np.sin(angle) - down * np.cos(angle)
