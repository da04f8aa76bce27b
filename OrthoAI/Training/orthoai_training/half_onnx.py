"""ONNX files at half their size: weights are stored as float16 and widened to float32 when the network is loaded."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

SMALLEST_COUNT = 64
"""Smaller tensors stay float32: sizes, scales and biases cost nothing."""

HALF = ".half"
"""Ending of weights stored as float16."""

OPSET = 17

ANY_BATCH = {0: "batch"}


def write_half(
    network: nn.Module,
    example: Tensor,
    target: Path,
    picture: str,
    outputs: Sequence[str],
    free: Mapping[int, str] = ANY_BATCH,
) -> Path:
    """Write ``network`` to ``target``, its large weights as float16.

    Args:
        example: an input, named ``picture`` in the file.
        outputs: their names, in order.
        free: axes of any size, by name; those of the input and of every output.
    """
    import torch

    with warnings.catch_warnings():
        # The exporter warns of sizes that become constants: tests run the files at other sizes of the free axes.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.cpu().eval(),
            (example,),
            str(target),
            dynamo=False,
            input_names=[picture],
            output_names=list(outputs),
            dynamic_axes={name: dict(free) for name in (picture, *outputs)},
            opset_version=OPSET,
        )
    store_half(target)
    return target


def store_half(path: Path) -> None:
    """Rewrite the network at ``path`` in place; every large float32 weight becomes float16 and a Cast node.

    ONNX Runtime folds the casts when it loads the file, so that it computes as before, with rounded weights.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(path)
    graph = model.graph
    casts = []
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < SMALLEST_COUNT:
            continue
        graph.initializer.remove(tensor)
        stored = tensor.name + HALF
        graph.initializer.append(numpy_helper.from_array(values.astype("float16"), stored))
        casts.append(helper.make_node("Cast", [stored], [tensor.name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    # Names of source files on the machine that exported have no place in a shipped file.
    for node in graph.node:
        node.doc_string = ""
    aside = path.with_suffix(".partial")
    onnx.save(model, aside)
    aside.replace(path)


def stored_weights(path: Path) -> dict[str, NDArray[np.float32]]:
    """The weights in the network at ``path`` by their names in the exported module, float32."""
    import onnx

    return {
        tensor.name.removesuffix(HALF): onnx.numpy_helper.to_array(tensor).astype("float32")
        for tensor in onnx.load(path).graph.initializer
    }
