"""Segment Femur from volume to result: project, detect, crop, segment, assemble (Xie et al. 2025, Figs. 1 and 2)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from orthoai.box import Box
from orthoai.drr.parallel import parallel_drrs
from orthoai.finding import Finding
from orthoai.io.checks import require_ct
from orthoai.progress import Progress
from orthoai.result import Result
from orthoai.stopwatch import Stopwatch
from orthoai.tasks import RunOptions
from orthoai.tasks.femur import TASK
from orthoai.tasks.femur.assemble import Part, assemble, paste
from orthoai.tasks.femur.body import midline
from orthoai.tasks.femur.crop import crop
from orthoai.tasks.femur.engines import Engines, LoadEngines, load_engines
from orthoai.tasks.femur.findings import ENDS_AT_BOX, MAY_BE_TIBIA, METAL, MUCH_SHORTER, TRUNCATED, compared, finding
from orthoai.tasks.femur.flexed import foreground
from orthoai.tasks.femur.fuse import LEFT, RIGHT
from orthoai.tasks.femur.given import given_boxes
from orthoai.tasks.femur.locate import locate
from orthoai.volume import Volume, reorient_array

ORDER = "LPS"
"""Axis order in which the stages work. Only views are made of the input; it is never copied or resampled as a whole."""

NOTHING = "No femur found."
"""What the result says when neither stage finds one."""

SIDES = {LEFT: "left", RIGHT: "right"}
"""Labels as the result's sentences name them."""

LOOK_AT = {
    (TRUNCATED,): "The scan cuts off the {}: volume and length are of the part that it shows.",
    (ENDS_AT_BOX, MUCH_SHORTER): "Look whether all of the {} is marked.",
    (METAL,): "Metal near the {}: check the mask there.",
}
"""What the result says of the sides that have one of the flags."""

SHORT_MM = 50.0
"""Below this length of the scan from head to feet femora are often missed or marked in part: Dice is 0.56 to 0.98 with
21 mm of a simulated hip or knee, and 0.93 to 0.99 with 42 mm."""

Notes = dict[str, tuple[str, ...]]


def run(
    volume: Volume,
    options: RunOptions,
    progress: Progress | None = None,
    load: LoadEngines = load_engines,
) -> Result:
    """Both femora of a CT.

    Args:
        volume: HU, any of the 48 axis orders, oblique or not.
        options: ``boxes`` given there skip stage 1.
        progress: hears "Load", "DRR", "Detect", "Segment left", "Segment right", "Assemble", and may cancel at each.
        load: gives the networks.

    Returns:
        Labels 1 femur_left and 2 femur_right, boxes and findings on the volume's own grid. When there is no femur, an
        empty segmentation and the message "No femur found."

    Raises:
        InputError: no CT, an unknown or damaged model, boxes that cannot be used.
        Canceled: asked for through ``progress``.
    """
    progress = progress or Progress()
    require_ct(volume)
    progress.check()
    watch = Stopwatch()
    lps = volume.reoriented(ORDER)
    given = given_boxes(options.boxes, volume.geometry, lps.geometry)
    # The first time this takes seconds, and nothing else would tell what they are for.
    progress.report("Load", 0.0, "loading the networks")
    with watch.stage("Load"):
        engines = load(options)
    boxes, notes = (given, {}) if given else _find(lps, engines, progress, watch)
    parts = _segment(lps, boxes, engines, progress, watch)

    with watch.stage("Assemble"):
        progress.report("Assemble", 0.0)
        parts = assemble(parts)
        segmentation = np.zeros(volume.geometry.shape, np.uint8)
        # Written through a view in LPS order, the labels come to lie on the input's own grid without another copy.
        paste(
            parts,
            [TASK.label(part.crop.box.label).value for part in parts],
            reorient_array(segmentation, volume.geometry, ORDER),
        )
        findings = compared([finding(part, lps, volume.geometry, notes.get(part.crop.box.label, ())) for part in parts])
        progress.report("Assemble", 1.0)

    return Result(
        task=TASK.name,
        source=volume.source,
        geometry=volume.geometry,
        boxes=tuple(part.crop.box.on(lps.geometry, volume.geometry) for part in parts),
        segmentation=segmentation,
        labels=TASK.label_table,
        findings=findings,
        message=" ".join([_told(parts, boxes, given), *_doubts(findings, lps)]),
        provenance=engines.provenance(),
        timings_s=watch.seconds,
    )


def message(found: Sequence[str], boxed: Sequence[str], sought: Sequence[str] = ()) -> str:
    """One sentence for the user.

    Args:
        found: labels with voxels.
        boxed: labels with a box, with or without voxels.
        sought: labels that were looked for in the whole scan.
    """
    empty = [SIDES[label] for label in boxed if label not in found]
    if not found:
        return NOTHING
    sides = " and ".join(SIDES[label] for label in found)
    missing = [SIDES[label] for label in sought if label not in boxed]
    none = f", none on the {missing[0]}" if missing else ""
    sentence = f"Found the {sides} femur{none}." if len(found) == 1 else f"Found the {sides} femora."
    return f"{sentence} The {empty[0]} femur's box holds no bone: check it." if empty else sentence


def _told(parts: Sequence[Part], boxes: Sequence[Box], given: Sequence[Box]) -> str:
    """What was found where; of sides that nobody gave a box for, nothing, as they were not looked at."""
    return message([part.crop.box.label for part in parts], [box.label for box in boxes], () if given else tuple(SIDES))


def _doubts(findings: Sequence[Finding], lps: Volume) -> list[str]:
    """Sentences on what may be wrong with the whole result."""
    doubts = []
    tibiae = [SIDES[each.structure] for each in findings if MAY_BE_TIBIA in each.flags]
    if tibiae:
        what = "it may be a tibia" if len(tibiae) == 1 else "they may be tibiae"
        doubts.append(f"Look again at the {' and '.join(tibiae)}: {what}.")
    for flags, sentence in LOOK_AT.items():
        sides = [SIDES[each.structure] for each in findings if set(flags) & set(each.flags)]
        doubts += [sentence.format(" and ".join(sides))] if sides else []
    length = lps.geometry.size[2] * lps.geometry.spacing[2]
    if length < SHORT_MM:
        doubts.append(
            f"The scan covers only {length:.0f} mm from head to feet: femora may be missed or marked in part."
        )
    return doubts


def _find(volume: Volume, engines: Engines, progress: Progress, watch: Stopwatch) -> tuple[list[Box], Notes]:
    """Stage 1: boxes in the index space of ``volume``, and notes by label."""
    if engines.detector is None:
        raise ValueError("without boxes a detector is needed")
    with watch.stage("DRR"):
        progress.report("DRR", 0.0)
        drrs = parallel_drrs(volume, device=engines.device, progress=progress)
        progress.report("DRR", 1.0)
    with watch.stage("Detect"):
        femora = locate(drrs, engines.detector, midline(volume), engines.confidence, progress)
    return [femur.to_box(volume.geometry) for femur in femora], {femur.label: femur.notes for femur in femora}


def _segment(
    volume: Volume, boxes: Sequence[Box], engines: Engines, progress: Progress, watch: Stopwatch
) -> list[Part]:
    """Stage 2: a mask per box."""
    parts = []
    for box in boxes:
        stage = f"Segment {box.label.removeprefix('femur_')}"
        with watch.stage(stage):
            progress.report(stage, 0.0)
            part = crop(volume, box)
            segment = partial(engines.segmenter.foreground, progress=progress, stage=stage)
            parts.append(Part(part, foreground(part, segment)))
            progress.report(stage, 1.0)
    return parts
