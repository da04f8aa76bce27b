"""Classify Vertebral Fractures from volume to result: slice, detect, join, measure (Yang et al. 2025)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orthoai.box import Box
from orthoai.finding import Finding, Place
from orthoai.models.choose import LOWEST_CONFIDENCE
from orthoai.progress import Progress
from orthoai.result import VERTEBRAE, Extra, Result
from orthoai.spine.checks import require_spine_ct, with_thick_slices_told
from orthoai.spine.doubts import doubts
from orthoai.spine.genant import NORMAL
from orthoai.spine.given_boxes import checked_boxes
from orthoai.spine.in_line import in_line
from orthoai.spine.mark import marked
from orthoai.spine.measured import Block, measured
from orthoai.spine.numbered import number_edges
from orthoai.spine.region import NO_BONE, bone_region
from orthoai.spine.stack import OVF_PIXEL_MM, OVF_SLICE_MM, Stack, working_stack
from orthoai.spine.worst_first import LIKELY, WorstFirst
from orthoai.stopwatch import Stopwatch
from orthoai.tasks import RunOptions
from orthoai.tasks.ovf.engines import Engines, LoadEngines, load_engines
from orthoai.tasks.ovf.findings import OvfBody, finding, fractured, label_of, message
from orthoai.tasks.ovf.given import GivenBox, pointed_at, require_one_each
from orthoai.tasks.ovf.join import JoinedBody, join
from orthoai.tasks.ovf.labels import FRACTURES
from orthoai.tasks.ovf.outline import redrawn
from orthoai.tasks.ovf.slices import Seen, look
from orthoai.tasks.ovf.task import TASK
from orthoai.volume import Volume

ATTENTION = "attention"
"""Name of the further picture of where the network looked, 0..255."""

FAINT = 0.5
"""Share of the confidence that outlines need to continue a body that is sure in other slices."""

SURFACE = 0.5
"""Share at which a body's surface runs."""

MOST_BODIES = 250
"""What fits into a label map of 8 bits; a person has 33."""


@dataclass(frozen=True, eq=False)
class Spine:
    """What was found in a CT.

    Attributes:
        bodies: all, from the lowest upward; labels: what each is called.
        told: those that get a finding.
    """

    stack: Stack
    seen: Seen
    bodies: tuple[OvfBody, ...]
    labels: tuple[str, ...]
    told: tuple[OvfBody, ...]

    def tells(self, body: OvfBody) -> bool:
        """Whether ``body``, one of ``bodies``, gets a finding."""
        return any(body is each for each in self.told)

    def parts(self) -> Iterator[tuple[Block, NDArray[np.float32]]]:
        """Where each of ``bodies`` lies, and its share of each voxel there: 0 where another body has more."""
        numbers, shares = self._surfaces()
        for number, body in enumerate(self.bodies, start=1):
            place, _ = body.body.surface
            yield place, np.where(numbers[place] == number, shares[place], np.float32(0))

    def marked(self, check: Callable[[], None]) -> NDArray[np.uint8]:
        """The bodies' numbers on the input's own grid (K, J, I); ``check`` may raise Canceled."""
        return marked(*self._surfaces(), SURFACE, self.stack, check)

    def _surfaces(self) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """(number of the body that has most of each working voxel, that share)."""
        numbers, shares = np.zeros(self.stack.hu.shape, np.uint8), np.zeros(self.stack.hu.shape, np.float32)
        for number, body in enumerate(self.bodies, start=1):
            place, own = body.body.surface
            more = own > shares[place]
            numbers[place][more] = number
            shares[place][more] = own[more]
        return numbers, shares


def run(
    volume: Volume, options: RunOptions, progress: Progress | None = None, load: LoadEngines = load_engines
) -> Result:
    """The result of :func:`examined`."""
    return examined(volume, options, progress, load)[0]


def examined(
    volume: Volume, options: RunOptions, progress: Progress | None = None, load: LoadEngines = load_engines
) -> tuple[Result, Spine | None]:
    """The fractured vertebrae of a CT.

    Args:
        volume: HU, any of the 48 axis orders, oblique or not.
        options: a vertebra in each of the ``boxes`` given there gets a finding, whatever it is, and no other does.
        progress: hears "Load", "Slice", "Detect", "Measure", and may cancel at each and between tiles.
        load: gives the network.

    Returns:
        Labels 1 crush, 2 wedge, 3 biconcave on the bodies of fractured vertebrae on the volume's own grid; a box and a
        finding for each of them, and for each of which network and heights say the opposite; the extras "vertebrae"
        and "attention"; the heights of every vertebra. When there is no vertebra, an empty segmentation and a message
        that says so. Beside it what was found on the working grid; None where there is no bone.

    Raises:
        InputError: no CT of a spine, an unknown or damaged model, boxes that cannot be used or hold two vertebrae.
        Canceled: asked for through ``progress``.
    """
    progress = progress or Progress()
    require_spine_ct(volume)
    progress.check()
    watch = Stopwatch()
    boxes = checked_boxes(options.boxes, volume.geometry)
    progress.report("Load", 0.0, "loading the network")
    with watch.stage("Load"):
        engines = load(options)
    spine = _find(volume, boxes, engines, progress, watch)
    with watch.stage("Measure"):
        numbers, findings, found = _written(spine, engines, volume, progress.check)
    told = NO_BONE
    if spine is not None:
        sound = _sound(spine, boxes)
        unmeasured = [body.name for body in sound if body.grading is None]
        low = [body.name for body in sound if body.grading is not None and body.grading.grade]
        told = message(len(spine.bodies), findings, len(boxes), unmeasured, low)
        told = " ".join([told, *doubts(spine.bodies, spine.stack)])
    shape = volume.geometry.shape
    segmentation = np.zeros(shape, np.uint8) if spine is None else _classes(spine)[numbers]
    extras = () if spine is None else _extras(spine, numbers)
    progress.report("Measure", 1.0)
    result = Result(
        task=TASK.name,
        source=volume.source,
        geometry=volume.geometry,
        boxes=found,
        segmentation=segmentation,
        labels=TASK.label_table,
        findings=findings,
        message=with_thick_slices_told(told, volume.geometry),
        provenance=engines.provenance(),
        timings_s=watch.seconds,
        extras=extras,
        structures={} if spine is None else {body.name: body.measurements for body in spine.bodies},
    )
    return result, spine


def _find(volume: Volume, boxes: Sequence[Box], engines: Engines, progress: Progress, watch: Stopwatch) -> Spine | None:
    """All bodies; None where there is no bone."""
    with watch.stage("Slice"):
        progress.report("Slice", 0.0)
        region = bone_region(volume)
        if region is None:
            return None
        stack = working_stack(volume, "sagittal", OVF_PIXEL_MM, OVF_SLICE_MM, region)
        progress.report("Slice", 1.0)
    with watch.stage("Detect"):
        # What a person points at is there, however faint.
        least = LOWEST_CONFIDENCE if boxes else FAINT * engines.confidence
        seen = look(stack, engines.detector, least, progress)
    with watch.stage("Measure"):
        progress.report("Measure", 0.0)
        visible = [body for body in seen.bodies if body.score >= FAINT * engines.confidence]
        joined = [body for body in join(visible) if body.is_sure(engines.confidence)]
        given = [GivenBox(box, volume.geometry, stack.grid) for box in boxes]
        require_one_each(given, in_line(joined, stack))
        asked, joined = pointed_at(given, seen.bodies, joined)
        # What nobody pointed at is a body only where it lies on the line of the spine.
        line = in_line([*asked, *joined], stack)
        joined = [body for body in joined if any(body is each for each in line)]
        if engines.outlines is not None:
            asked, joined = (redrawn(each, stack, engines.outlines, progress) for each in (asked, joined))
        broken = WorstFirst[JoinedBody](lambda body, grading: fractured(body, grading, engines.weighed), LIKELY)
        bodies = measured([*asked, *joined][:MOST_BODIES], stack, broken, asked=len(asked))
    labels = [label_of(body, engines.weighed) for body in bodies]
    told = [
        body
        for body, label in zip(bodies, labels, strict=True)
        if (any(body.body is each for each in asked) if boxes else label != NORMAL)
    ]
    return Spine(stack, seen, tuple(bodies), tuple(labels), tuple(told))


def _written(
    spine: Spine | None, engines: Engines, volume: Volume, check: Callable[[], None]
) -> tuple[NDArray[np.uint8], tuple[Finding, ...], tuple[Box, ...]]:
    """The bodies' numbers (K, J, I) on the input's grid, and findings and boxes of those that are told."""
    if spine is None:
        return np.zeros((0, 0, 0), np.uint8), (), ()
    numbers = spine.marked(check)
    boxes = number_edges(numbers)
    findings, found = [], []
    for number, (body, label) in enumerate(zip(spine.bodies, spine.labels, strict=True), start=1):
        # A body between two slices of a coarse scan may have no voxel of its own.
        if not spine.tells(body) or number not in boxes:
            continue
        made = finding(body, label, engines, _place(body, spine.stack, volume))
        findings.append(made)
        low, high = boxes[number]
        found.append(Box.from_index(made.label, made.probability, low, high, volume.geometry))
    return numbers, tuple(findings), tuple(found)


def _sound(spine: Spine, boxes: Sequence[Box]) -> list[OvfBody]:
    """The bodies that were judged and are called normal."""
    pairs = zip(spine.bodies, spine.labels, strict=True)
    return [body for body, label in pairs if label == NORMAL and (not boxes or spine.tells(body))]


def _place(body: OvfBody, stack: Stack, volume: Volume) -> Place:
    """The body's center in its mid-sagittal slice."""
    column, row, _ = body.body.center
    lps = stack.grid.index_to_lps((column, row, body.body.best_slice))
    return Place((float(lps[0]), float(lps[1]), float(lps[2])), volume.geometry.slice_of(lps))


def _classes(spine: Spine) -> NDArray[np.uint8]:
    """Label of each body's number; 0 for what is told as no fracture, or is not told."""
    table = np.zeros(256, np.uint8)
    for number, (body, label) in enumerate(zip(spine.bodies, spine.labels, strict=True), start=1):
        if label in FRACTURES and spine.tells(body):
            table[number] = TASK.label(label).value
    return table


def _extras(spine: Spine, numbers: NDArray[np.uint8]) -> tuple[Extra, ...]:
    names = {number: body.name for number, body in enumerate(spine.bodies, start=1)}
    return Extra(VERTEBRAE, numbers, names), Extra(ATTENTION, spine.stack.back(spine.seen.attention))
