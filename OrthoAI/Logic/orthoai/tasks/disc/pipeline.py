"""Analyze lumbar discs from volume to result: look, segment, choose the slice, find, name, grade and measure discs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from orthoai.box import Box
from orthoai.detect.detector import Detection
from orthoai.finding import Finding, Place
from orthoai.progress import Progress
from orthoai.result import Extra, Result
from orthoai.stopwatch import Stopwatch
from orthoai.tasks import RunOptions
from orthoai.tasks.disc.contrast import fluid_ratio, require_mr_values, require_t2
from orthoai.tasks.disc.crop import crop_on_slice, disc_crop
from orthoai.tasks.disc.engines import Engines, LoadEngines, load_engines
from orthoai.tasks.disc.findings import finding, message
from orthoai.tasks.disc.given import Given, given_boxes
from orthoai.tasks.disc.instances import LEAST_BELOW_MM2, Instances, along_chain, number_instances
from orthoai.tasks.disc.inverted import require_not_inverted
from orthoai.tasks.disc.labels import CANAL, VERTEBRA
from orthoai.tasks.disc.levels import Levels, chain, name_levels, number_of
from orthoai.tasks.disc.locate import Located, locate
from orthoai.tasks.disc.marked import FROM_MASKS, marked_discs
from orthoai.tasks.disc.measure import is_marked, measure_disc
from orthoai.tasks.disc.midslice import midslice
from orthoai.tasks.disc.picture import PixelMm
from orthoai.tasks.disc.plane import SagittalStack, sagittal
from orthoai.tasks.disc.scale import estimated_pixel_mm, require_lumbar_size
from orthoai.tasks.disc.search import STAGE, Look, find, first_look, upright
from orthoai.tasks.disc.task import TASK
from orthoai.volume import Volume

INSTANCES, ATTENTION = "instances", "attention"
"""Names of the further pictures: numbered vertebrae and discs, and where the classifier looked (Grad-CAM, 0..255)."""

BELOW_STEPS = (-0.9, -0.3)
"""Where, in discs above the lowest one, a vertebra below it would lie."""

BELOW_MM = 15.0
"""How near to the line of the discs."""


@dataclass(frozen=True)
class Spine:
    """What is known of a stack before the discs are graded.

    Attributes:
        stack: upright.
        pixel_mm: (row, column), estimated for a picture.
        labels: (S, H, W).
        index: the mid-sagittal slice.
        lumbar: the region in it; None where discs were given without one.
        levels: the named discs in it.
        instances: numbered by them.
        flags: of the whole image.
    """

    stack: SagittalStack
    pixel_mm: PixelMm
    labels: NDArray[np.uint8]
    index: int
    lumbar: Detection | None
    levels: Levels
    instances: Instances
    flags: tuple[str, ...] = ()


def run(
    volume: Volume, options: RunOptions, progress: Progress | None = None, load: LoadEngines = load_engines
) -> Result:
    """The discs of a sagittal T2 series or picture.

    Args:
        volume: MR in any of the 48 axis orders, or a 2D picture.
        options: ``boxes`` given there stand in for the detectors, and their slice for the mid-sagittal one.
        progress: hears "Detect", "Segment", "Grade", and may cancel at each.
        load: gives the networks.

    Returns:
        Labels 1 vertebra, 2 disc, 3 canal on the volume's own grid, a box and a finding per disc from the lowest
        upward, and the extras "instances" and "attention". When there is no lumbar spine, an empty segmentation and a
        message that says so.

    Raises:
        InputError: no sagittal T2 MR of a lumbar spine, an unknown or damaged model, boxes that cannot be used.
        Canceled: asked for through ``progress``.
    """
    progress = progress or Progress()
    progress.check()
    watch = Stopwatch()
    stack = sagittal(volume)
    require_mr_values(volume)
    given = given_boxes(options.boxes, volume.geometry, stack.grid)
    with watch.stage("Load"):
        engines = load(options)
    spine = _read(stack, given, engines, progress, watch)
    made = engines.provenance()
    if spine is None:
        empty = np.zeros(volume.geometry.shape, np.uint8)
        return Result(
            TASK.name, volume.source, volume.geometry, (), empty, TASK.label_table, (), message(()), made, watch.seconds
        )
    with watch.stage("Grade"):
        progress.report("Grade", 0.0)
        findings, attention = _graded(spine, engines)
        progress.report("Grade", 1.0)
    upright = spine.stack
    return Result(
        task=TASK.name,
        source=volume.source,
        geometry=volume.geometry,
        boxes=_boxes(spine),
        segmentation=upright.restored(spine.labels),
        labels=TASK.label_table,
        findings=findings,
        message=message(findings, spine.flags),
        provenance=made,
        timings_s=watch.seconds,
        extras=(
            Extra(INSTANCES, upright.restored(spine.instances.numbers), spine.instances.names),
            Extra(ATTENTION, upright.restored(attention)),
        ),
    )


def _read(
    stack: SagittalStack, given: Given | None, engines: Engines, progress: Progress, watch: Stopwatch
) -> Spine | None:
    """Masks of all slices and the named discs of the mid-sagittal one; None where there is no lumbar spine."""
    with watch.stage(STAGE):
        look = first_look(stack, engines, progress) if given is None else _given_look(stack, given, engines)
        look, given = _turned_upright(look, given, engines, progress)
    if not look.located.discs and not stack.has_scale:
        return None
    pixel_mm = _pixel_mm(look, given)
    with watch.stage("Segment"):
        labels = engines.segmenter.labels(look.stack.pictures, pixel_mm, progress)
        index = _slice_index(labels, look, given)
    with watch.stage(STAGE):
        located = look.located
        if index != look.index or (located.lumbar is None and given is None):
            located = find(look.stack, index, engines)
        marked = () if located.discs else marked_discs(labels[index], pixel_mm)
        if marked:
            located = replace(located, discs=marked)
            look = replace(look, flags=(*look.flags, FROM_MASKS))
        # What was found in another slice lies only near the discs of this one.
        located = located if located.discs else look.located
        progress.report(STAGE, 1.0, f"found {len(located.discs)}")
    if not located.discs:
        return None
    require_t2(fluid_ratio(look.stack.voxels[index], labels[index]))
    require_not_inverted(look.stack.pictures, index, pixel_mm, engines.segmenter)
    levels = _levels(located, given, labels[index], pixel_mm)
    if not levels.discs:
        return None
    if stack.has_scale:
        require_lumbar_size(levels.discs, pixel_mm)
    instances = number_instances(labels, levels, pixel_mm)
    # In noise or another kind of image the detectors may take something for discs that the segmenter does not see.
    if given is None and not any(is_marked(instances.disc(level, index), pixel_mm) for level in levels.numbers):
        return None
    return Spine(look.stack, pixel_mm, labels, index, located.lumbar, levels, instances, (*levels.flags, *look.flags))


def _given_look(stack: SagittalStack, given: Given, engines: Engines) -> Look:
    located = Located(given.lumbar, given.discs)
    if not given.discs:
        picture, pixel_mm = stack.picture(given.slice_index), stack.pixel_mm
        located = locate(picture, pixel_mm, engines.lumbar, engines.discs, engines.confidence, given.lumbar)
    return Look(stack, given.slice_index, located)


def _turned_upright(look: Look, given: Given | None, engines: Engines, progress: Progress) -> tuple[Look, Given | None]:
    """What is seen, and the given boxes, on a stack that stands upright."""
    stack, flags = upright(look, _pixel_mm(look, given), engines.segmenter, progress)
    if not flags:
        return look, given
    moved = None if given is None else given_boxes(given.boxes, look.stack.grid, stack.grid)
    if moved is None:
        return Look(stack, look.index, find(stack, look.index, engines), flags), None
    return replace(_given_look(stack, moved, engines), flags=flags), moved


def _pixel_mm(look: Look, given: Given | None) -> PixelMm:
    """Of the stack; of a picture, which has none, by the discs that were found or given."""
    if look.stack.has_scale:
        return look.stack.pixel_mm
    if given is not None and given.levels is not None:
        return estimated_pixel_mm(given.levels.discs, given.levels.numbers)
    return estimated_pixel_mm(chain(look.located.discs, (1.0, 1.0)))


def _slice_index(labels: NDArray[np.uint8], look: Look, given: Given | None) -> int:
    if given is not None:
        return given.slice_index
    index = midslice(labels)
    return look.index if index is None else index


def _levels(located: Located, given: Given | None, labels: NDArray[np.uint8], pixel_mm: PixelMm) -> Levels:
    """The named discs: as the person named them, with the doubts about the same names where they were found."""
    height = labels.shape[0]
    levels = name_levels(located.discs, pixel_mm, height)
    if levels.discs and _has_vertebra_below(levels, labels, pixel_mm):
        levels = name_levels(located.discs, pixel_mm, height, vertebra_below=True)
    named = None if given is None else given.levels
    return levels if named is None or named.discs == levels.discs else named


def _has_vertebra_below(levels: Levels, labels: NDArray[np.uint8], pixel_mm: PixelMm) -> bool:
    """Whether the segmenter, which leaves the sacrum out, marks a body below the lowest disc."""
    steps, aside = along_chain(levels, labels.shape, pixel_mm)
    steps = steps - levels.numbers[0]
    where = (steps > BELOW_STEPS[0]) & (steps < BELOW_STEPS[1]) & (aside < BELOW_MM)
    return bool(np.count_nonzero(where & (labels == VERTEBRA)) * pixel_mm[0] * pixel_mm[1] > LEAST_BELOW_MM2)


def _graded(spine: Spine, engines: Engines) -> tuple[tuple[Finding, ...], NDArray[np.uint8]]:
    """A finding per disc, and the heat maps of all on the stack's grid (S, H, W)."""
    stack, index, pixel_mm, instances = spine.stack, spine.index, spine.pixel_mm, spine.instances
    picture, pixels = stack.picture(index), stack.voxels[index]
    centers = [((disc.y0 + disc.y1) / 2 - 0.5, (disc.x0 + disc.x1) / 2 - 0.5) for disc in spine.levels.discs]
    crops = [
        disc_crop(disc.label, picture, pixel_mm, center)
        for disc, center in zip(spine.levels.discs, centers, strict=True)
    ]
    attention = np.zeros(spine.labels.shape, np.uint8)
    findings = []
    for disc, center, crop, grades in zip(
        spine.levels.discs, centers, crops, engines.classifier.grade(crops), strict=True
    ):
        level = number_of(disc.label)
        measures = measure_disc(
            instances.disc(level, index),
            instances.vertebra(level, index),
            instances.vertebra(level - 1, index),
            spine.labels[index] == CANAL,
            pixels,
            pixel_mm,
        )
        place = _place(stack, center, index)
        findings.append(finding(disc.label, grades, measures, place, stack.has_scale, spine.flags, engines.suspect))
        heat = crop_on_slice(engines.classifier.heat_map(crop), picture.shape, pixel_mm, center)
        np.maximum(attention[index], np.rint(255 * heat).astype(np.uint8), out=attention[index])
    return tuple(findings), attention


def _place(stack: SagittalStack, center: tuple[float, float], index: int) -> Place:
    lps = stack.grid.index_to_lps((center[1], center[0], index))
    return Place((float(lps[0]), float(lps[1]), float(lps[2])), stack.volume.geometry.slice_of(lps))


def _boxes(spine: Spine) -> tuple[Box, ...]:
    """The region, then the discs from the lowest upward, one slice thick, on the input's own grid."""
    found: Sequence[Detection] = spine.levels.discs if spine.lumbar is None else (spine.lumbar, *spine.levels.discs)
    grid, own = spine.stack.grid, spine.stack.volume.geometry
    return tuple(
        Box.from_index(
            box.label,
            box.score,
            (box.x0 - 0.5, box.y0 - 0.5, spine.index - 0.5),
            (box.x1 - 0.5, box.y1 - 0.5, spine.index + 0.5),
            grid,
        ).on(grid, own)
        for box in found
    )
