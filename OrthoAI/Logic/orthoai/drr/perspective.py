"""Projections in any direction, parallel or from a point source, by Joseph's method.

Every ray steps from slice to slice along the volume axis that it follows most closely and reads each slice by bilinear
interpolation (Joseph, IEEE TMI 1982): a stack of 2D samplings, a few slices at a time. Views along the axes are sums:
take orthoai.drr.parallel for those.
No task draws such views yet; they are kept for those that compare a radiograph with a CT.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn.functional import grid_sample

from orthoai.drr.attenuation import SOFT_BONE, Attenuation
from orthoai.drr.pose import Pose
from orthoai.drr.tensors import as_tensor
from orthoai.progress import Progress
from orthoai.volume import Volume

CHUNK_BYTES = 64 * 2**20
"""Memory for the float slices, sampling places and samples of one step."""

SAMPLE_BYTES = 16
"""Two places, a sample and its weight, float32."""


class Projector:
    """Draws radiographs of one volume.

    The voxels stay what they are (int16 stays int16) on the device; only the slices at hand become float. Images are
    differentiable with respect to the tensors of the pose; the steps are then computed again for the gradient, so
    memory does not grow with the number of slices.

    Args:
        volume: HU in any axis order; the voxels are not copied where they are native and already on the device.
        attenuation: what a voxel of some HU adds per mm.
        device: torch device.
        chunk_bytes: memory for one step.

    Example:
        >>> volume = Volume(np.full((8, 8, 8), 1000, np.int16), Geometry(shape=(8, 8, 8)))
        >>> Projector(volume)(coronal_pose(volume.geometry))[4, 4].item()
        8.0
    """

    def __init__(
        self,
        volume: Volume,
        attenuation: Attenuation = SOFT_BONE,
        device: str | torch.device = "cpu",
        chunk_bytes: int = CHUNK_BYTES,
    ) -> None:
        # Axes that run backward in memory are turned, which torch wants; the affine says where the voxels are.
        flips = tuple(axis for axis in range(3) if volume.voxels.strides[axis] < 0)
        affine = volume.geometry.affine
        for axis in flips:
            n = 2 - axis
            affine[:3, 3] += affine[:3, n] * (volume.voxels.shape[axis] - 1)
            affine[:3, n] *= -1
        self.voxels = as_tensor(np.flip(volume.voxels, flips), device)
        self.affine = torch.as_tensor(affine)
        self.attenuation = attenuation
        self.chunk_bytes = chunk_bytes

    def __call__(self, pose: Pose, progress: Progress | None = None) -> torch.Tensor:
        """Line integrals of the attenuation along the rays of a pose.

        Args:
            pose: where source and detector stand.
            progress: asked for a cancel at every step.

        Returns:
            (rows, cols) float32 on the projector's device: attenuation times mm.

        Raises:
            Canceled: the user stopped the run.
        """
        start, span = (part.reshape(-1, 3) for part in pose.rays())
        length = span.norm(dim=1)
        inverse = torch.linalg.inv(self.affine)
        start = start @ inverse[:3, :3].T + inverse[:3, 3]
        span = span @ inverse[:3, :3].T
        leading = span.detach().abs().argmax(dim=1)
        image = torch.zeros(len(span), dtype=torch.float32, device=self.voxels.device)
        for axis in range(3):
            rays = torch.nonzero(leading == axis)[:, 0]
            if len(rays):
                values = self._along(axis, start[rays], span[rays], length[rays], pose.parallel, progress or Progress())
                image = image.index_put((rays.to(image.device),), values)
        return image.reshape(pose.shape)

    def _along(
        self,
        axis: int,
        start: torch.Tensor,
        span: torch.Tensor,
        length: torch.Tensor,
        parallel: bool,
        progress: Progress,
    ) -> torch.Tensor:
        """Integrals (n,) of rays that lead along index axis ``axis``; start, span (n, 3) in indices, length in mm."""
        device = self.voxels.device
        slices = self.voxels.movedim(2 - axis, 0)
        # A slice (rows, columns) keeps the order of the array, so its columns are the lower of the other two axes.
        column_axis, row_axis = (n for n in range(3) if n != axis)
        slope = span / span[:, axis : axis + 1]
        base = start - start[:, axis : axis + 1] * slope
        size = torch.tensor([slices.shape[2], slices.shape[1]], dtype=torch.float64)
        across = [column_axis, row_axis]
        # grid_sample counts from -1 at the outer edge of the first element to 1 at that of the last.
        place = ((2 * base[:, across] + 1) / size - 1).float().to(device)
        drift = (2 * slope[:, across] / size).float().to(device)
        first = (-start[:, axis] / span[:, axis]).float().to(device)
        step = (1 / span[:, axis]).float().to(device)
        last = len(slices) - 1
        ends = torch.stack([first, first + last * step]).detach()
        # Only rays that start or end inside the volume need their range looked at.
        bounded = not parallel and bool((ends.min() < 0) | (ends.max() > 1))

        def integrate(begin: int, end: int, place: torch.Tensor, drift: torch.Tensor) -> torch.Tensor:
            depth = torch.arange(begin, end, dtype=torch.float32, device=device)[:, None]
            values = slices[begin:end].to(torch.float32, memory_format=torch.contiguous_format, copy=True)
            self.attenuation.replace_in(values)
            grid = torch.addcmul(place, depth[..., None], drift)[:, :, None]
            samples = grid_sample(values[:, None], grid, align_corners=False, padding_mode="zeros")[:, 0, :, 0]
            if bounded:
                along = first.detach() + depth * step.detach()
                samples = samples * ((along >= 0) & (along <= 1))
            return samples.sum(dim=0)

        total = torch.zeros(len(span), dtype=torch.float32, device=device)
        per_slice = SAMPLE_BYTES * len(span) + 4 * slices[0].numel()
        count = max(1, self.chunk_bytes // per_slice)
        keep = torch.is_grad_enabled() and (place.requires_grad or drift.requires_grad)
        for begin in range(0, len(slices), count):
            progress.check()
            end = min(begin + count, len(slices))
            if keep:
                total = total + _Forgetful.apply(integrate, begin, end, place, drift)
            else:
                total += integrate(begin, end, place, drift)
        return total * (length / span[:, axis].abs()).float().to(device)


class _Forgetful(torch.autograd.Function):
    """One step of an integral that is computed again for its gradient, instead of keeping what it sampled.

    As torch.utils.checkpoint, which takes seconds to import the compiler that it looks out for.
    """

    @staticmethod
    def forward(
        ctx: Any,
        integrate: Callable[[int, int, torch.Tensor, torch.Tensor], torch.Tensor],
        begin: int,
        end: int,
        place: torch.Tensor,
        drift: torch.Tensor,
    ) -> torch.Tensor:
        ctx.step = (integrate, begin, end)
        ctx.save_for_backward(place, drift)
        return integrate(begin, end, place, drift)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[None, None, None, torch.Tensor, torch.Tensor]:
        integrate, begin, end = ctx.step
        with torch.enable_grad():
            place, drift = (part.detach().requires_grad_() for part in ctx.saved_tensors)
            values = integrate(begin, end, place, drift)
        to_place, to_drift = torch.autograd.grad(values, (place, drift), gradients[0])
        return None, None, None, to_place, to_drift
