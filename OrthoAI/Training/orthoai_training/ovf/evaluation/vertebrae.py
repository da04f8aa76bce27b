"""What a run says of each vertebra of a case whose vertebrae are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from orthoai.finding import Finding, Measurement
from orthoai.result import VERTEBRAE, Extra, Result
from orthoai.tasks.ovf.labels import FRACTURES, UNCLEAR
from scipy import ndimage

from orthoai_training.spine_ct.case import SpineCase, VertebraTruth, class_map

NEAR_MM = 12.0
"""A finding may lie so far outside of the body that it is about."""

HEIGHTS = ("anterior", "middle", "posterior")

NORMAL = "normal"

LEAST_SHARED = 0.5
"""Share of a true body that one found must cover to be it."""


@dataclass(frozen=True)
class VertebraScore:
    """One true vertebra and what was found of it.

    Attributes:
        case, kind: name and kind of data of its case.
        truth: what is known.
        found: class of the finding on it; "normal" where there is none.
        told: label of the finding, a class or "unclear"; None where there is none.
        probability, uncertainty: of the finding; None where there is none.
        grade: Genant's, as measured; None where it was not. Normal ones have one, too.
        heights_mm: anterior, middle and posterior, as measured; None where they were not.
        flags: of the finding.
        slice_mm: largest distance of two voxels of the CT.
    """

    case: str
    kind: str
    truth: VertebraTruth
    found: str = NORMAL
    told: str | None = None
    probability: float | None = None
    uncertainty: float | None = None
    grade: int | None = None
    heights_mm: tuple[float, float, float] | None = None
    flags: tuple[str, ...] = ()
    slice_mm: float = 0.0

    @property
    def broken(self) -> bool:
        """Whether it truly is fractured."""
        return self.truth.label in FRACTURES

    @property
    def is_right(self) -> bool:
        """Whether that is true whose probability the finding gives: of an unclear one a fracture, else its class."""
        return self.broken if self.told == UNCLEAR else self.found == self.truth.label

    @property
    def height_errors_mm(self) -> tuple[float, ...] | None:
        """|measured - true| of the three heights; None where they were not measured."""
        if self.heights_mm is None:
            return None
        true = (self.truth.anterior_mm, self.truth.middle_mm, self.truth.posterior_mm)
        return tuple(abs(a - b) for a, b in zip(self.heights_mm, true, strict=True))


@dataclass(frozen=True)
class CaseScore:
    """One case.

    Attributes:
        vertebrae: one for each true vertebra, also of cut ones.
        elsewhere: fractures found where there is no vertebral body.
        dice: by class, of the bodies truly or found so; and "fracture", of all three together.
        seconds: of the run, by stage.
    """

    case: str
    kind: str
    vertebrae: tuple[VertebraScore, ...]
    elsewhere: int
    dice: dict[str, float]
    seconds: dict[str, float]


def case_score(case: SpineCase, name: str, result: Result) -> CaseScore:
    """Compare ``result``, of a run on the case's volume, with what is known."""
    boxes = ndimage.find_objects(case.bodies, max_label=255)
    places = {truth.id: _surface_distance(case, truth.id, boxes[truth.id - 1]) for truth in case.vertebrae}
    owners: dict[int, list[Finding]] = {truth.id: [] for truth in case.vertebrae}
    elsewhere = 0
    for finding in result.findings:
        owner = _owner(finding, places, case)
        if owner is not None:
            owners[owner].append(finding)
        elif finding.label in FRACTURES:
            elsewhere += 1
    measured = _measured(case, result)
    thick = max(case.volume.geometry.spacing)
    scores = tuple(
        replace(_score(name, case.kind, truth, owners[truth.id], measured[truth.id]), slice_mm=thick)
        for truth in case.vertebrae
    )
    return CaseScore(
        name, case.kind, scores, elsewhere, class_dice(class_map(case), result.segmentation), dict(result.timings_s)
    )


def class_dice(truth: NDArray[np.uint8], found: NDArray[np.uint8]) -> dict[str, float]:
    """Dice by class of label maps (K, J, I) with 1, 2, 3 for the fracture classes; only what either map holds."""
    scores = {}
    values = {**{name: (n,) for n, name in enumerate(FRACTURES, start=1)}, "fracture": (1, 2, 3)}
    for name, labels in values.items():
        a, b = np.isin(truth, labels), np.isin(found, labels)
        if a.any() or b.any():
            scores[name] = 2.0 * float((a & b).sum()) / float(a.sum() + b.sum())
    return scores


def _measured(case: SpineCase, result: Result) -> dict[int, dict[str, Measurement]]:
    """By true vertebra what was measured in the found body that covers most of it; nothing where none does."""
    extra = vertebrae_in(result)
    found: dict[int, dict[str, Measurement]] = {truth.id: {} for truth in case.vertebrae}
    if extra is None:
        return found
    for truth in case.vertebrae:
        number = covering(case, extra, truth)
        if number is not None:
            found[truth.id] = result.structures.get(extra.labels[number], {})
    return found


def vertebrae_in(result: Result) -> Extra | None:
    """The bodies that were found, by number; None where there is no bone."""
    return result.extra(VERTEBRAE)


def covering(case: SpineCase, found: Extra, truth: VertebraTruth) -> int | None:
    """Number of the body in ``found`` that covers most of a true one; None where none does."""
    inside = np.bincount(found.voxels[case.bodies == truth.id], minlength=256)
    number = int(inside[1:].argmax()) + 1
    return number if inside[number] >= LEAST_SHARED * inside.sum() > 0 else None


def _score(
    name: str, kind: str, truth: VertebraTruth, findings: Sequence[Finding], measured: dict[str, Measurement]
) -> VertebraScore:
    grade = measured.get("genant_grade")
    heights = [measured[f"{site}_height"].value for site in HEIGHTS if f"{site}_height" in measured]
    score = VertebraScore(
        name,
        kind,
        truth,
        grade=None if grade is None else round(grade.value),
        heights_mm=(heights[0], heights[1], heights[2]) if len(heights) == len(HEIGHTS) else None,
    )
    if not findings:
        return score
    finding = max(findings, key=lambda one: (one.label in FRACTURES, one.probability))
    return replace(
        score,
        found=finding.label if finding.label in FRACTURES else NORMAL,
        told=finding.label,
        probability=finding.probability,
        uncertainty=finding.uncertainty,
        flags=finding.flags,
    )


Block = tuple[tuple[int, int, int], NDArray[np.float32]]
"""First voxel (k, j, i) of a block around a body, and in it each voxel's distance from the body in mm."""


def _surface_distance(case: SpineCase, number: int, spans: tuple[slice, slice, slice] | None) -> Block | None:
    grid = case.volume.geometry
    spacing = np.array(grid.spacing[::-1])
    if spans is None:
        return None
    margin = np.ceil(NEAR_MM / spacing).astype(int)
    low = [max(0, span.start - m) for span, m in zip(spans, margin, strict=True)]
    window = tuple(slice(a, span.stop + m) for a, span, m in zip(low, spans, margin, strict=True))
    distances = ndimage.distance_transform_edt(case.bodies[window] != number, spacing)
    return (low[0], low[1], low[2]), distances.astype(np.float32)


def _owner(finding: Finding, places: dict[int, Block | None], case: SpineCase) -> int | None:
    """Number of the body that the finding is about; None where it lies at none."""
    if finding.place is None:
        return None
    at = np.rint(case.volume.geometry.lps_to_index(finding.place.lps)[::-1]).astype(int)
    best: tuple[float, int] | None = None
    for number, block in places.items():
        if block is None:
            continue
        start, distances = block
        inside = at - np.array(start)
        if (inside >= 0).all() and (inside < distances.shape).all():
            distance = float(distances[tuple(inside)])
            if distance <= NEAR_MM and (best is None or distance < best[0]):
                best = (distance, number)
    return None if best is None else best[1]
