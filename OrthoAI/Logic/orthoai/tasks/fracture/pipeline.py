"""Segment Spine Fractures from volume to result: slice, segment both planes, fuse, vote (Saeed et al. 2024).

The voxels of a body vote on it as a whole, which is ours: the paper scores slices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from orthoai.box import Box
from orthoai.finding import Finding
from orthoai.progress import Progress
from orthoai.result import Extra, Result
from orthoai.spine.checks import require_spine_ct, with_thick_slices_told
from orthoai.spine.doubts import doubts
from orthoai.spine.genant import Grading
from orthoai.spine.given_boxes import WorkingBox, checked_boxes
from orthoai.spine.in_line import in_line
from orthoai.spine.measured import measured
from orthoai.spine.numbered import number_edges
from orthoai.spine.region import NO_BONE, bone_region
from orthoai.spine.separate import SeparateBody
from orthoai.spine.stack import FRACTURE_PIXEL_MM, FRACTURE_SLICE_MM, Region, Stack, working_stack
from orthoai.spine.worst_first import WorstFirst
from orthoai.stopwatch import Stopwatch
from orthoai.tasks import RunOptions
from orthoai.tasks.fracture.engines import AXIAL, SAGITTAL, Engines, LoadEngines, load_engines
from orthoai.tasks.fracture.evidence import Evidence
from orthoai.tasks.fracture.findings import CalledBody, finding, label_of, message
from orthoai.tasks.fracture.fuse import Fused, PlaneAnswer, fuse, worth_a_look
from orthoai.tasks.fracture.given import keep_inside, pointed_at
from orthoai.tasks.fracture.mark import attention, marked_bodies
from orthoai.tasks.fracture.planes import look
from orthoai.tasks.fracture.task import FRACTURE, TASK
from orthoai.tasks.fracture.vote import Bodies, VotedBody, voted
from orthoai.volume import Volume

ATTENTION = "attention"
"""Name of the further picture: the weighed probability, 0..255."""

STAGES = {SAGITTAL: "Sagittal", AXIAL: "Axial"}


@dataclass(frozen=True, eq=False)
class Spine:
    """What was found in a CT.

    Attributes:
        stack: sagittal; fused and bodies lie on it.
        is_shown: whether there may be a vertebra: False where the network tells all bodies, and none lies on a line.
        doubts: sentences on the spine as a whole.
        called: the bodies that get a finding, from the lowest upward.
    """

    stack: Stack
    fused: Fused
    bodies: Bodies
    is_shown: bool
    doubts: tuple[str, ...]
    called: tuple[CalledBody, ...]


def run(
    volume: Volume, options: RunOptions, progress: Progress | None = None, load: LoadEngines = load_engines
) -> Result:
    """The bodies of fractured vertebrae in a CT.

    Args:
        volume: HU, any of the 48 axis orders, oblique or not.
        options: of the ``boxes`` given there each body whose center lies in one is marked, however unlikely, and no
            other; one that holds no center asks for the body that has most in it. ``confidence`` is the least
            probability of a fracture.
        progress: hears "Load", "Sagittal", "Axial", "Assemble", and may cancel at each and between tiles.
        load: gives the networks.

    Returns:
        Label 1 fracture on the volume's own grid; a box and a finding per body from the lowest upward, also for each
        that looks fractured and is not low, or has not the shape of a body; the extra "attention". When nothing is
        fractured, an empty segmentation and a message that says so.

    Raises:
        InputError: no CT of a spine, an unknown or damaged model, boxes that cannot be used.
        Canceled: asked for through ``progress``.
    """
    progress = progress or Progress()
    require_spine_ct(volume)
    progress.check()
    watch = Stopwatch()
    boxes = checked_boxes(options.boxes, volume.geometry)
    progress.report("Load", 0.0, "loading the networks")
    with watch.stage("Load"):
        engines = load(options)
    region = bone_region(volume)
    spine = None if region is None else _find(volume, region, boxes, engines, progress, watch)
    with watch.stage("Assemble"):
        if spine is None:
            numbers = looked = np.zeros(volume.geometry.shape, np.uint8)
        else:
            numbers = marked_bodies(
                [each.body.body for each in spine.called], spine.bodies, spine.stack, progress.check
            )
            numbers = keep_inside(numbers, boxes) if boxes else numbers
            looked = attention(spine.fused.fracture, spine.stack, progress.check)
        findings, found = _told(spine, numbers, volume)
        progress.report("Assemble", 1.0)
    told = NO_BONE
    if spine is not None:
        told = " ".join([message(findings, len(boxes), spine.is_shown), *spine.doubts])
    return Result(
        task=TASK.name,
        source=volume.source,
        geometry=volume.geometry,
        boxes=found,
        segmentation=np.zeros_like(numbers) if spine is None else _marks(spine)[numbers],
        labels=TASK.label_table,
        findings=findings,
        message=with_thick_slices_told(told, volume.geometry),
        provenance=engines.provenance(),
        timings_s=watch.seconds,
        extras=(Extra(ATTENTION, looked),),
    )


def _find(
    volume: Volume, region: Region, boxes: Sequence[Box], engines: Engines, progress: Progress, watch: Stopwatch
) -> Spine:
    with watch.stage(STAGES[SAGITTAL]):
        progress.report(STAGES[SAGITTAL], 0.0)
        stack = _stack(volume, SAGITTAL, region)
    answers = answered(volume, stack, region, engines, progress, watch)
    with watch.stage("Assemble"):
        progress.report("Assemble", 0.0)
        fused = fuse(answers, stack.grid)
        bodies = Bodies.of(fused, stack.grid, engines.threshold)
        given = [WorkingBox(box, volume.geometry, stack.grid) for box in boxes]
        # What a person points at is a body, wherever it lies; what it is compared with lies on the line of the spine.
        wanted = [body for box in given for body in pointed_at(box, bodies.parts.bodies)]
        asked = [body for body in bodies.parts.bodies if _is_of(body, wanted)]
        line = [body for body in in_line(bodies.parts.bodies, stack) if not _is_of(body, asked)]
        votes = [voted(body, fused) for body in [*asked, *line]]
        sure = partial(_sure, engines.evidence)
        called = []
        found = measured(votes, stack, WorstFirst(sure, engines.likely), asked=len(asked))
        is_spine = any(each.size is not None for each in found)
        for each in found:
            probability = sure(each.body, each.grading)
            if boxes:
                label = FRACTURE if _is_of(each.body.body, asked) else None
            else:
                label = label_of(each, probability, engines, is_spine)
            called += [] if label is None else [CalledBody(each, label, probability, probability >= engines.likely)]
    return Spine(stack, fused, bodies, bool(votes) or fused.bodies is None, doubts(found, stack), tuple(called))


def _is_of(body: SeparateBody, bodies: Sequence[SeparateBody]) -> bool:
    return any(body is each for each in bodies)


def _sure(evidence: Evidence, body: VotedBody, grading: Grading | None) -> float:
    """Probability that ``body`` is fractured."""
    return evidence(body.score, None if grading is None else grading.loss)


def answered(
    volume: Volume, sagittal: Stack, region: Region, engines: Engines, progress: Progress, watch: Stopwatch
) -> dict[str, PlaneAnswer]:
    """What each plane says; axial slices only where that can change something."""
    found: dict[str, PlaneAnswer] = {}
    for name, plane in engines.planes.items():
        with watch.stage(STAGES[name]):
            progress.report(STAGES[name], 0.0)
            stack = sagittal if name == SAGITTAL else _stack(volume, name, region)
            indices = list(range(stack.hu.shape[0]))
            if name == AXIAL and SAGITTAL in found:
                indices = worth_a_look(found[SAGITTAL], stack, plane.weight, engines.threshold)
            found[name] = PlaneAnswer(stack, look(stack, plane.network, indices, STAGES[name], progress), plane.weight)
    return found


def _told(
    spine: Spine | None, numbers: NDArray[np.uint8], volume: Volume
) -> tuple[tuple[Finding, ...], tuple[Box, ...]]:
    """Findings and boxes of the bodies in ``numbers`` (K, J, I)."""
    if spine is None:
        return (), ()
    geometry = volume.geometry
    edges = number_edges(numbers)
    counts = np.bincount(numbers.ravel(), minlength=256)
    findings: list[Finding] = []
    found: list[Box] = []
    for number, each in enumerate(spine.called, start=1):
        # A given box may leave nothing of a body, and a coarse scan have no voxel of it.
        if number not in edges:
            continue
        cm3 = float(counts[number]) * geometry.voxel_volume / 1000
        place = 1 + sum(one.label == each.label for one in findings)
        made = finding(each, place, cm3, geometry.slice_of(each.body.center))
        findings.append(made)
        low, high = edges[number]
        found.append(Box.from_index(made.label, made.probability, low, high, geometry))
    return tuple(findings), tuple(found)


def _marks(spine: Spine) -> NDArray[np.uint8]:
    """Label of each body's number: 1 for a fracture, else 0."""
    table = np.zeros(256, np.uint8)
    for number, each in enumerate(spine.called, start=1):
        table[number] = each.label == FRACTURE
    return table


def _stack(volume: Volume, plane: str, region: Region) -> Stack:
    return working_stack(volume, plane, FRACTURE_PIXEL_MM, FRACTURE_SLICE_MM, region)
