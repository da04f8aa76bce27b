"""Segment Spine Fractures from volume to result: slice, segment both planes, fuse, part (Saeed et al. 2024)."""

from __future__ import annotations

import numpy as np

from orthoai.progress import Progress
from orthoai.provenance import provenance
from orthoai.result import Extra, Result
from orthoai.spine.checks import require_spine_ct
from orthoai.spine.given_boxes import checked_boxes
from orthoai.spine.region import bone_region
from orthoai.spine.stack import FRACTURE_PIXEL_MM, FRACTURE_SLICE_MM, Region, Stack, working_stack
from orthoai.stopwatch import Stopwatch
from orthoai.tasks import RunOptions
from orthoai.tasks.fracture.engines import AXIAL, SAGITTAL, Engines, LoadEngines, load_engines
from orthoai.tasks.fracture.findings import box_of, finding, likely, message, only, parts_of
from orthoai.tasks.fracture.fuse import PlaneAnswer, mask_and_attention, worth_a_look
from orthoai.tasks.fracture.given import keep_inside
from orthoai.tasks.fracture.planes import probabilities
from orthoai.tasks.fracture.task import TASK
from orthoai.volume import Volume

ATTENTION = "attention"
"""Name of the further picture: the weighed probability, 0..255."""

STAGES = {SAGITTAL: "Sagittal", AXIAL: "Axial"}


def run(
    volume: Volume, options: RunOptions, progress: Progress | None = None, load: LoadEngines = load_engines
) -> Result:
    """The bodies of fractured vertebrae in a CT.

    Args:
        volume: HU, any of the 48 axis orders, oblique or not.
        options: only what lies in the ``boxes`` given there is marked, however unlikely; ``confidence`` is the
            threshold.
        progress: hears "Load", "Sagittal", "Axial", "Assemble", and may cancel at each and between tiles.
        load: gives the networks.

    Returns:
        Label 1 fracture on the volume's own grid, a box and a finding per connected part from the lowest upward, and
        the extra "attention". When nothing is fractured, an empty segmentation and a message that says so.

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
    answers = _answers(volume, engines, progress, watch)
    with watch.stage("Assemble"):
        progress.report("Assemble", 0.0)
        shape, geometry = volume.geometry.shape, volume.geometry
        if answers:
            mask, attention = mask_and_attention(answers, engines.threshold, progress.check)
            if boxes:
                mask = keep_inside(mask, boxes)
        else:
            mask, attention = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
        parts = parts_of(mask, answers, geometry)
        if not boxes:
            parts = likely(parts, engines.calibration)
        findings = tuple(
            finding(part, number, engines.calibration, geometry) for number, part in enumerate(parts, start=1)
        )
        segmentation = only(parts, shape)
        progress.report("Assemble", 1.0)
    return Result(
        task=TASK.name,
        source=volume.source,
        geometry=geometry,
        boxes=tuple(box_of(part, each.probability, geometry) for part, each in zip(parts, findings, strict=True)),
        segmentation=segmentation,
        labels=TASK.label_table,
        findings=findings,
        message=message(findings),
        provenance=provenance(engines.model_name, engines.model_sha256, engines.device, engines.precision),
        timings_s=watch.seconds,
        extras=(Extra(ATTENTION, attention),),
    )


def _answers(volume: Volume, engines: Engines, progress: Progress, watch: Stopwatch) -> dict[str, PlaneAnswer]:
    """What each plane says; nothing where there is no bone."""
    region = bone_region(volume)
    found: dict[str, PlaneAnswer] = {}
    if region is None:
        return found
    for name, plane in engines.planes.items():
        with watch.stage(STAGES[name]):
            progress.report(STAGES[name], 0.0)
            stack = _stack(volume, name, region)
            indices = list(range(stack.hu.shape[0]))
            if name == AXIAL and SAGITTAL in found:
                indices = worth_a_look(found[SAGITTAL], stack, plane.weight, engines.threshold)
            probability = probabilities(stack, plane.network, indices, STAGES[name], progress)
            found[name] = PlaneAnswer(stack, probability, plane.weight)
    return found


def _stack(volume: Volume, plane: str, region: Region) -> Stack:
    return working_stack(volume, plane, FRACTURE_PIXEL_MM, FRACTURE_SLICE_MM, region)
