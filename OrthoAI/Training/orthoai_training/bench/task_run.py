"""The benchmark of any task: the networks' first and second run in one process, and the whole command, as one file."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orthoai.cli.supervise import StopRequest
from orthoai.errors import InputError
from orthoai.models.store import ModelStore
from orthoai.progress import Progress
from orthoai.tasks import Task, get_task

from orthoai_training.bench.process import RunJob, in_process_of_its_own
from orthoai_training.bench.table import run_lines
from orthoai_training.bench.work_folder import work_folder
from orthoai_training.bench.worker import Job
from orthoai_training.demo import SAMPLES, SEEDS, sample_case
from orthoai_training.evaluate.machine import measured_on, network_device
from orthoai_training.evaluate.network_facts import network_facts
from orthoai_training.shared_options import check_seed
from orthoai_training.text_files import write_text

PARTS = ("cold-and-warm", "whole-run")
"""Measured in this order, each in a process of its own."""

HOW = (
    "Each part in a process of its own, once. cold and warm: the task on the image in memory, first and second run of "
    "one process; cold holds the loading of libraries and networks. whole run: what orthoai run does, reading, mask "
    "and report included; process_s counts from before the process starts to its end. Peaks are resident memory of "
    "the process (libraries, image and mask included); one that draws pictures for the report is not counted."
)


@dataclass(frozen=True)
class TaskBench:
    """What to measure.

    Attributes:
        task: name of the task.
        out: the JSON file.
        image: a file or DICOM folder; None simulates the task's sample.
        seed: of the sample; None for the one that ``orthoai demo`` shows.
    """

    task: str
    out: Path
    image: Path | None = None
    seed: int | None = None
    model: str | None = None
    device: str = "auto"
    debug: bool = False

    def __post_init__(self) -> None:
        if self.image is None and self.task not in SAMPLES:
            raise InputError(f"There is no sample for the task {self.task}: give an image with --input.")
        if self.seed is not None:
            check_seed(self.seed)


Simulate = Callable[[str, int, Path, StopRequest], Path]


def bench_task(
    asked: TaskBench,
    stop: StopRequest | None = None,
    progress: Progress | None = None,
    run_job: RunJob | None = None,
    simulate: Simulate | None = None,
) -> dict[str, Any]:
    """Measure, write ``asked.out``, return its content.

    Args:
        stop: a stop signal kills the part that runs.
        run_job, simulate: stand in for child processes, for tests.

    Raises:
        InputError: unknown task, unknown or damaged model, no such device, or the file cannot be written.
        Canceled: stopped.
        SystemExit: a child failed and has said why.
    """
    stop, progress = stop or StopRequest(), progress or Progress()
    run_job, simulate = run_job or in_process_of_its_own, simulate or _simulated
    task = get_task(asked.task)
    seed = SEEDS[task.name] if asked.seed is None else asked.seed
    model = ModelStore.default().verify(asked.model or task.default_model)
    content: dict[str, Any] = {
        "task": task.name,
        **measured_on(network_device(model, asked.device)),
        "model": network_facts(model),
        "image": "given" if asked.image else {"simulated": {"seed": seed, "options": list(SAMPLES[task.name])}},
        "how": HOW,
    }
    with work_folder(asked.out) as place:
        folder, image = Path(place), asked.image
        if image is None:
            progress.report("bench", 0.0, f"simulated {task.modality}")
            image = simulate(task.name, seed, folder, stop)
        for number, part in enumerate(PARTS):
            progress.report("bench", (number + 1) / (len(PARTS) + 1), part)
            answer = folder / f"{part}.json"
            job = Job(
                part, str(answer), str(image), task.name, model=asked.model, device=asked.device, debug=asked.debug
            )
            content |= _measured(part, job, run_job, stop)
            write_text(asked.out, json.dumps(content, indent=1))
    progress.report("bench", 1.0)
    return content


def text_table(content: dict[str, Any], task: Task) -> str:
    """The content of the JSON file as a few lines of text."""
    k, j, i = content["shape_kji"]
    spacing = " x ".join(f"{mm:.2f}" for mm in content["spacing_mm"])
    whole = content["whole_run"]
    runs = {"first run of a process": content["cold"], "second run, networks in memory": content["warm"]}
    return "\n".join(
        [
            f"{task.title} on {i} x {j} x {k} voxels ({spacing} mm); {content['machine']}; "
            f"model {content['model']['model']}",
            "",
            *run_lines({**runs, "whole run, with files and report": whole}),
            "",
            f"the second run takes {content['warm_to_cold']:.2f} times as long as the first",
            f"orthoai run, from the start of its process to its end: {whole['process_s']:.1f} s",
            whole["message"],
        ]
    )


def _measured(part: str, job: Job, run_job: RunJob, stop: StopRequest) -> dict[str, Any]:
    """What the benchmark's file gains by a part."""
    start = time.perf_counter()
    answer = run_job(job, stop)
    if part == "whole-run":
        return {"whole_run": {**answer, "process_s": time.perf_counter() - start}}
    return {**answer, "warm_to_cold": answer["warm"]["total_s"] / answer["cold"]["total_s"]}


def _simulated(task: str, seed: int, folder: Path, stop: StopRequest) -> Path:
    return sample_case(task, seed, folder, stop).path / "image.nii.gz"
