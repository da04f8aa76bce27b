"""The edit that moves or resizes a box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from OrthoAILib.Review.Wording import readable

Triple = tuple[float, float, float]

SAME_MM = 1e-3
"""Millimeters by which a box may differ and still count as not moved: less than anybody can see or drag."""


@dataclass(frozen=True)
class BoxShape:
    """Center and size of a box in mm, in the node's own frame (RAS, before its parent transform)."""

    center: Triple
    size: Triple

    @classmethod
    def of(cls, roiNode: Any) -> BoxShape:
        """The present shape of a vtkMRMLMarkupsROINode."""
        return cls(tuple(roiNode.GetCenter()), tuple(roiNode.GetSize()))

    def differs(self, other: BoxShape) -> bool:
        """Whether any center or edge length differs by more than SAME_MM."""
        pairs = zip((*self.center, *self.size), (*other.center, *other.size), strict=True)
        return any(abs(a - b) > SAME_MM for a, b in pairs)

    def put(self, roiNode: Any) -> None:
        """Give ``roiNode`` this shape."""
        roiNode.SetSize(*self.size)
        roiNode.SetCenter(*self.center)


class MoveBox:
    """Moves or resizes one box.

    Args:
        roiNode: vtkMRMLMarkupsROINode.
        before, after: its shapes.
    """

    def __init__(self, roiNode: Any, before: BoxShape, after: BoxShape) -> None:
        self.roiNode = roiNode
        self._before, self._after = before, after
        self.text = f"Move box {readable(roiNode.GetName() or '')}".strip()

    @property
    def isPossible(self) -> bool:
        return self.roiNode.GetScene() is not None

    def apply(self) -> None:
        self._after.put(self.roiNode)

    def revert(self) -> None:
        self._before.put(self.roiNode)
