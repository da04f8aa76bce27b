"""How long both projections of a CT take, next to the plainest sum over the same voxels."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from orthoai.drr.parallel import parallel_drrs
from orthoai.geometry import Geometry
from orthoai.volume import Volume

FULL_LEG_SHAPE = (1500, 512, 512)
"""(K, J, I) of a scan of both legs from pelvis to feet."""

MEGABYTE = 1e6


def bench_drr(shape: tuple[int, int, int] = FULL_LEG_SHAPE, repeats: int = 5, device: str = "cpu") -> dict[str, float]:
    """Time both projections and numpy's sum over j of the same int16 voxels, in turn, in one process.

    Args:
        shape: voxels along (k, j, i).
        repeats: the fastest of so many counts, for each of the two.
        device: where the projections run.

    Returns:
        plain_sum_s, both_drr_s, ratio (of the two), volume_mb, result_mb (the projections) and peak_extra_mb (the most
        memory that numpy held beyond the voxels during the projections, the results included).
    """
    volume = Volume(_noise(shape), Geometry(shape, (0.8, 0.8, 0.8)), modality="CT")
    plain, both = [], []
    for _ in range(repeats):
        plain.append(_seconds(lambda: volume.voxels.sum(axis=1)))
        both.append(_seconds(lambda: parallel_drrs(volume, device=device)))
    tracemalloc.start()
    drrs = parallel_drrs(volume, device=device)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return {
        "plain_sum_s": min(plain),
        "both_drr_s": min(both),
        "ratio": min(both) / min(plain),
        "volume_mb": volume.voxels.nbytes / MEGABYTE,
        "result_mb": (drrs.coronal.nbytes + drrs.axial_slabs.nbytes) / MEGABYTE,
        "peak_extra_mb": peak / MEGABYTE,
    }


def _noise(shape: tuple[int, int, int]) -> NDArray[np.int16]:
    """HU from air to metal; the time does not depend on what they show."""
    plane = np.random.default_rng(0).integers(-1024, 3072, shape[1:], dtype=np.int16)
    voxels = np.empty(shape, np.int16)
    voxels[...] = plane
    return voxels


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
