"""What a radiologist says about a result, and its JSON form (review.json)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import zip_longest
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from orthoai.box import Box
from orthoai.errors import InputError
from orthoai.foreign_json import JSON_ERRORS
from orthoai.result import Result
from orthoai.versioned_json import read_versioned

REVIEW_SCHEMA_VERSION = 1
"""Raised when a key of review.json changes its meaning or goes away."""

SAME_EDGE = 1e-3
"""Part of a voxel by which a box's edge may differ and still count as not moved: a scene stores it in other units."""

ChangeKind = Literal["box", "class", "grade", "mask"]


class Verdict(StrEnum):
    """What a reviewer decided.

    APPROVED: right as it is. CORRECTED: right after the reviewer's edits. REJECTED: wrong, and not worth mending.
    FLAGGED: somebody else should look.
    """

    APPROVED = "approved"
    CORRECTED = "corrected"
    REJECTED = "rejected"
    FLAGGED = "flagged"

    @property
    def is_truth(self) -> bool:
        """Whether the reviewer stands behind the content, so that a model may learn from it."""
        return self in (Verdict.APPROVED, Verdict.CORRECTED)


@dataclass(frozen=True)
class Change:
    """One thing that the reviewer changed.

    Attributes:
        kind: "box", "class", "grade" or "mask".
        target: the structure, such as "femur_left".
        before, after: JSON values; None where there was, or is, nothing.
            box: {"index_min": [i, j, k], "index_max": [i, j, k]}; class: the class's name;
            grade: {name of the measurement: its value};
            mask: {"voxels": n}, after also with "added" and "removed".
    """

    kind: ChangeKind
    target: str
    before: Any
    after: Any

    def __post_init__(self) -> None:
        # As a file gives it back: a tuple is a list there, and two equal changes must stay equal.
        object.__setattr__(self, "before", json.loads(json.dumps(self.before)))
        object.__setattr__(self, "after", json.loads(json.dumps(self.after)))


def utc_now() -> str:
    """The time in ISO 8601, such as "2025-11-20T22:37:00Z"."""
    return datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True)
class Review:
    """A result as the reviewer left it, and the reviewer's word on it.

    Attributes:
        result: with the edited boxes, findings and segmentation.
        verdict: None while nothing is decided.
        comment: free text.
        reviewer: as the person wrote it; may be empty.
        time_spent_s: seconds the case was open, over all revisions.
        revision: 1 for the first.
        changes: against what the model gave.
        created: UTC time in ISO 8601.

    Raises:
        ValueError: a revision below 1 or a negative time.
    """

    result: Result
    verdict: Verdict | None = None
    comment: str = ""
    reviewer: str = ""
    time_spent_s: float = 0.0
    revision: int = 1
    changes: tuple[Change, ...] = ()
    created: str = field(default_factory=utc_now)

    def __post_init__(self) -> None:
        if self.revision < 1:
            raise ValueError(f"a review's revision counts from 1, not {self.revision}")
        if self.time_spent_s < 0:
            raise ValueError("a review cannot have taken a negative time")

    def to_json(self) -> str:
        """Everything but the voxels, as JSON (schema REVIEW_SCHEMA_VERSION); the result is as in result.json."""
        content = {
            "schema_version": REVIEW_SCHEMA_VERSION,
            "verdict": None if self.verdict is None else self.verdict.value,
            "comment": self.comment,
            "reviewer": self.reviewer,
            "time_spent_s": float(self.time_spent_s),
            "revision": int(self.revision),
            "created": self.created,
            "changes": [vars(change) for change in self.changes],
            "result": json.loads(self.result.to_json()),
        }
        return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(
        cls,
        text: str,
        segmentation: NDArray[np.uint8] | None = None,
        extras: Mapping[str, NDArray[np.uint8]] | None = None,
    ) -> Review:
        """Undo :meth:`to_json`.

        Args:
            text: content of a review.json.
            segmentation: the voxels (K, J, I) that belong to it; empty where None.
            extras: voxels (K, J, I) of further pictures by name; those that are absent are left out.

        Raises:
            InputError: no JSON, another schema version, or keys missing or of the wrong kind.
        """
        content = read_versioned(text, "review.json", REVIEW_SCHEMA_VERSION, "review the case again")
        try:
            return cls(
                result=Result.from_json(json.dumps(content["result"]), segmentation, extras),
                verdict=None if content["verdict"] is None else Verdict(content["verdict"]),
                comment=str(content["comment"]),
                reviewer=str(content["reviewer"]),
                time_spent_s=float(content["time_spent_s"]),
                revision=int(content["revision"]),
                changes=tuple(Change(**change) for change in content["changes"]),
                created=str(content["created"]),
            )
        except JSON_ERRORS as error:
            raise InputError(
                f"This review.json is incomplete or does not belong to its segmentation ({error}); "
                "review the case again."
            ) from error


# Changes


def changes_between(original: Result, edited: Result) -> tuple[Change, ...]:
    """What differs in ``edited``: boxes, then classes and grades of findings, then masks; empty when nothing does.

    Boxes of one label that lie elsewhere are paired in their order. Both results must be of the same task and grid.
    """
    return (
        *_box_changes(original, edited),
        *_class_changes(original, edited),
        *_grade_changes(original, edited),
        *_mask_changes(original, edited),
    )


def _box_changes(original: Result, edited: Result) -> list[Change]:
    labels = dict.fromkeys(box.label for box in (*original.boxes, *edited.boxes))
    changes = []
    for label in labels:
        before, after = ([box for box in result.boxes if box.label == label] for result in (original, edited))
        # Those that stayed first: after a deleted one, all that follow would seem to have moved.
        moved = zip_longest(_without(before, after), _without(after, before))
        changes += [Change("box", label, _edges(old), _edges(new)) for old, new in moved]
    return changes


def _without(boxes: list[Box], others: list[Box]) -> list[Box]:
    """``boxes`` but for one that lies at the same place for each of ``others``."""
    left = list(boxes)
    for other in others:
        same = next((number for number, box in enumerate(left) if not _is_moved(box, other)), None)
        if same is not None:
            del left[same]
    return left


def _is_moved(old: Box, new: Box) -> bool:
    edges = [np.array([box.index_min, box.index_max]) for box in (old, new)]
    return bool(np.abs(edges[0] - edges[1]).max() > SAME_EDGE)


def _edges(box: Box | None) -> dict[str, list[float]] | None:
    return None if box is None else {"index_min": list(box.index_min), "index_max": list(box.index_max)}


def _class_changes(original: Result, edited: Result) -> list[Change]:
    changes = []
    for number in range(max(len(original.findings), len(edited.findings))):
        old = original.findings[number] if number < len(original.findings) else None
        new = edited.findings[number] if number < len(edited.findings) else None
        labels = [None if finding is None else finding.label for finding in (old, new)]
        if labels[0] != labels[1]:
            named = new if new is not None else old
            changes.append(Change("class", named.structure if named is not None else "", *labels))
    return changes


def _grade_changes(original: Result, edited: Result) -> list[Change]:
    """Of the measurements that the reviewer stands behind, those that the task told otherwise."""
    changes = []
    for old, new in zip(original.findings, edited.findings, strict=False):
        for name in new.confirmed:
            before, after = (finding.measurements.get(name) for finding in (old, new))
            if after is not None and before != after:
                told = None if before is None else {name: before.value}
                changes.append(Change("grade", new.structure, told, {name: after.value}))
    return changes


def _mask_changes(original: Result, edited: Result) -> list[Change]:
    """One per structure whose voxels differ, in the order of the label table."""
    counts = np.zeros((2, 256), np.int64)  # voxels with each value before and after
    moves = np.zeros((2, 256), np.int64)  # removed from and added to each value
    for old, new in zip(original.segmentation, edited.segmentation, strict=True):
        counts[0] += np.bincount(old.ravel(), minlength=256)
        counts[1] += np.bincount(new.ravel(), minlength=256)
        differs = old != new
        moves[0] += np.bincount(old[differs], minlength=256)
        moves[1] += np.bincount(new[differs], minlength=256)
    return [
        Change(
            "mask",
            name,
            {"voxels": int(counts[0, value])},
            {"voxels": int(counts[1, value]), "added": int(moves[1, value]), "removed": int(moves[0, value])},
        )
        for value, name in {**original.labels, **edited.labels}.items()
        if moves[:, value].any()
    ]
