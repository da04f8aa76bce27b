"""A YOLO detector in ONNX Runtime: numpy in and out, no torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orthoai.detect.detector import Detection
from orthoai.detect.letterbox import Letterbox
from orthoai.detect.nms import non_maximum_suppression
from orthoai.detect.session import open_session
from orthoai.errors import InputError

CONFIDENCE = 0.25
"""Score below which a box is not answered, unless the caller says otherwise."""

IOU_LIMIT = 0.7
"""Overlap of two boxes of one class above which the weaker one is dropped; ultralytics' default."""


class OnnxYolo:
    """A YOLOv8 detector exported to ONNX; implements :class:`orthoai.detect.detector.Detector`.

    The network takes (1, channels, size, size) float32 in 0..1 and answers (1, 4 + classes, anchors): center x,
    center y, width, height in input pixels, then a score per class.

    Args:
        path: the .onnx file, already checked against its sha256 by the model store.
        labels: class names in class order.
        image_size: side of the network's input; read from the file where None.
        confidence: default for :meth:`detect`.
        iou_limit: overlap above which the weaker of two boxes of one class is dropped.
        threads: CPU threads; 0 lets ONNX Runtime choose.

    Raises:
        InputError: the file is missing, damaged or not such a network.
    """

    def __init__(
        self,
        path: Path,
        labels: Sequence[str],
        image_size: int | None = None,
        *,
        confidence: float = CONFIDENCE,
        iou_limit: float = IOU_LIMIT,
        threads: int = 0,
    ) -> None:
        self.labels = tuple(labels)
        self.confidence = confidence
        self.iou_limit = iou_limit
        self._session = open_session(path, threads)
        shape = self._session.get_inputs()[0].shape
        rows = self._session.get_outputs()[0].shape
        fits = len(shape) == 4 and shape[1] in (1, 3) and isinstance(shape[2], int) and shape[2] == shape[3]
        if not fits or image_size not in (None, shape[2]) or len(rows) != 3 or rows[1] != 4 + len(self.labels):
            raise InputError(
                f"The detector file {path.name} does not fit its description (input {shape}, output {rows}): "
                "install the model again."
            )
        self.image_size: int = shape[2]
        self._channels: int = shape[1]

    def detect(self, image: NDArray[np.uint8], confidence: float | None = None) -> list[Detection]:
        """Boxes in the gray picture ``image`` (H, W) uint8, the best score first.

        Args:
            image: the picture, of any size.
            confidence: least score, in place of the detector's own.
        """
        if image.ndim != 2 or image.dtype != np.uint8 or 0 in image.shape:
            raise ValueError(f"the picture must be gray uint8 (H, W), not {image.dtype} {image.shape}")
        letterbox = Letterbox((image.shape[0], image.shape[1]), self.image_size)
        gray = letterbox.apply(image).astype(np.float32) / np.float32(255)
        batch = np.repeat(gray[None, None], self._channels, axis=1)
        (answer,) = self._session.run(None, {self._session.get_inputs()[0].name: batch})
        return self._decode(answer[0], letterbox, self.confidence if confidence is None else confidence)

    def _decode(self, answer: NDArray[np.float32], letterbox: Letterbox, confidence: float) -> list[Detection]:
        """(4 + classes, anchors) to boxes in the picture."""
        classes = answer[4:].argmax(axis=0)
        scores = answer[4:].max(axis=0)
        likely = np.flatnonzero(scores > confidence)
        classes, scores = classes[likely], scores[likely]
        center, half = answer[:2, likely].T, answer[2:4, likely].T / 2
        edges = np.concatenate([center - half, center + half], axis=1)
        kept = non_maximum_suppression(edges, scores, classes, self.iou_limit)
        placed = letterbox.to_picture(edges[kept])
        return [
            Detection(self.labels[classes[n]], float(scores[n]), *(float(v) for v in box))
            for n, box in zip(kept, placed, strict=True)
        ]
