"""Sums of attenuation along j and k in numpy, at the speed of reading the voxels.

The voxels are read in tiles that fit the cache. A tile of int16 voxels is clipped into a buffer and summed both ways as
int16, where 16 clipped voxels cannot overflow; shift and scale to float32 come last. Tiles go to threads by axial
slices (numpy lets go of the interpreter), so threads write to separate parts of the results.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from orthoai.drr.attenuation import Attenuation, Ramp
from orthoai.progress import Progress

TILE_SLICES = 64
"""Axial slices in a tile, rounded down to whole slabs."""

TILE_ROWS = 16
"""Rows or columns in a tile, across the one that runs along memory, which is taken whole."""

TURNED_COLUMNS = 128
"""Columns in a tile that k runs along in memory."""

MAX_THREADS = 8
"""More threads than this only wait for the memory."""


def sum_on_host(
    voxels: NDArray, attenuation: Attenuation, steps: tuple[float, float], slab_slices: int, progress: Progress
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Sum attenuation times mm along j and, in slabs, along k.

    Args:
        voxels: (K, J, I) HU, any strides.
        attenuation: what a voxel of some HU adds per mm.
        steps: voxel size in mm along (j, k).
        slab_slices: slices per slab.
        progress: asked for a cancel at every block of axial slices.

    Returns:
        coronal (K, I) and slabs (S, J, I), float32.
    """
    depth, height, width = voxels.shape
    tiling = _Tiling.of(voxels, attenuation, slab_slices)
    coronal = np.zeros((depth, width), np.float32)
    slabs = tiling.in_memory_order((-(-depth // slab_slices), height, width), np.float32)
    slabs[...] = 0
    starts = range(0, depth, tiling.shape[0])
    threads = max(1, min(MAX_THREADS, os.cpu_count() or 1, len(starts)))
    buffers: SimpleQueue[NDArray] = SimpleQueue()
    for _ in range(threads):
        buffers.put(tiling.in_memory_order(tiling.shape, tiling.dtype))

    def sum_slices(k0: int) -> None:
        stop = k0 + tiling.shape[0]
        part = _Block(voxels[k0:stop], coronal[k0:stop], slabs[k0 // slab_slices : -(-stop // slab_slices)])
        buffer = buffers.get()
        try:
            for ramp in attenuation.ramps:
                _add_ramp(part, ramp, tiling, steps, buffer)
        finally:
            buffers.put(buffer)

    pool = ThreadPoolExecutor(threads, thread_name_prefix="drr")
    try:
        for _ in pool.map(sum_slices, starts):
            progress.check()
    finally:
        pool.shutdown(cancel_futures=True)
    return coronal, slabs


@dataclass(frozen=True)
class _Tiling:
    """How the voxels are cut.

    Attributes:
        shape: voxels in a tile along (k, j, i).
        order: array axes from the slowest to the fastest in the memory of buffers and slabs.
        slab: slices per slab.
        dtype: of clipped voxels and their short sums.
        wide: of long sums.
    """

    shape: tuple[int, int, int]
    order: tuple[int, ...]
    slab: int
    dtype: np.dtype
    wide: np.dtype

    @classmethod
    def of(cls, voxels: NDArray, attenuation: Attenuation, slab_slices: int) -> _Tiling:
        order = tuple(int(axis) for axis in np.argsort([-abs(stride) for stride in voxels.strides], kind="stable"))
        slices = slab_slices * max(1, TILE_SLICES // slab_slices)
        rows, columns = TILE_ROWS, voxels.shape[2]
        if order[-1] == 1:
            rows, columns = voxels.shape[1], TILE_ROWS
        elif order[-1] == 0:
            # Short sums along the fastest axis are slow; clipping turns such a tile around at less cost.
            order, columns = (0, 1, 2), min(columns, TURNED_COLUMNS)
        peak = max(abs(bound) for ramp in attenuation.ramps for bound in (ramp.low, ramp.high))
        fits = peak * max(slab_slices, TILE_ROWS) <= np.iinfo(np.int16).max
        narrow, wide = (np.int16, np.int32) if voxels.dtype == np.int16 and fits else (np.float32, np.float64)
        return cls((slices, rows, columns), order, slab_slices, np.dtype(narrow), np.dtype(wide))

    def in_memory_order(self, shape: tuple[int, int, int], dtype: np.dtype | type) -> NDArray:
        """An empty array whose axes lie in memory as ``order`` says."""
        return np.empty([shape[axis] for axis in self.order], dtype).transpose(np.argsort(self.order))


@dataclass(frozen=True)
class _Block:
    """Some axial slices: their voxels (K, J, I), their rows (K, I) of the coronal view and their slabs (S, J, I)."""

    voxels: NDArray
    coronal: NDArray[np.float32]
    slabs: NDArray[np.float32]


def _add_ramp(block: _Block, ramp: Ramp, tiling: _Tiling, steps: tuple[float, float], buffer: NDArray) -> None:
    """Add both sums of a block's attenuation by one ramp, tile by tile."""
    depth, height, width = block.voxels.shape
    tile_k, tile_j, tile_i = tiling.shape
    groups = buffer.reshape(tile_k // tiling.slab, tiling.slab, tile_j, tile_i)
    step_j, step_k = steps
    line_dtype = tiling.dtype if tile_j <= TILE_ROWS else tiling.wide
    for i in range(0, width, tile_i):
        lines = np.zeros((depth, min(tile_i, width - i)), tiling.wide)
        for j in range(0, height, tile_j):
            tile = block.voxels[:, j : j + tile_j, i : i + tile_i]
            _clip(tile, ramp, buffer)
            lines += np.add.reduce(buffer, axis=1, dtype=line_dtype)[:depth, : lines.shape[1]]
            sums = np.add.reduce(groups, axis=1, dtype=tiling.dtype)[
                : len(block.slabs), : tile.shape[1], : tile.shape[2]
            ]
            shifted = np.subtract(sums, np.float32(tiling.slab * ramp.low), dtype=np.float32)
            shifted *= np.float32(ramp.slope * step_k)
            block.slabs[:, j : j + tile_j, i : i + tile_i] += shifted
        covered = -(-height // tile_j) * tile_j
        block.coronal[:, i : i + tile_i] += (lines - covered * ramp.low) * (ramp.slope * step_j)


def _clip(tile: NDArray, ramp: Ramp, buffer: NDArray) -> None:
    """Write a tile into ``buffer``, clipped; what the tile does not fill is set to ``low``, which counts as nothing."""
    depth, height, width = tile.shape
    if tile.shape != buffer.shape:
        buffer[...] = ramp.low
    filled = buffer[:depth, :height, :width]
    if tile.dtype != filled.dtype:
        np.copyto(filled, tile, casting="unsafe")
        tile = filled
    np.clip(tile, buffer.dtype.type(ramp.low), buffer.dtype.type(ramp.high), out=filled)
