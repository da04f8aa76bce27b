"""ONNX files at half their size: weights are stored as float16 and widened to float32 when the network is loaded."""

from __future__ import annotations

from pathlib import Path

SMALLEST_COUNT = 64
"""Smaller tensors stay float32: sizes, scales and biases cost nothing."""

OPSET = 17


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
        stored = f"{tensor.name}.half"
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
