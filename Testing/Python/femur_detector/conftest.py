"""A labeled case whose bones are its femora and nothing else, so that pictures show exactly the labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from leaning_rods import leaning_rods
from orthoai.geometry import Geometry, Triple
from orthoai.volume import Volume

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class MemoryCase:
    """A case as the data set writer takes it."""

    name: str
    volume: Volume
    labels: Volume
    files: tuple[Path, ...] = ()

    def load(self) -> tuple[Volume, Volume]:
        return self.volume, self.labels


@pytest.fixture(scope="session")
def bone_case() -> Callable[..., MemoryCase]:
    """Builder: two leaning rods of bone in air; 1 (left) lies at larger i, leans forward and is the shorter one."""

    def build(
        name: str = "case", spacing: Triple = (2.0, 2.0, 2.0), shape: tuple[int, int, int] = (90, 60, 70)
    ) -> MemoryCase:
        labels = leaning_rods(shape, (0.18, 0.2), (0.15, 0.25))
        grid = Geometry(shape=shape, spacing=spacing, origin=(-70.0, -60.0, 30.0))
        voxels = np.where(labels > 0, 1400, -1000).astype(np.int16)
        return MemoryCase(name, Volume(voxels, grid, "CT"), Volume(labels, grid))

    return build
