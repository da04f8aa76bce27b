"""Weights between those before and those after a training.

What a network learns from a few new cases it pays for with some of what it knew. The straight line between both sets of
weights holds networks that have most of either (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from orthoai.errors import InputError

SHARE = "share_of_this_training"
"""Of a blended network's figures: the share; the figures beside it are those of the training, before blending."""


def blend_files(before: Path, after: Path, share: float, target: Path) -> None:
    """Write ``target``: ``share`` of the weights in ``after`` and the rest from ``before``, both ONNX or safetensors.

    Raises:
        InputError: networks with other layers.
    """
    (_blend_onnx if after.suffix == ".onnx" else _blend_safetensors)(before, after, share, target)


def check_blend(share: float, start: str | None) -> None:
    """Raises InputError for a ``share`` that is none, and for one without a model to ``start`` from."""
    if not 0 < share <= 1:
        raise InputError("The share of trained weights must be above 0 and at most 1: give --blend such as 0.5.")
    if share < 1 and start is None:
        raise InputError("There is nothing to blend with: give --start with a model, or leave out --blend.")


def _blend_onnx(before: Path, after: Path, share: float, target: Path) -> None:
    import onnx

    model = onnx.load(after)
    old, own = (
        {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in each.graph.initializer}
        for each in (onnx.load(before), model)
    )
    made = _between(old, own, share)
    for tensor in model.graph.initializer:
        tensor.CopyFrom(onnx.numpy_helper.from_array(made[tensor.name], tensor.name))
    onnx.save(model, target)


def _blend_safetensors(before: Path, after: Path, share: float, target: Path) -> None:
    from safetensors.numpy import load_file, save_file

    save_file(_between(load_file(before), load_file(after), share), target)


def _between(before: Mapping[str, NDArray], after: Mapping[str, NDArray], share: float) -> dict[str, NDArray]:
    shapes = [{name: array.shape for name, array in each.items()} for each in (before, after)]
    if shapes[0] != shapes[1]:
        raise InputError("The two networks have other layers, so they cannot be blended: leave out --blend.")
    return {
        # Whole numbers are sizes and axes, not weights.
        name: own if own.dtype.kind != "f" else _mixed(before[name], own, share)
        for name, own in after.items()
    }


def _mixed(before: NDArray, after: NDArray, share: float) -> NDArray:
    return ((1 - share) * before.astype(np.float64) + share * after).astype(after.dtype)
