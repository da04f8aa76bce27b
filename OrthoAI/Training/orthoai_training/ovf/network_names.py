"""The networks of the task that can be trained, as the command names them."""

from __future__ import annotations

YOLO, OUTLINE, MASK_RCNN = NETWORKS = ("yolov8n-seg", "outline", "mask-rcnn")
"""The detector, the network that draws its outlines once more, and the comparator."""
