"""From coronal and axial boxes to one 3D box per femur (Xie et al. 2025, "3D bounding box construction").

The paper intersects and extrapolates the boxes of both views. Here each rule has its own function:

1. ``match_views``     a coronal and an axial box of one femur share the axis i.
2. ``keep_femora``     at most two, the best supported of the sure ones; what only one view shows must be surer.
3. ``assign_sides``    position decides over the detector's class: a patient has his left femur at larger x.
4. ``shared_edges``    i from both views, weighted by score and sharpness; k from the coronal, j from the axial view.
5. ``fill_along``      an axis without a view comes from the other femur, else from the bone seen there.
6. ``snapped``         a box that ends close to the field of view ends at it.

Positions are mm along the axes of the volume in LPS order (see ``view_box``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from orthoai.box import Box
from orthoai.geometry import Geometry
from orthoai.tasks.femur.candidates import SAME_COLUMN
from orthoai.tasks.femur.view_box import Span, ViewBox, hull

LEFT, RIGHT = "femur_left", "femur_right"

ONE_VIEW_SCORE = 0.7
"""A femur that only one view shows counts from this score on.

Of 117 femora in 60 training and validation cases every true one was seen with 0.65 or more on average of both views;
both false ones were seen in the axial view only, with less than 0.6.
"""

BOTH_VIEWS_SCORE = 0.55
"""A femur that both views show counts from this mean score on.

Of 69 femora in 40 further simulated scans every one had 0.71 or more; beside the metal of a real CT one has 0.66;
the upper arm in a real CT of the abdomen, which shows no femur, has 0.48.
"""

SAME_CLASS_PENALTY = 0.5
"""Beside a femur, a second one of the other class is this much more likely than one of the same class."""

AGREEING_EDGES = 0.6
"""From this overlap (shared over joined length) on, both views' edges are averaged; below, neither is cut away."""

CLEAR_OF_MIDLINE_MM = 10.0
"""A femur lies on one side of the body when its box clears the midline by this much."""

SNAP_MM = 4.0
"""A box that ends this close to the field of view, or a pixel if that is more, was cut off by it."""

NOTE_CORONAL_ONLY = "seen in the coronal view only"
NOTE_AXIAL_ONLY = "seen in the axial view only"
NOTE_SIDE_BY_POSITION = "side named by position against the detector's class"
NOTE_SIDE_BY_LOOK = "side named by its look alone: check it"
"""Left and right mirror each other: of 29 scans cut to one simulated leg the detector named three wrongly."""


@dataclass(frozen=True)
class Field:
    """What the volume covers: spans in mm along i, j, k."""

    i: Span
    j: Span
    k: Span

    @classmethod
    def of(cls, geometry: Geometry) -> Field:
        """The field of a volume in LPS order, from outer voxel edge to outer voxel edge."""
        spans = [Span(-step / 2, (n - 0.5) * step) for n, step in zip(geometry.size, geometry.spacing, strict=True)]
        return cls(*spans)


@dataclass(frozen=True)
class Pair:
    """One femur as the two views show it; at least one does."""

    coronal: ViewBox | None
    axial: ViewBox | None

    @property
    def views(self) -> tuple[ViewBox, ...]:
        """The views that show it."""
        return tuple(view for view in (self.coronal, self.axial) if view is not None)

    @property
    def score(self) -> float:
        """Mean score of both views; a view that does not show it counts 0."""
        return sum(view.score for view in self.views) / 2

    @property
    def label(self) -> str:
        """The class of the surer view."""
        return max(self.views, key=lambda view: view.score).label

    @property
    def x(self) -> Span:
        """Its place along i."""
        return shared_edges(self.views)


@dataclass(frozen=True)
class FusedFemur:
    """One femur in 3D: mm spans along i, j, k and what a reviewer should know."""

    label: str
    score: float
    i: Span
    j: Span
    k: Span
    notes: tuple[str, ...] = ()

    def to_box(self, geometry: Geometry) -> Box:
        """The box on ``geometry``, the volume in LPS order that the spans belong to."""
        low = [span.low / step for span, step in zip((self.i, self.j, self.k), geometry.spacing, strict=True)]
        high = [span.high / step for span, step in zip((self.i, self.j, self.k), geometry.spacing, strict=True)]
        return Box.from_index(self.label, self.score, (low[0], low[1], low[2]), (high[0], high[1], high[2]), geometry)


@dataclass(frozen=True)
class BoneExtent:
    """Where there is bone at all, for an axis that no view shows: spans in mm, None where there is no bone.

    Attributes:
        along_k: of the columns x.
        along_j: of the columns x in the slices k.
    """

    along_k: Callable[[Span], Span | None]
    along_j: Callable[[Span, Span], Span | None]


NO_BONE = BoneExtent(lambda x: None, lambda x, k: None)
"""Knows of no bone: a missing axis then spans the field of view."""


def fuse(
    coronal: list[ViewBox],
    axial: list[ViewBox],
    field: Field,
    midline: float | None = None,
    bone: BoneExtent = NO_BONE,
) -> list[FusedFemur]:
    """The femora, left before right.

    Args:
        coronal, axial: one box per bone, as ``clean_view`` gives them.
        field: what the volume covers.
        midline: the body's midline along i in mm; None when the image does not show the whole body.
        bone: answers for axes that no view shows.
    """
    pairs = drop_same_side(keep_femora(match_views(coronal, axial)), midline)
    femora = []
    for pair, side in zip(pairs, assign_sides(pairs, midline), strict=True):
        others = [other for other in pairs if other is not pair]
        x = snapped(pair.x, field.i, _reach(pair.views))
        k = fill_along(pair.coronal, [other.coronal for other in others], bone.along_k(x), field.k)
        j = fill_along(pair.axial, [other.axial for other in others], bone.along_j(x, k), field.j)
        by_look = not others and _side_of_midline(pair.x, midline) is None
        femora.append(FusedFemur(side, pair.score, x, j, k, notes(pair, side, by_look)))
    return sorted(femora, key=lambda femur: femur.label)


def match_views(coronal: list[ViewBox], axial: list[ViewBox]) -> list[Pair]:
    """Boxes of both views that share most of i, the best match first; what is left over stands alone."""
    free_coronal, free_axial = list(coronal), list(axial)
    options = [(c.x.overlap(a.x) * _agreement((c.x, a.x)), c, a) for c in coronal for a in axial]
    pairs = []
    for _, c, a in sorted(options, key=lambda option: -option[0]):
        if c.x.overlap(a.x) >= SAME_COLUMN and c in free_coronal and a in free_axial:
            free_coronal.remove(c)
            free_axial.remove(a)
            pairs.append(Pair(c, a))
    return pairs + [Pair(c, None) for c in free_coronal] + [Pair(None, a) for a in free_axial]


def keep_femora(pairs: list[Pair]) -> list[Pair]:
    """At most two: the best supported, then the best of the rest, where the other class counts double."""
    sure = [pair for pair in pairs if _is_sure(pair)]
    if len(sure) < 2:
        return sure
    first = max(sure, key=lambda pair: pair.score)
    rest = [pair for pair in sure if pair is not first]
    second = max(rest, key=lambda pair: pair.score * (SAME_CLASS_PENALTY if pair.label == first.label else 1))
    return [first, second]


def _is_sure(pair: Pair) -> bool:
    if len(pair.views) == 2:
        return pair.score >= BOTH_VIEWS_SCORE
    return pair.views[0].score >= ONE_VIEW_SCORE


def drop_same_side(pairs: list[Pair], midline: float | None) -> list[Pair]:
    """Of two of one class on one side of the body only the surer: the other is a hand or an arm beside the hip."""
    if midline is None or len(pairs) < 2 or pairs[0].label != pairs[1].label:
        return pairs
    sides = {_side_of_midline(pair.x, midline) for pair in pairs}
    if len(sides) == 1 and None not in sides:
        return [max(pairs, key=lambda pair: pair.score)]
    return pairs


def assign_sides(pairs: list[Pair], midline: float | None) -> list[str]:
    """The side of each of at most two femora.

    Two: their order along i decides over the detector's classes. One: its class decides, unless its box lies wholly
    on the other side of the body.
    """
    if len(pairs) == 2:
        return [LEFT, RIGHT] if pairs[0].x.center > pairs[1].x.center else [RIGHT, LEFT]
    return [(_side_of_midline(pair.x, midline) or pair.label) for pair in pairs]


def shared_edges(views: tuple[ViewBox, ...]) -> Span:
    """The span along i from all views: averaged by score over pixel size where they agree, else their hull."""
    joined = hull(view.x for view in views)
    if joined is None:
        raise ValueError("a femur needs at least one view")
    if _agreement(tuple(view.x for view in views)) < AGREEING_EDGES:
        return joined
    weights = [view.score / view.pixel_mm for view in views]
    total = sum(weights)
    if total <= 0:
        return joined
    low = sum(weight * view.x.low for weight, view in zip(weights, views, strict=True)) / total
    return Span(low, sum(weight * view.x.high for weight, view in zip(weights, views, strict=True)) / total)


def fill_along(own: ViewBox | None, others: list[ViewBox | None], bone: Span | None, field: Span) -> Span:
    """The span along an axis that one view shows: from that view, else the other femur's, else the bone's, else all."""
    if own is not None:
        return snapped(own.along, field, own.pixel_mm)
    other = hull(view.along for view in others if view is not None)
    return (other or bone or field).clipped(field)


def snapped(span: Span, field: Span, pixel_mm: float = 0.0) -> Span:
    """``span`` inside ``field``, with edges near the field's moved onto them: what was cut off reaches to the cut."""
    reach = max(SNAP_MM, pixel_mm)
    low = field.low if span.low - field.low <= reach else span.low
    high = field.high if field.high - span.high <= reach else span.high
    return Span(low, high).clipped(field)


def notes(pair: Pair, side: str, by_look: bool = False) -> tuple[str, ...]:
    """What a reviewer should know about how a box came about; ``by_look``: nothing but the class tells its side."""
    found = []
    if pair.axial is None:
        found.append(NOTE_CORONAL_ONLY)
    if pair.coronal is None:
        found.append(NOTE_AXIAL_ONLY)
    if pair.label != side:
        found.append(NOTE_SIDE_BY_POSITION)
    if by_look:
        found.append(NOTE_SIDE_BY_LOOK)
    return tuple(found)


def _reach(views: tuple[ViewBox, ...]) -> float:
    return max(view.pixel_mm for view in views)


def _agreement(spans: tuple[Span, ...]) -> float:
    """Shared over joined length, 0..1."""
    joined = max(span.high for span in spans) - min(span.low for span in spans)
    shared = min(span.high for span in spans) - max(span.low for span in spans)
    return max(0.0, shared) / joined if joined > 0 else 0.0


def _side_of_midline(x: Span, midline: float | None) -> str | None:
    """The side that a femur lies on; None when its box is not clear of the midline or nobody knows the midline."""
    if midline is None:
        return None
    if x.low >= midline + CLEAR_OF_MIDLINE_MM:
        return LEFT
    return RIGHT if x.high <= midline - CLEAR_OF_MIDLINE_MM else None
