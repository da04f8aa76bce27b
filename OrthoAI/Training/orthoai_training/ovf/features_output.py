"""An exported network that answers its last feature map as well, for heat maps (EigenCAM, Muhammad & Yeasin 2020)."""

from __future__ import annotations

from pathlib import Path

from orthoai.detect.onnx_yolo_seg import FEATURES

HEAD_WEIGHT = ".cv2.0.0.conv.weight"
"""End of the name of the head's first convolution at the finest scale (P3), which takes the neck's last C2f map."""


def add_features_output(path: Path) -> None:
    """Rewrite the network at ``path`` with one more output, "features" (1, channels, size / 8, size / 8).

    Raises:
        ValueError: the network has no YOLOv8 head.
    """
    import onnx
    from onnx import TensorProto, helper

    model = onnx.load(path)
    graph = model.graph
    weight = next((tensor for tensor in graph.initializer if tensor.name.endswith(HEAD_WEIGHT)), None)
    node = next((n for n in graph.node if weight is not None and weight.name in n.input), None)
    if weight is None or node is None:
        raise ValueError(f"{path.name} holds no weight that ends in {HEAD_WEIGHT}: it is no YOLOv8 network")
    side = graph.input[0].type.tensor_type.shape.dim[2].dim_value // 8
    graph.node.append(helper.make_node("Identity", [node.input[0]], [FEATURES]))
    shape = [1, weight.dims[1], side, side]
    graph.output.append(helper.make_tensor_value_info(FEATURES, TensorProto.FLOAT, shape))
    onnx.save(model, path)
