"""Bodies in their place along the spine, with their heights and what these say against those of their neighbors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from orthoai.drawn_boxes import ROUNDING
from orthoai.finding import Measurement
from orthoai.spine.chain import along_spine, directions, gaps, unnamed
from orthoai.spine.genant import Grading, Heights, gradings
from orthoai.spine.heights import BodyHeights, measure_body
from orthoai.spine.in_line import Located, centers
from orthoai.spine.stack import OUTSIDE_HU, Stack
from orthoai.spine.written import LOSS, RATIO

EDGE = 2
"""Voxels in the slice between a body and the end of what was scanned, at most, for one that is cut."""

LEAST_UNSCANNED = 5
"""Voxels along the sides of the smallest square in a slice that counts as not scanned. Thin layers of gas, as in the
cleft of a fracture, are as dark."""

LEAST_SIDE = 0.8
"""Share of a body's largest outline that its outermost one has, at least, where the end of the scan cuts its side. An
ellipse with a smaller one has lost less than a fifth of its width, and its middle, where it is measured, is there."""

LEAST_ALONG = 0.7
"""Cosine of the largest angle, 45 degrees, between a body's own axis and the spine's at its place."""

LOOK_AGAIN = "look_again"
"""Flag: a person should look at this vertebra before anything is concluded."""

DISAGREE = "network_and_measurement_disagree"
"""Flag: one of network and heights says fracture and the other does not."""

CUT = "cut_by_field_of_view"
NOT_MEASURED = "heights_not_measured"
NO_NEIGHBOR = "no_unfractured_neighbor_to_compare"
GAP = "neighbor_missing"
NETWORK_ALONE = "the network alone says so, no height could be compared"
"""Why to look again at what is called fractured without one: parts of hips in a scan of the pelvis were, too."""

GENANT = "genant_"
"""What the flag of the measured type begins with, such as "genant_wedge"."""


Block = tuple[slice, slice, slice]
"""Slices, rows and columns of the stack."""

Surface = tuple[Block, NDArray]
"""Where a body lies, and what of each voxel there: a bool mask, or shares 0..1 whose surface runs at 0.5."""


class Body(Located, Protocol):
    """One vertebral body on the sagittal working grid, as a task found it."""

    @property
    def place(self) -> Block:
        """Where ``mask`` lies in the stack."""
        ...

    @property
    def surface(self) -> Surface:
        """What is measured."""
        ...


B = TypeVar("B", bound=Body)

WhichBroken = Callable[[Sequence[B], Sequence[Heights | None]], Sequence[bool]]
"""Tells which bodies, from the lowest upward, are fractured, and thus no measure for their neighbors; heights are None
where they cannot be measured."""


@dataclass(frozen=True, eq=False)
class MeasuredBody(Generic[B]):
    """One body in its place along the spine.

    Attributes:
        name: such as "vertebra_3", counted from the lowest.
        body: as the task found it.
        center: LPS mm.
        size: heights; None where they cannot be measured.
        is_cut: whether the field of view cuts it, so that its heights mean nothing.
        grading: against its neighbors; None where it or they have no heights.
        gap: whether a vertebra seems to be missing above or below.
    """

    name: str
    body: B
    center: tuple[float, float, float]
    size: BodyHeights | None
    is_cut: bool
    grading: Grading | None
    gap: bool

    @property
    def heights(self) -> Heights | None:
        """Those that can be compared; None for a body that is cut or cannot be measured."""
        return None if self.size is None or self.is_cut else self.size.heights

    @property
    def measurements(self) -> dict[str, Measurement]:
        """Heights and their ratios, loss and grade; nothing for a body that is cut."""
        size, heights, grading = self.size, self.heights, self.grading
        if size is None or heights is None:
            return {}
        found = {
            "anterior_height": Measurement(heights.anterior, "mm"),
            "middle_height": Measurement(heights.middle, "mm"),
            "posterior_height": Measurement(heights.posterior, "mm"),
            "anterior_ratio": Measurement(size.anterior_ratio, "1"),
            "middle_ratio": Measurement(size.middle_ratio, "1"),
        }
        if grading is not None:
            expected = grading.expected
            found |= {
                RATIO: Measurement(heights.posterior / expected.posterior, "1"),
                LOSS: Measurement(grading.loss, "1"),
                "genant_grade": Measurement(float(grading.grade), "1"),
            }
        return found

    @property
    def flags(self) -> list[str]:
        """The measured type, and why heights or a comparison are missing."""
        flags = []
        if self.grading is not None and self.grading.grade:
            flags.append(f"{GENANT}{self.grading.label}")
        if self.is_cut:
            flags.append(CUT)
        elif self.size is None:
            flags.append(NOT_MEASURED)
        elif self.grading is None:
            flags.append(NO_NEIGHBOR)
        if self.gap:
            flags.append(GAP)
        return flags


def measured(bodies: Sequence[B], stack: Stack, broken: WhichBroken[B], asked: int = 0) -> list[MeasuredBody[B]]:
    """``bodies`` from the lowest upward, each once, with heights and grades.

    Args:
        stack: sagittal.
        broken: asked once, about those that stay.
        asked: so many of the first bodies stay where another lies in the same place; else the larger one stays.
    """
    all_places = centers(bodies, stack)
    sizes = [np.inf if n < asked else float(np.count_nonzero(body.mask)) for n, body in enumerate(bodies)]
    order = along_spine(all_places, sizes)
    ordered, places = [bodies[n] for n in order], all_places[order]
    cut = [is_cut(body, stack) for body in ordered]
    measures = [_size(body, stack, up) for body, up in zip(ordered, directions(places), strict=True)]
    usable = [None if size is None or gone else size.heights for size, gone in zip(measures, cut, strict=True)]
    graded = gradings(usable, broken(ordered, usable))
    above = gaps(places)
    return [
        MeasuredBody(
            name,
            body,
            (float(place[0]), float(place[1]), float(place[2])),
            measures[n],
            cut[n],
            graded[n],
            above[n] or (n > 0 and above[n - 1]),
        )
        for n, (name, body, place) in enumerate(zip(unnamed(len(ordered)), ordered, places, strict=True))
    ]


def look_again_at(structures: Sequence[str], why: str = "") -> str:
    """A sentence on ``structures`` to follow others in a result's message; nothing for none."""
    if not structures:
        return ""
    return f" Look again at {', '.join(structures)}{f': {why}' if why else ''}."


def is_cut(body: Body, stack: Stack) -> bool:
    """Whether ``body`` reaches what was not scanned, within its slices or at its sides.

    One that only a sliver is missing of at a side, see LEAST_SIDE, is not cut.
    """
    s, r, c = body.place
    rows, cols = stack.hu.shape[1:]
    if r.start < EDGE or c.start < EDGE or r.stop > rows - EDGE or c.stop > cols - EDGE:
        return True
    near = np.pad(body.mask, ((0, 0), (EDGE, EDGE), (EDGE, EDGE)))
    for axis in (1, 2):
        near = near | np.roll(near, EDGE, axis) | np.roll(near, -EDGE, axis)
    around = (s, slice(r.start - EDGE, r.stop + EDGE), slice(c.start - EDGE, c.stop + EDGE))
    return bool(_unscanned(stack, around)[near].any()) or _loses_a_side(body, stack)


def _unscanned(stack: Stack, place: Block) -> NDArray[np.bool_]:
    """Which voxels at ``place`` were not scanned: those of a square of LEAST_UNSCANNED of them, in or across it."""
    s, r, c = place
    wide = slice(max(0, r.start - LEAST_UNSCANNED), r.stop + LEAST_UNSCANNED)
    deep = slice(max(0, c.start - LEAST_UNSCANNED), c.stop + LEAST_UNSCANNED)
    dark = np.pad(stack.hu[s, wide, deep] <= OUTSIDE_HU, LEAST_UNSCANNED, constant_values=True)
    square = np.ones((1, LEAST_UNSCANNED, LEAST_UNSCANNED), bool)
    solid = ndimage.binary_opening(dark, square)
    top, left = LEAST_UNSCANNED + r.start - wide.start, LEAST_UNSCANNED + c.start - deep.start
    rows, columns = slice(top, top + r.stop - r.start), slice(left, left + c.stop - c.start)
    return solid[LEAST_UNSCANNED:-LEAST_UNSCANNED, rows, columns]


def _loses_a_side(body: Body, stack: Stack) -> bool:
    """Whether most of an outermost outline has, one slice further out, what was not scanned."""
    s, r, c = body.place
    areas = np.count_nonzero(body.mask, axis=(1, 2))
    for end, beyond, outer_edge in ((0, s.start - 1, s.start - 1.5), (-1, s.stop, s.stop + 0.5)):
        if areas[end] < LEAST_SIDE * areas.max():
            continue
        rows, cols = np.nonzero(body.mask[end]) + np.array([[r.start], [c.start]])
        lps = stack.grid.index_to_lps(np.stack([cols, rows, np.full(len(rows), outer_edge)], axis=1))
        places = stack.source.lps_to_index(lps)
        # A slice that the scan holds a part of is no whole one.
        gone = ((places < -0.5 - ROUNDING) | (places > np.array(stack.source.size) - 0.5 + ROUNDING)).any(axis=1)
        if 0 <= beyond < len(stack.hu):
            gone |= stack.hu[beyond, rows, cols] <= OUTSIDE_HU
        if np.mean(gone) > 0.5:
            return True
    return False


def _size(body: Body, stack: Stack, up: NDArray[np.float64]) -> BodyHeights | None:
    place, mask = body.surface
    found = measure_body(mask, stack.grid.block(place), up)
    # Endplates that run along the spine are none: the outline misses most of the body.
    return None if found is None or float(np.dot(found.up, up)) < LEAST_ALONG else found
