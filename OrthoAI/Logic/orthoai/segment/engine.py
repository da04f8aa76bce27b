"""The segmenter: one network with its weights, kept warm, from HU to a mask on the same grid."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from orthoai.errors import InputError
from orthoai.progress import Progress
from orthoai.segment.device import Device, choose
from orthoai.segment.network import SegmenterSpec, build, load_weights
from orthoai.segment.resample import MaskBack, ModelGrid
from orthoai.segment.stitch import OVERLAP, Windows, fitted, stitch
from orthoai.volume import Volume

Mask = NDArray[np.bool_]


class Segmenter:
    """Foreground of a CT crop, or of a whole CT.

    Args:
        spec: the network and its input.
        weights: safetensors file, or a network that already has its weights (a copy is used, in eval mode).
        device: a Device, or a word for :func:`~orthoai.segment.device.choose`.
        overlap: part of a window that its neighbor covers too.
        fit: widen the windows to the crop where that saves windows (see :func:`~orthoai.segment.stitch.fitted`);
            only for a network that takes windows of any size, as SegResNet does.

    Raises:
        InputError: no such device. Weights are read at the first use, and may raise it then.

    Example:
        >>> segmenter = Segmenter(SegmenterSpec(), Path("segmenter.safetensors"))
        >>> mask = segmenter.foreground(volume.reoriented("LPS"), Progress())
    """

    def __init__(
        self,
        spec: SegmenterSpec,
        weights: Path | nn.Module,
        device: Device | str = "auto",
        overlap: float = OVERLAP,
        fit: bool = False,
    ) -> None:
        self.spec = spec
        self.device = choose(device) if isinstance(device, str) else device
        self.overlap = overlap
        self.fit = fit
        self._progress = Progress()
        self._weights = weights
        self._network: nn.Module | None = None

    @property
    def network(self) -> nn.Module:
        """The network on its device, loaded once."""
        if self._network is None:
            source = self._weights
            # A copy, since the caller may go on training its own.
            network = deepcopy(source) if isinstance(source, nn.Module) else load_weights(build(self.spec), source)
            network = network.eval().requires_grad_(False)
            for layer in network.modules():
                # One large window takes seconds on an old processor; a cancel should not have to wait for it.
                layer.register_forward_pre_hook(self._check)
            network = network.to(device=self.device.name, dtype=self.device.dtype)
            self._network = network.to(memory_format=self.device.layout)
        return self._network

    # Masks

    def foreground(self, volume: Volume, progress: Progress | None = None, stage: str = "segment") -> Mask:
        """The mask (K, J, I) on the volume's grid.

        Args:
            volume: a CT crop in HU, LPS order as in training, any strides and any spacing.
            progress: hears of each window and may cancel there.
            stage: the name that it hears.

        Raises:
            InputError: the weights or the volume cannot be used.
            Canceled: asked for through ``progress``.
        """
        mask = np.zeros(volume.voxels.shape, bool)
        for first, slab in self.single_stage(volume, progress, stage):
            mask[first : first + len(slab)] = slab
        return mask

    def single_stage(
        self, volume: Volume, progress: Progress | None = None, stage: str = "segment"
    ) -> Iterator[tuple[int, Mask]]:
        """As :meth:`foreground`, slab by slab: (first plane, mask (n, J, I)), in order, every plane once.

        For a whole CT, which the paper's comparison without stage 1 needs; memory does not grow with its length.
        """
        if volume.voxels.size == 0:
            raise InputError("There is nothing to segment: the crop holds no voxels; draw a larger box.")
        grid = ModelGrid(volume, self.spec.spacing_mm, self.spec.intensity_range_hu)
        shape, patch = grid.geometry.shape, self.spec.patch
        windows = Windows(shape, fitted(shape, patch, self.spec.stride) if self.fit else patch, self.overlap)
        self._progress = progress or Progress()
        back = MaskBack(volume.geometry, grid.geometry)
        differences = stitch(grid.planes, windows, self.predict, self.device.batch, progress, stage)
        try:
            for first, planes in differences:
                yield from back.push(first, planes)
        finally:
            self._progress = Progress()

    # The network

    def _check(self, *_: object) -> None:
        self._progress.check()

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Foreground minus background logits (B, K, J, I) of windows (B, K, J, I) in 0..1.

        Raises:
            InputError: the graphics card is too small even for one window.
        """
        try:
            return self._predict(windows)
        except torch.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            if len(windows) == 1:
                raise InputError(
                    "The graphics card has too little free memory; close other programs or choose the device cpu."
                ) from error
        half = len(windows) // 2
        return np.concatenate([self.predict(windows[:half]), self.predict(windows[half:])])

    def _predict(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        device = self.device
        mixed = torch.autocast(device.name) if device.precision == "mixed" else nullcontext()
        with torch.inference_mode(), mixed:
            batch = torch.from_numpy(windows)[:, None]
            batch = batch.to(device=device.name, dtype=device.dtype, memory_format=device.layout)
            logits = self.network(batch)
            # Subtracted in float32: two bf16 logits may differ by less than bf16 can hold.
            return (logits[:, 1].float() - logits[:, 0].float()).cpu().numpy()
