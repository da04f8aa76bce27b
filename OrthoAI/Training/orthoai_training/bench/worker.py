"""One measurement in a process of its own, so that its peak of memory is its own."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from orthoai.cli.exits import DONE, guarded
from orthoai.progress import Progress


@dataclass(frozen=True)
class Job:
    """What a worker measures.

    Attributes:
        part: a key of :data:`PARTS`.
        answer: file for the figures, as JSON.
        scan: the image, a file that the part "scan" makes or a given one.
        task: name of the task.
        shape: of the image (k, j, i) that "scan" makes and "drr" is about.
    """

    part: str
    answer: str
    scan: str
    task: str
    shape: tuple[int, int, int] = (0, 0, 0)
    model: str | None = None
    device: str = "auto"
    repeats: int = 5
    debug: bool = False

    def to_line(self) -> bytes:
        """For the worker's standard input."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Job:
        """Undo :meth:`to_line`."""
        content = json.loads(line)
        return cls(**{**content, "shape": tuple(content["shape"])})


def make_scan(job: Job) -> dict[str, Any]:
    """Write the CT that the other parts read, uncompressed."""
    from orthoai.io.write import write_volume

    from orthoai_training.bench.limb_ct import limb_ct

    volume = limb_ct(job.shape)
    write_volume(volume, Path(job.scan))
    return {"spacing_mm": list(volume.geometry.spacing), "volume_mb": volume.voxels.nbytes / 1e6}


def drr(job: Job) -> dict[str, Any]:
    """Both projections against a plain sum over the same voxels."""
    from orthoai.segment.device import choose

    from orthoai_training.bench.drr import bench_drr

    return bench_drr(job.shape, job.repeats, choose(job.device).name)


def two_stage(job: Job) -> dict[str, Any]:
    """The task's run, without reading and writing files."""
    return _inference(job, single_stage=False)


def single_stage(job: Job) -> dict[str, Any]:
    """The same segmenter on the whole scan."""
    return _inference(job, single_stage=True)


def _inference(job: Job, single_stage: bool) -> dict[str, Any]:
    from orthoai.io.read import read_volume
    from orthoai.models.store import ModelStore
    from orthoai.tasks.femur import TASK

    from orthoai_training.femur.evaluation.predict import SINGLE_STAGE, predictor

    name = SINGLE_STAGE if single_stage else job.model or TASK.default_model
    made = predictor(name, job.model, ModelStore.default(), job.device)
    prediction = made.predict(read_volume(Path(job.scan)), Progress())
    return {
        "inference_s": prediction.inference_s,
        "timings_s": dict(prediction.timings_s),
        "peak_rss_mb": prediction.peak_rss_mb,
        "femora": [box.label for box in prediction.boxes],
        "femur_voxels": int((prediction.labels > 0).sum()),
    }


def whole_run(job: Job) -> dict[str, Any]:
    """What ``orthoai run`` does, from the file to mask and report; VTK draws in a process that is not counted."""
    from orthoai.cli.request import RunRequest
    from orthoai.cli.worker import work
    from orthoai.output import RESULT_FILE

    from orthoai_training.evaluate.peak_memory import peak_mb

    start = time.perf_counter()
    with TemporaryDirectory(dir=Path(job.answer).parent) as folder:
        work(RunRequest(job.task, job.scan, folder, job.device, job.model), Path(folder), Progress())
        seconds = time.perf_counter() - start
        result = json.loads((Path(folder) / RESULT_FILE).read_text(encoding="utf-8"))
    return {
        "total_s": seconds,
        "timings_s": result["timings_s"],
        "peak_rss_mb": peak_mb(),
        "message": result["message"],
    }


def cold_and_warm(job: Job) -> dict[str, Any]:
    """The task on an image in memory, twice in this process: the first run loads libraries and networks."""
    from orthoai.io.read import read_volume
    from orthoai.tasks import RunOptions, get_task

    from orthoai_training.evaluate.peak_memory import peak_memory

    task, volume = get_task(job.task), read_volume(Path(job.scan))
    options = RunOptions(job.device, job.model)
    answer: dict[str, Any] = {
        "shape_kji": list(volume.voxels.shape),
        "spacing_mm": list(volume.geometry.spacing),
        "volume_mb": volume.voxels.nbytes / 1e6,
    }
    for name in ("cold", "warm"):
        with peak_memory() as peak:
            start = time.perf_counter()
            result = task.run(volume, options, Progress())
            seconds = time.perf_counter() - start
            answer[name] = {"total_s": seconds, "timings_s": dict(result.timings_s), "peak_rss_mb": peak()}
    return answer


PARTS: dict[str, Callable[[Job], dict[str, Any]]] = {
    "scan": make_scan,
    "drr": drr,
    "two-stage": two_stage,
    "single-stage": single_stage,
    "whole-run": whole_run,
    "cold-and-warm": cold_and_warm,
}


def main() -> int:
    """Take one job from standard input, do it, write the answer, return the exit code."""
    job = Job.from_line(sys.stdin.buffer.readline())

    def action() -> int:
        answer = PARTS[job.part](job)
        Path(job.answer).write_text(json.dumps(answer), encoding="utf-8")
        return DONE

    return guarded(action, debug=job.debug)


if __name__ == "__main__":
    sys.exit(main())
