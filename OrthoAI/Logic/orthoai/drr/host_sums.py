"""Sums of attenuation along j and k in numpy, at the speed of reading the voxels.

Slices along the memory's slowest axis are read in order. int16 slices are clipped into a buffer that stays in the
cache, and summed there as int16 while the sums fit; scaling to float32 comes last. Blocks of slices go to threads
(numpy lets go of the interpreter) and write to separate parts of the results.
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

RUN_SLICES = 16
"""Coronal or sagittal slices in one run; 16 clipped voxels still fit an int16."""

PIECE_SLICES = 128
"""Axial slices in one piece of a coronal slice, so that the piece stays in the cache."""

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
        progress: asked for a cancel at every block of slices.

    Returns:
        coronal (K, I) and slabs (S, J, I), float32.
    """
    sums = _Sums(voxels, attenuation.ramps, steps, slab_slices)
    threads = max(1, min(MAX_THREADS, os.cpu_count() or 1, len(sums.starts)))
    scratches: SimpleQueue[_Scratch] = SimpleQueue()
    for _ in range(threads):
        scratches.put(sums.new_scratch())

    def run(start: int) -> None:
        scratch = scratches.get()
        try:
            for ramp in sums.ramps:
                sums.add_block(start, ramp, scratch)
        finally:
            scratches.put(scratch)

    pool = ThreadPoolExecutor(threads, thread_name_prefix="drr")
    try:
        for _ in pool.map(run, sums.starts):
            progress.check()
    finally:
        pool.shutdown(cancel_futures=True)
    return sums.coronal, sums.slabs


@dataclass(frozen=True)
class _Scratch:
    """One thread's buffers: a clipped slice, a sum of clipped slices, and that sum scaled."""

    clipped: NDArray
    total: NDArray
    scaled: NDArray[np.float32]


class _Sums:
    """The growing results, and how a block of slices adds to them.

    Which axis is slowest decides which of the two sums runs across slices and which within one: one method per axis.
    """

    def __init__(self, voxels: NDArray, ramps: tuple[Ramp, ...], steps: tuple[float, float], slab_slices: int) -> None:
        depth, height, width = voxels.shape
        self.voxels = voxels
        self.ramps = ramps
        self.step_j, self.step_k = steps
        self.slab = slab_slices
        peak = max(abs(bound) for ramp in ramps for bound in (ramp.low, ramp.high))
        exact = voxels.dtype == np.int16 and peak * max(slab_slices, RUN_SLICES) <= np.iinfo(np.int16).max
        self.dtype = np.dtype(np.int16 if exact else np.float32)
        self.wide = np.dtype(np.int32 if exact else np.float64)
        self.coronal = np.zeros((depth, width), np.float32)
        # In the memory order of the voxels, so that the sums of a slice lie together.
        order = np.argsort([-abs(stride) for stride in voxels.strides], kind="stable")
        shape = (-(-depth // slab_slices), height, width)
        self.slabs = np.zeros([shape[axis] for axis in order], np.float32).transpose(np.argsort(order))
        slow = int(order[0])
        self.add_block = (self._add_axial, self._add_coronal, self._add_sagittal)[slow]
        self.piece = slab_slices * max(1, PIECE_SLICES // slab_slices)
        self.starts = range(0, width if slow == 2 else depth, (slab_slices, self.piece, RUN_SLICES)[slow])
        self._scratch_like = (voxels[0], voxels[: self.piece, 0], voxels[:, :, 0])[slow]

    def new_scratch(self) -> _Scratch:
        """Buffers in the memory order of a slice."""
        like = self._scratch_like
        return _Scratch(*(np.empty_like(like, dtype) for dtype in (self.dtype, self.dtype, np.float32)))

    # One block per slow axis

    def _add_axial(self, k0: int, ramp: Ramp, scratch: _Scratch) -> None:
        """Axial slices ``k0`` <= k < ``k0`` + slab: one slab and some rows of the coronal view."""
        count = min(self.slab, len(self.voxels) - k0)
        scratch.total[...] = 0
        for k in range(k0, k0 + count):
            clipped = self._clip(self.voxels[k], ramp, scratch.clipped)
            np.add(scratch.total, clipped, out=scratch.total)
            self._add_lines(self.coronal[k], clipped, 0, ramp)
        self._add_scaled(self.slabs[k0 // self.slab], scratch.total, count, ramp, self.step_k, scratch.scaled)

    def _add_coronal(self, k0: int, ramp: Ramp, scratch: _Scratch) -> None:
        """Rows ``k0`` <= k < ``k0`` + piece of every coronal slice: some slabs and some rows of the coronal view."""
        piece = self.voxels[k0 : k0 + self.piece]
        clipped, total, scaled = (buffer[: len(piece)] for buffer in (scratch.clipped, scratch.total, scratch.scaled))
        height = piece.shape[1]
        for j0 in range(0, height, RUN_SLICES):
            count = min(RUN_SLICES, height - j0)
            total[...] = 0
            for j in range(j0, j0 + count):
                self._clip(piece[:, j], ramp, clipped)
                np.add(total, clipped, out=total)
                self._add_groups(self.slabs[k0 // self.slab :, j], clipped, ramp)
            self._add_scaled(self.coronal[k0 : k0 + self.piece], total, count, ramp, self.step_j, scaled)

    def _add_sagittal(self, i0: int, ramp: Ramp, scratch: _Scratch) -> None:
        """A run of sagittal slices from ``i0`` on: some columns of every slab and of the coronal view."""
        for i in range(i0, min(i0 + RUN_SLICES, self.voxels.shape[2])):
            clipped = self._clip(self.voxels[:, :, i], ramp, scratch.clipped)
            self._add_lines(self.coronal[:, i], clipped, 1, ramp)
            self._add_groups(self.slabs[:, :, i], clipped, ramp)

    # Steps within a slice

    def _clip(self, plane: NDArray, ramp: Ramp, out: NDArray) -> NDArray:
        """``plane`` clipped to the ramp, in ``out``."""
        if plane.dtype != out.dtype:
            np.copyto(out, plane, casting="unsafe")
            plane = out
        return np.clip(plane, out.dtype.type(ramp.low), out.dtype.type(ramp.high), out=out)

    def _add_lines(self, out: NDArray, clipped: NDArray, axis: int, ramp: Ramp) -> None:
        """Add the sums along j, which is ``axis`` of the slice."""
        sums = clipped.sum(axis=axis, dtype=self.wide)
        out += (sums - clipped.shape[axis] * ramp.low) * (ramp.slope * self.step_j)

    def _add_groups(self, out: NDArray, clipped: NDArray, ramp: Ramp) -> None:
        """Add the sums along k, which is axis 0 of the slice, slab by slab."""
        whole = len(clipped) // self.slab
        groups = clipped[: whole * self.slab].reshape(whole, self.slab, -1)
        scale = np.float32(ramp.slope * self.step_k)
        sums = np.add.reduce(groups, axis=1, dtype=self.dtype)
        out[:whole] += (sums - np.float32(self.slab * ramp.low)) * scale
        rest = clipped[whole * self.slab :]
        if len(rest):
            out[whole] += (rest.sum(axis=0, dtype=self.wide) - len(rest) * ramp.low) * scale

    @staticmethod
    def _add_scaled(
        out: NDArray, total: NDArray, count: int, ramp: Ramp, step: float, scaled: NDArray[np.float32]
    ) -> None:
        """Add ``total``, the sum of ``count`` clipped slices."""
        np.subtract(total, np.float32(count * ramp.low), out=scaled, dtype=np.float32)
        scaled *= np.float32(ramp.slope * step)
        out += scaled
