"""What a person at the front end waits for: the first click, the second, a cancel, and a worker that died."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from orthoai.cli.supervise import StopRequest
from orthoai.errors import InputError
from orthoai.progress import Progress
from orthoai.segment.device import choose
from orthoai.tasks import RunOptions
from orthoai.tasks.femur import TASK
from orthoai.worker.client import WorkerClient
from orthoai.worker.events import Crashed, Event, Failed, Finished, Progressed, Ready
from orthoai.worker.exchange import read_result, write_exchange
from orthoai.worker.launch import worker_command, worker_environment
from orthoai.worker.requests import WorkerRun

from orthoai_training.bench.limb_ct import limb_ct
from orthoai_training.bench.work_folder import work_folder
from orthoai_training.evaluate.machine import measured_on
from orthoai_training.text_files import write_text

T = TypeVar("T")

POLL_S = 0.02
"""As often as a front end's timer looks."""

KILLS = 20
"""Deaths of the worker, each a KILL_STEP_S later after the click than the one before: from its start into the run."""

KILL_STEP_S = 0.1

HOW = (
    "Simulated CT of both legs through the exchange file and the worker process, polled every 20 ms. first: a cold "
    "worker; second: the same again; boxes: stage 2 alone with the boxes found. Cancels come at moments spread over a "
    "warm run; a worker that does not answer within a second is killed. longest_call_ms is the longest that any call "
    "of the client kept its thread."
)


@dataclass(frozen=True)
class WorkerBench:
    """What to measure.

    Attributes:
        out: the JSON file.
        shape: of the CT (k, j, i).
        cancels: how many cancels.
    """

    out: Path
    shape: tuple[int, int, int]
    cancels: int = 5
    model: str | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        if min(self.shape) < 2:
            raise InputError("A scan has at least two voxels along each axis: give --shape three larger numbers.")
        if self.cancels < 1:
            raise InputError("At least one repeat is needed: give --repeats a number above 0.")


def bench_worker(
    asked: WorkerBench,
    stop: StopRequest | None = None,
    progress: Progress | None = None,
    client: WorkerClient | None = None,
) -> dict[str, Any]:
    """Measure, write ``asked.out``, return its content.

    Args:
        stop: a stop signal ends the worker and the measurement.
        client: of another worker, for tests.

    Raises:
        InputError: unknown or damaged model, no such device, or the file cannot be written.
        Canceled: stopped.
    """
    stop, progress = stop or StopRequest(), progress or Progress()
    with work_folder(asked.out) as place:
        stand = Stand(asked, Path(place), stop, client or WorkerClient(worker_command(), worker_environment()))
        try:
            content = _measure(stand, progress)
        finally:
            stand.client.close()
    write_text(asked.out, json.dumps(content, indent=1))
    progress.report("bench", 1.0)
    return content


class Stand:
    """The scan, the client, and a clock for everything that the client's thread waits for."""

    def __init__(self, asked: WorkerBench, folder: Path, stop: StopRequest, client: WorkerClient) -> None:
        self.asked, self.folder, self._stop, self.client = asked, folder, stop, client
        self.longest_s = 0.0

    def timed(self, call: Callable[[], T]) -> T:
        """Make a call as the GUI's thread would."""
        start = time.perf_counter()
        answer = call()
        self.longest_s = max(self.longest_s, time.perf_counter() - start)
        return answer

    def start_run(self, **options: Any) -> str:
        """Ask for a run; its id."""
        chosen = RunOptions(self.asked.device, self.asked.model, **options)
        request = WorkerRun(TASK.name, self.folder / "scan.nrrd", self.folder / "out", chosen, "CT")
        return self.timed(lambda: self.client.run(request))

    def wait(self, found: Callable[[Event], bool], limit_s: float = float("inf")) -> Event | None:
        """Poll until an event is found; None after ``limit_s``."""
        until = time.perf_counter() + limit_s
        while time.perf_counter() < until:
            self._stop.check()
            hit = None
            for event in self.timed(self.client.poll):
                hit = event if hit is None and found(event) else hit
            if hit is not None:
                return hit
            time.sleep(POLL_S)
        return None

    def whole_run(self, **options: Any) -> dict[str, Any]:
        """Run to the end: seconds from click to result, and of them those in which networks were loaded."""
        start = time.perf_counter()
        job = self.start_run(**options)
        event = self.wait(partial(_ends, job))
        if not isinstance(event, Finished):
            raise InputError(event.message if isinstance(event, Failed | Crashed) else "The worker gave no answer.")
        total_s = time.perf_counter() - start
        result = read_result(event.folder)
        return {"total_s": total_s, "load_s": result.timings_s["Load"], "timings_s": result.timings_s}


def _measure(stand: Stand, progress: Progress) -> dict[str, Any]:
    asked = stand.asked
    progress.report("bench", 0.0, "scan")
    volume = limb_ct(asked.shape)
    start = time.perf_counter()
    write_exchange(volume.voxels, volume.geometry, stand.folder / "scan.nrrd")
    exchange_s = time.perf_counter() - start
    volume_mb = volume.voxels.nbytes / 1e6
    del volume
    progress.report("bench", 0.1, "start")
    start = time.perf_counter()
    stand.timed(stand.client.start)
    stand.wait(lambda event: isinstance(event, Ready | Crashed))
    start_s = time.perf_counter() - start
    progress.report("bench", 0.2, "first run")
    first = stand.whole_run()
    boxes = read_result(stand.folder / "out").boxes
    progress.report("bench", 0.4, "second run")
    second = stand.whole_run()
    rerun = stand.whole_run(boxes=boxes) if boxes else None
    progress.report("bench", 0.6, "cancels")
    cancels = [_cancel(stand, second["total_s"] * (n + 0.5) / asked.cancels) for n in range(asked.cancels)]
    progress.report("bench", 0.8, "kills")
    return {
        "what": "worker",
        **measured_on(choose(asked.device)),
        "shape_kji": list(asked.shape),
        "volume_mb": volume_mb,
        "how": HOW,
        "exchange_write_s": exchange_s,
        "start_s": start_s,
        "first": first,
        "second": second,
        "boxes": rerun,
        "cancels": cancels,
        "kills": _kills(stand),
        "longest_call_ms": stand.longest_s * 1000,
    }


def _cancel(stand: Stand, after_s: float) -> dict[str, Any]:
    """Cancel a run ``after_s`` after its start: seconds to the answer, and whether the worker lived on."""
    job = stand.start_run()
    early = stand.wait(partial(_ends, job), after_s)
    if early is not None:
        return {"after_s": after_s, "answer_s": 0.0, "worker_kept": True, "was_running": False}
    pid, start = stand.client.pid, time.perf_counter()
    stand.timed(stand.client.cancel)
    stand.wait(partial(_ends, job))
    seconds = time.perf_counter() - start
    return {"after_s": after_s, "answer_s": seconds, "worker_kept": stand.client.pid == pid, "was_running": True}


def _kills(stand: Stand) -> dict[str, Any]:
    """Kill the worker again and again during a start or a run; each death must be told once, and a run work after."""
    seconds = []
    for number in range(KILLS):
        job = stand.start_run()
        event = stand.wait(partial(_ends, job), (number + 1) * KILL_STEP_S)
        start = time.perf_counter()
        if event is None:
            while (pid := stand.client.pid) is None:  # Still on its way.
                time.sleep(POLL_S)
            os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            event = stand.wait(partial(_ends, job))
        if isinstance(event, Crashed):  # Else the run was over before.
            seconds.append(time.perf_counter() - start)
    after = stand.whole_run()
    return {
        "kills": KILLS,
        "too_late": KILLS - len(seconds),
        "told": len(seconds),
        "slowest_s": max(seconds, default=0.0),
        "run_after_s": after["total_s"],
    }


def _ends(job: str, event: Event) -> bool:
    """Whether ``event`` is the last of ``job``."""
    return not isinstance(event, Ready | Progressed) and event.id in (job, None)
