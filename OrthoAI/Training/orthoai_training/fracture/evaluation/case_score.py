"""Everything measured on one case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from orthoai_training.evaluate.surface import cropped_masks, label_boxes, surface_scores
from orthoai_training.fracture.cases import FRACTURE, FractureCase
from orthoai_training.fracture.scores import Counts

SMALLEST_MM3 = 200.0
"""Smaller pieces are no finding: a vertebral body has 10,000 mm3 and more."""

ON_TARGET = 0.5
"""Share of a piece that must lie on fractured bodies."""

MARKED = 0.3
"""Share of a body from which it counts as called fractured."""


@dataclass(frozen=True)
class CaseScore:
    """One case.

    Attributes:
        has_fracture: whether anything is truly fractured.
        dice, iou: of all voxels by the paper's formulas; None where nothing is fractured and nothing was found.
        hd95_mm: of the surfaces; None where either mask is empty.
        fractured, found: fractured bodies, and of those the ones called fractured; None where bodies are not known.
        sound, marked: sound bodies, and of those the ones called fractured; None where bodies are not known.
        false_findings: connected pieces that do not lie on fractured bodies.
        seconds: of the run without loading the networks; timings_s: by stage. peak_mb: of the process.
    """

    name: str
    kind: str
    has_fracture: bool
    dice: float | None
    iou: float | None
    hd95_mm: float | None
    fractured: int | None
    found: int | None
    sound: int | None
    marked: int | None
    false_findings: int
    seconds: float
    timings_s: Mapping[str, float]
    peak_mb: float

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> CaseScore:
        """Undo :meth:`to_json`. Raises TypeError for anything else."""
        return cls(**content)


def score_case(
    case: FractureCase, mask: NDArray[np.bool_], timings_s: Mapping[str, float], seconds: float, peak_mb: float
) -> CaseScore:
    """Compare ``mask`` (K, J, I), on the case's grid, with what is known."""
    truth = case.labels == FRACTURE
    counts = Counts.of(truth, mask)
    called = _called(case, truth, mask)
    return CaseScore(
        case.name,
        case.kind,
        counts.true > 0,
        counts.dice,
        counts.iou,
        _hd95(truth, mask, case.volume.geometry.spacing),
        *called,
        false_findings(truth, mask, case.volume.geometry.voxel_volume),
        seconds,
        dict(timings_s),
        peak_mb,
    )


def false_findings(truth: NDArray[np.bool_], mask: NDArray[np.bool_], voxel_mm3: float) -> int:
    """Connected pieces of ``mask`` that are large enough to be seen and do not lie on fractured bodies."""
    parts, count = ndimage.label(mask)
    if not count:
        return 0
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    right = np.bincount(parts.ravel(), weights=truth.ravel(), minlength=count + 1)[1:]
    return int(((sizes * voxel_mm3 >= SMALLEST_MM3) & (right < ON_TARGET * sizes)).sum())


def _called(
    case: FractureCase, truth: NDArray[np.bool_], mask: NDArray[np.bool_]
) -> tuple[int | None, int | None, int | None, int | None]:
    """(fractured, found, sound, marked); None for what the case does not tell."""
    if case.bodies is None:
        return None, None, None, None
    numbers = case.bodies.ravel()
    sizes = np.bincount(numbers, minlength=256)
    fractured = np.bincount(numbers, weights=truth.ravel(), minlength=256) > ON_TARGET * sizes
    called = np.bincount(numbers, weights=mask.ravel(), minlength=256) >= MARKED * np.maximum(sizes, 1)
    there = sizes > 0
    there[0] = False
    ill, well = there & fractured, there & ~fractured
    return int(ill.sum()), int((ill & called).sum()), int(well.sum()), int((well & called).sum())


def _hd95(truth: NDArray[np.bool_], mask: NDArray[np.bool_], spacing: tuple[float, float, float]) -> float | None:
    if not truth.any() or not mask.any():
        return None
    true_map, found_map = truth.astype(np.uint8), mask.astype(np.uint8)
    boxes = (label_boxes(true_map), label_boxes(found_map))
    return surface_scores(*cropped_masks(true_map, found_map, 1, boxes), spacing).hd95_mm
