"""The process that does the work of ``orthoai run``; ``orthoai.cli.supervise`` starts it and, if need be, kills it."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from orthoai.cli.exits import DONE, INTERNAL_ERROR, guarded, say
from orthoai.cli.request import RunRequest
from orthoai.errors import InputError
from orthoai.output import RESULT_FILE, SEGMENTATION, nifti_name, write_error
from orthoai.progress import Progress
from orthoai.tasks import RunOptions
from orthoai.worker.perform import Hints, perform

if TYPE_CHECKING:
    from orthoai.result import Result

REPORTS = "orthoai.reports"
"""Entry points that write overview.png and report.html: one per task name, and "default"."""

STEP = 0.05
"""A progress line appears when a stage has gone this much further."""


class ProgressLines:
    """Progress as lines on standard error, few enough to read."""

    def __init__(self) -> None:
        self._stage = ""
        self._shown = 0.0

    def __call__(self, stage: str, fraction: float, message: str) -> None:
        """Print a line if the stage is new, has ended, or has gone a step further."""
        news = stage != self._stage or fraction - self._shown >= STEP or (fraction >= 1.0 > self._shown)
        if news:
            self._stage, self._shown = stage, fraction
            say(f"{stage:<10} {fraction:4.0%}  {message}".rstrip())


def work(request: RunRequest, folder: Path, progress: Progress) -> None:
    """Read, run, and write everything into ``folder``, the result last.

    Raises:
        InputError: unsuitable input, unknown model, no space; the sentence names the folder the user asked for.
    """
    try:
        _work(request, folder, progress)
    except InputError as error:
        # The user knows the folder he named, not the one beside it that the files go to first.
        raise InputError(str(error).replace(str(folder), request.output)) from error


def _work(request: RunRequest, folder: Path, progress: Progress) -> None:
    options = RunOptions(device=request.device, model=request.model)
    volume, result = perform(request.task, Path(request.input), options, progress, Hints(series=request.series))
    clock = perf_counter()
    progress.report("write", 0.0, "writing the mask")
    try:
        _write_segmentation(result, folder)
        write_report = find_report(request.task)
        if write_report is not None:
            write_report(volume, result, folder, progress=progress)
        result = replace(result, timings_s={**result.timings_s, "write": perf_counter() - clock})
        written = [file.name for file in folder.iterdir()]
        (folder / RESULT_FILE).write_text(result.to_json(written), encoding="utf-8")
    except OSError as error:
        raise write_error(error, folder) from error
    progress.report("write", 1.0)


def find_report(task: str) -> Any:
    """The report writer for ``task``, else the default one; None where no report package is installed."""
    writers = {entry.name: entry for entry in entry_points(group=REPORTS)}
    entry = writers.get(task) or writers.get("default")
    return entry.load() if entry else None


def _write_segmentation(result: Result, folder: Path) -> None:
    """The segmentation and what else the task made of the input: PNG for a picture, NIfTI for all else."""
    pictures = {SEGMENTATION: result.segmentation, **{extra.name: extra.voxels for extra in result.extras}}
    if result.source.kind == "picture":
        from PIL import Image

        for name, voxels in pictures.items():
            Image.fromarray(voxels[0]).save(folder / f"{name}.png")
        return
    from orthoai.io.write import write_labels

    for name, voxels in pictures.items():
        write_labels(voxels, result.geometry, folder / nifti_name(name))


def main() -> int:
    """Take one request from standard input, do it, and return the exit code."""
    request, folder = RunRequest.from_line(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    progress = Progress() if request.quiet else Progress(on_report=ProgressLines())

    def action() -> int:
        work(request, Path(folder), progress)
        return DONE

    return guarded(action, debug=request.debug)


def _end_with_parent() -> None:
    """The supervisor holds the other end of our standard input; when it is gone, nobody wants the result."""
    # Read from the descriptor: a thread that waits inside sys.stdin would hold its lock when Python shuts down.
    while os.read(0, 1):
        pass
    os._exit(INTERNAL_ERROR)


if __name__ == "__main__":
    sys.exit(main())
