"""Read by the worker process at its start: the task "femur" without big networks, as ORTHOAI_TEST_WORKER says.

The task "disc" is always the real pipeline with stand-in networks.

"pipeline": the real pipeline with stand-in networks. "quick": bone by threshold, in milliseconds. "slow": goes on for a
minute and hears a cancel. "deaf": the same, and does not. With a threshold of its own, any of them is quick.
"""

import os
import time
from dataclasses import replace

from orthoai.tasks import disc, femur

PARTS = {"femur_left": (1, 0.25), "femur_right": (2, 0.75)}
"""Label value, and in which quarter of the columns (from the patient's right) a femur does not lie."""


def pipeline(volume, options, progress):
    from femur_fakes import engines
    from orthoai.tasks.femur.pipeline import run

    return run(volume, options, progress, load=lambda options: engines())


def quick(volume, options, progress):
    import numpy as np
    from orthoai.box import Box
    from orthoai.finding import Finding, Place
    from orthoai.result import Provenance, Result

    progress.report("Detect", 0.5, "stand-in")
    labels = np.zeros(volume.geometry.shape, np.uint8)
    middle = labels.shape[2] // 2
    boxes, findings = [], []
    for name, (value, side) in PARTS.items():
        half = np.s_[:, :, middle:] if side < 0.5 else np.s_[:, :, :middle]
        labels[half][volume.voxels[half] > 300] = value
        boxes.append(Box.around(name, labels == value, volume.geometry, 0.9))
        place = Place(tuple((np.add(boxes[-1].lps_min, boxes[-1].lps_max) / 2).tolist()), labels.shape[0] // 2)
        findings.append(Finding(name, "femur", 0.9, place=place))
    provenance = Provenance("0", "stand-in", {}, "cpu", "float32", {}, "2026-01-01T00:00:00Z")
    table, message = femur.TASK.label_table, "Found by threshold."
    return Result(
        "femur", volume.source, volume.geometry, tuple(boxes), labels, table, tuple(findings), message, provenance
    )


def slow(volume, options, progress):
    for step in range(6000):
        progress.report("Segment left", step / 6000, "stand-in")
        time.sleep(0.01)


def deaf(volume, options, progress):
    progress.report("Segment left", 0.5, "stand-in")
    time.sleep(60)


RUNS = {"pipeline": pipeline, "quick": quick, "slow": slow, "deaf": deaf}


def run(volume, options, progress):
    chosen = quick if options.confidence else RUNS[os.environ["ORTHOAI_TEST_WORKER"]]
    return chosen(volume, options, progress)


def discs(volume, options, progress):
    from disc_fakes import load
    from orthoai.tasks.disc.pipeline import run

    return run(volume, options, progress, load=load)


femur.TASK = replace(femur.TASK, run=run)
disc.TASK = replace(disc.TASK, run=discs)
