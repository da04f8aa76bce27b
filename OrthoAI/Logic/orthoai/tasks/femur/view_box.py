"""A femur as one of the two projections shows it.

Positions are millimeters along the voxel axes of the volume in LPS order: index times spacing, so that 0 is the center
of the first voxel. Along i they grow to the patient's left, along j to the back, along k to the head.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Span:
    """A stretch of one axis in mm; ``low`` <= ``high``."""

    low: float
    high: float

    @property
    def length(self) -> float:
        """Millimeters."""
        return self.high - self.low

    @property
    def center(self) -> float:
        """Middle in mm."""
        return (self.low + self.high) / 2

    def shared(self, other: Span) -> float:
        """Millimeters that both cover; negative is the gap between them."""
        return min(self.high, other.high) - max(self.low, other.low)

    def overlap(self, other: Span) -> float:
        """The shared part over the shorter of the two, 0..1."""
        shorter = min(self.length, other.length)
        return max(0.0, self.shared(other)) / shorter if shorter > 0 else 0.0

    def hull(self, other: Span) -> Span:
        """The shortest span that holds both."""
        return Span(min(self.low, other.low), max(self.high, other.high))

    def clipped(self, field: Span) -> Span:
        """The part inside ``field``; of no length, at the nearer edge, when there is none."""
        low = min(max(self.low, field.low), field.high)
        return Span(low, min(max(self.high, low), field.high))


def hull(spans: Iterable[Span]) -> Span | None:
    """The shortest span that holds all; None for none."""
    joined: Span | None = None
    for span in spans:
        joined = span if joined is None else joined.hull(span)
    return joined


@dataclass(frozen=True)
class ViewBox:
    """One detected box in one view.

    Attributes:
        label: the detector's class, "femur_left" or "femur_right".
        score: 0..1.
        x: along i, the axis that both views share.
        along: the view's own axis: k in the coronal view, j in the axial view.
        pixel_mm: side of the picture's pixels, the scale of the box's uncertainty.
    """

    label: str
    score: float
    x: Span
    along: Span
    pixel_mm: float = 1.0

    @property
    def area(self) -> float:
        """Square millimeters."""
        return self.x.length * self.along.length

    def intersection(self, other: ViewBox) -> float:
        """Square millimeters that both cover."""
        return max(0.0, self.x.shared(other.x)) * max(0.0, self.along.shared(other.along))

    def iou(self, other: ViewBox) -> float:
        """Intersection over union, whatever the labels."""
        shared = self.intersection(other)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0

    def merged(self, piece: ViewBox) -> ViewBox:
        """This box grown to hold ``piece``; label and score stay."""
        return replace(self, x=self.x.hull(piece.x), along=self.along.hull(piece.along))
