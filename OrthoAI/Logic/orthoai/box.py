"""A labeled box in the patient and in the volume it came from."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from orthoai.geometry import Geometry, Triple


@dataclass(frozen=True)
class Box:
    """An axis-aligned box in the index space of one volume.

    Attributes:
        label: structure name, such as "femur_left".
        score: 0..1.
        index_min, index_max: outer voxel edges (i, j, k) in the volume's own index space; a box around one voxel n
            runs from n - 0.5 to n + 0.5.
        lps_min, lps_max: the smallest LPS-aligned box in mm that holds it (equal to it when axes are not oblique).
    """

    label: str
    score: float
    index_min: Triple
    index_max: Triple
    lps_min: Triple
    lps_max: Triple

    @classmethod
    def from_index(cls, label: str, score: float, index_min: Triple, index_max: Triple, geometry: Geometry) -> Box:
        """Box from index edges (i, j, k) of ``geometry``."""
        corners = geometry.index_to_lps(list(product(*zip(index_min, index_max, strict=True))))
        low, high = corners.min(axis=0), corners.max(axis=0)
        return cls(
            label,
            float(score),
            (float(index_min[0]), float(index_min[1]), float(index_min[2])),
            (float(index_max[0]), float(index_max[1]), float(index_max[2])),
            (float(low[0]), float(low[1]), float(low[2])),
            (float(high[0]), float(high[1]), float(high[2])),
        )

    @classmethod
    def around(cls, label: str, mask: np.ndarray, geometry: Geometry, score: float = 1.0) -> Box | None:
        """The tightest box around the true voxels of ``mask`` (K, J, I); None when there is none."""
        spans = []
        for axis in (2, 1, 0):
            hits = np.flatnonzero(mask.any(axis=tuple(n for n in range(3) if n != axis)))
            if hits.size == 0:
                return None
            spans.append((hits[0] - 0.5, hits[-1] + 0.5))
        low, high = zip(*spans, strict=True)
        return cls.from_index(label, score, low, high, geometry)

    def on(self, source: Geometry, target: Geometry) -> Box:
        """The same box in the index space of ``target``, an axis permutation, flip or crop of ``source``."""
        corners = np.array(list(product(*zip(self.index_min, self.index_max, strict=True))))
        moved = target.lps_to_index(source.index_to_lps(corners))
        low, high = moved.min(axis=0), moved.max(axis=0)
        return Box.from_index(self.label, self.score, tuple(low), tuple(high), target)

    def iou(self, other: Box) -> float:
        """Intersection over union with a box of the same index space."""
        a0, a1 = np.asarray(self.index_min), np.asarray(self.index_max)
        b0, b1 = np.asarray(other.index_min), np.asarray(other.index_max)
        overlap = np.clip(np.minimum(a1, b1) - np.maximum(a0, b0), 0, None).prod()
        union = (a1 - a0).prod() + (b1 - b0).prod() - overlap
        return float(overlap / union) if union > 0 else 0.0
