"""What every test may use."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest
from orthoai.geometry import Geometry
from orthoai.volume import Volume

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real images beside the repository; the test is skipped where it is absent."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real images in ../{folder.parent.name}/{folder.name} beside the repository")
    return folder


@pytest.fixture(scope="session")
def ct_volume() -> Callable[..., Volume]:
    """Builder of a small CT: air, a body of muscle in a layer of fat, and a bone to the patient's left."""

    def build(geometry: Geometry | None = None, dtype: type = np.int16, modality: str = "") -> Volume:
        grid = geometry or Geometry(shape=(12, 20, 24), spacing=(2.0, 2.0, 3.0), origin=(-23.0, -19.0, 100.0))
        k, j, i = np.meshgrid(*(np.linspace(-1, 1, n) for n in grid.shape), indexing="ij")
        radius = np.hypot(i, j)
        voxels = np.full(grid.shape, -1000, dtype)
        voxels[radius < 0.9] = -100
        voxels[radius < 0.7] = 50
        voxels[np.hypot(i - 0.3, j) < 0.2] = 900
        voxels += (5 * k).astype(dtype)  # No two slices are the same.
        return Volume(voxels, grid, modality)

    return build


@pytest.fixture
def small_disk() -> Callable[[int], AbstractContextManager[None]]:
    """``with small_disk(size):`` no file grows past `size` bytes: write() fails as on a full disk.

    Only inside the block: where pytest's own output goes to a long file, the limit would end pytest without a word.
    """

    @contextmanager
    def limited(size: int) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited
