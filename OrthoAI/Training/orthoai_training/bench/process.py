"""A job in a child process, so that the memory it needs is counted apart and a stop ends it at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orthoai.cli.exits import DONE
from orthoai.cli.supervise import StopRequest, supervise, worker_command

from orthoai_training.bench.worker import Job

WORKER = "orthoai_training.bench.worker"

RunJob = Callable[[Job, StopRequest], dict[str, Any]]
""":func:`in_process_of_its_own`, or what stands in for it in a test."""


def in_process_of_its_own(job: Job, stop: StopRequest) -> dict[str, Any]:
    """Do ``job`` in a child process and read its answer.

    Raises:
        Canceled: stopped.
        SystemExit: the child failed and has said why; ``code`` is its exit code.
    """
    code = supervise(worker_command(WORKER), job.to_line(), stop)
    if code != DONE:
        raise SystemExit(code)
    answer: dict[str, Any] = json.loads(Path(job.answer).read_text(encoding="utf-8"))
    return answer
