"""The whole benchmark of Segment Femur: each part in a process of its own, one JSON file for all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orthoai.cli.supervise import StopRequest
from orthoai.errors import InputError
from orthoai.models.store import ModelStore
from orthoai.progress import Progress
from orthoai.segment.device import choose
from orthoai.tasks.femur import TASK

from orthoai_training.bench.process import RunJob, in_process_of_its_own
from orthoai_training.bench.work_folder import work_folder
from orthoai_training.bench.worker import Job
from orthoai_training.evaluate.machine import measured_on
from orthoai_training.femur.evaluation.predict import model_facts, predictor
from orthoai_training.text_files import write_text

SCAN = "scan"
MEASURED = ("drr", "two-stage", "single-stage", "whole-run")
"""Parts of the benchmark, in order."""

PAPER = {
    "source": "Xie et al., Sci Rep 2025;15:9198, Table 6 (GPU with 16 GB, 7 CT)",
    "two_stage_s": 61,
    "single_stage_s": 87,
    "single_to_two_stage": 87 / 61,
    "two_stage_training_s": 9755,
    "single_stage_training_s": 21251,
}

HOW = (
    "Simulated CT of both legs, interpolated from 3 mm, read from an uncompressed .nii; each part in a process of its "
    "own; peaks are resident memory (libraries, scan and mask included). The projections are timed on noise of the "
    "same shape, the fastest of the repeats; the runs once."
)


@dataclass(frozen=True)
class BenchRequest:
    """What to measure.

    Attributes:
        out: the JSON file.
        shape: of the CT (k, j, i).
        repeats: of the projections.
        parts: some of MEASURED.
    """

    out: Path
    shape: tuple[int, int, int]
    repeats: int = 5
    model: str | None = None
    device: str = "auto"
    parts: Sequence[str] = MEASURED
    debug: bool = False

    def __post_init__(self) -> None:
        if min(self.shape) < 2:
            raise InputError("A scan has at least two voxels along each axis: give --shape three larger numbers.")
        if self.repeats < 1:
            raise InputError("At least one repeat is needed: give --repeats a number above 0.")


def bench_femur(
    request: BenchRequest,
    stop: StopRequest | None = None,
    progress: Progress | None = None,
    run_job: RunJob | None = None,
) -> dict[str, Any]:
    """Measure, write ``request.out``, return its content.

    Args:
        stop: a stop signal kills the part that runs.
        run_job: stands in for a worker process, for tests.

    Raises:
        InputError: unknown or damaged model, no such device, or the file cannot be written.
        Canceled: stopped.
        SystemExit: a worker failed and has said why.
    """
    stop, progress = stop or StopRequest(), progress or Progress()
    run_job = run_job or in_process_of_its_own
    made = predictor(request.model or TASK.default_model, request.model, ModelStore.default(), request.device)
    content: dict[str, Any] = {
        "task": TASK.name,
        **measured_on(choose(request.device)),
        "model": model_facts(made),
        "shape_kji": list(request.shape),
        "how": HOW,
        "paper": PAPER,
    }
    with work_folder(request.out) as place:
        needs_scan = any(part != "drr" for part in request.parts)
        parts = [SCAN, *request.parts] if needs_scan else list(request.parts)
        for number, part in enumerate(parts):
            progress.report("bench", number / len(parts), part)
            answer, scan = Path(place) / f"{part}.json", Path(place) / "scan.nii"
            job = Job(
                part,
                str(answer),
                str(scan),
                TASK.name,
                request.shape,
                request.model,
                request.device,
                request.repeats,
                request.debug,
            )
            content[part.replace("-", "_")] = run_job(job, stop)
            content |= _ratio(content)
            write_text(request.out, json.dumps(content, indent=1))
    progress.report("bench", 1.0)
    return content


def _ratio(content: dict[str, Any]) -> dict[str, float]:
    """How many times as long the single stage takes, once both are known."""
    if not {"two_stage", "single_stage"} <= content.keys() or not content["two_stage"]["inference_s"]:
        return {}
    return {"single_to_two_stage": content["single_stage"]["inference_s"] / content["two_stage"]["inference_s"]}
