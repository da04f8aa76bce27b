"""A YOLO segmentation network in ONNX Runtime: boxes with outlines; numpy in and out, no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orthoai.detect.instance import Instance
from orthoai.detect.letterbox import Letterbox
from orthoai.detect.masks import instance_mask
from orthoai.detect.nms import non_maximum_suppression
from orthoai.detect.session import open_session
from orthoai.errors import InputError

CONFIDENCE = 0.25
"""Score below which an instance is not answered, unless the caller says otherwise."""

IOU_LIMIT = 0.7
"""Overlap of two boxes of one class above which the weaker one is dropped; ultralytics' default."""

FEATURES = "features"
"""Name of the optional output: the last feature map before the head at the finest scale, for heat maps."""


@dataclass(frozen=True, eq=False)
class Answer:
    """All that the network says of one picture.

    Attributes:
        instances: the best score first.
        features: (channels, h, w) float32 over the letterboxed input; None where the file has no such output.
        letterbox: where the picture lies in the input (see :func:`orthoai.detect.masks.over_picture`).
    """

    instances: list[Instance]
    features: NDArray[np.float32] | None
    letterbox: Letterbox


class OnnxYoloSeg:
    """A YOLOv8 segmentation network exported to ONNX.

    The network takes (1, channels, size, size) float32 in 0..1 and answers (1, 4 + classes + coefficients, anchors):
    center x, center y, width, height in input pixels, a score per class, mask coefficients; then prototypes
    (1, coefficients, size / 4, size / 4); and perhaps an output "features" (1, channels, size / 8, size / 8).

    Args:
        path: the .onnx file, already checked against its sha256 by the model store.
        labels: class names in class order.
        confidence: least score, unless a call says otherwise.
        iou_limit: overlap above which the weaker of two boxes is dropped.
        agnostic: drop it whatever the two classes are: one instance per place, as a vertebra has one class.
        threads: CPU threads; 0 lets ONNX Runtime choose.

    Raises:
        InputError: the file is missing, damaged or not such a network.

    Example:
        >>> detector = OnnxYoloSeg(Path("detector.onnx"), ("crush", "wedge", "biconcave", "normal"))  # doctest: +SKIP
        >>> detector.detect(np.zeros((384, 384), np.uint8))  # doctest: +SKIP
        []
    """

    def __init__(
        self,
        path: Path,
        labels: Sequence[str],
        *,
        confidence: float = CONFIDENCE,
        iou_limit: float = IOU_LIMIT,
        agnostic: bool = False,
        threads: int = 0,
    ) -> None:
        self.labels = tuple(labels)
        self.confidence = confidence
        self.iou_limit = iou_limit
        self.agnostic = agnostic
        self._session = open_session(path, threads)
        shape = self._session.get_inputs()[0].shape
        outputs = {output.name: output.shape for output in self._session.get_outputs()}
        shapes = list(outputs.values())
        fits = len(shape) == 4 and shape[1] in (1, 3) and isinstance(shape[2], int) and shape[2] == shape[3]
        fits = fits and len(shapes) >= 2 and len(shapes[0]) == 3 and len(shapes[1]) == 4
        if not fits or shapes[0][1] != 4 + len(self.labels) + shapes[1][1]:
            raise InputError(
                f"The detector file {path.name} does not fit its description (input {shape}, outputs {shapes}): "
                "install the model again."
            )
        self.image_size: int = shape[2]
        self._channels: int = shape[1]
        self._names = [*list(outputs)[:2], *([FEATURES] if FEATURES in outputs else [])]

    def detect(self, picture: NDArray[np.uint8], confidence: float | None = None) -> list[Instance]:
        """Instances in the gray ``picture`` (H, W) uint8 of any size, the best score first.

        Args:
            picture: fitted into the input by a letterbox; one of the input's own size is taken as it is.
            confidence: least score, in place of the detector's own.
        """
        return self.answer(picture, confidence).instances

    def answer(self, picture: NDArray[np.uint8], confidence: float | None = None) -> Answer:
        """Instances and features of ``picture``; see :meth:`detect`."""
        if picture.ndim != 2 or picture.dtype != np.uint8 or 0 in picture.shape:
            raise ValueError(f"the picture must be gray uint8 (H, W), not {picture.dtype} {picture.shape}")
        letterbox = Letterbox((picture.shape[0], picture.shape[1]), self.image_size)
        gray = letterbox.apply(picture).astype(np.float32) / np.float32(255)
        batch = np.repeat(gray[None, None], self._channels, axis=1)
        rows, prototypes, *features = self._session.run(self._names, {self._session.get_inputs()[0].name: batch})
        least = self.confidence if confidence is None else confidence
        instances = self._decode(rows[0], prototypes[0], letterbox, least)
        return Answer(instances, features[0][0] if features else None, letterbox)

    def _decode(
        self, rows: NDArray[np.float32], prototypes: NDArray[np.float32], letterbox: Letterbox, confidence: float
    ) -> list[Instance]:
        """(4 + classes + coefficients, anchors) to instances in the picture."""
        count = len(self.labels)
        likely = np.flatnonzero(rows[4 : 4 + count].max(axis=0) > confidence)
        by_class = rows[4 : 4 + count, likely]
        classes, scores = by_class.argmax(axis=0), by_class.max(axis=0)
        center, half = rows[:2, likely].T, rows[2:4, likely].T / 2
        edges = np.concatenate([center - half, center + half], axis=1)
        groups = np.zeros_like(classes) if self.agnostic else classes
        kept = non_maximum_suppression(edges, scores, groups, self.iou_limit)
        instances = []
        for n, box in zip(kept, letterbox.to_picture(edges[kept]), strict=True):
            mask = instance_mask(prototypes, rows[4 + count :, likely[n]], box, letterbox)
            # ultralytics, too, answers no box without an outline.
            if mask.any():
                x0, y0, x1, y1 = (float(edge) for edge in box)
                own = tuple(float(score) for score in by_class[:, n])
                instances.append(Instance(self.labels[classes[n]], float(scores[n]), (x0, y0, x1, y1), mask, own))
        return instances
