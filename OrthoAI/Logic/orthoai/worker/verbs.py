"""What the worker can be asked to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Generic, TypeVar

from orthoai.output import SEGMENTATION, nifti_name, staged_folder
from orthoai.progress import Progress
from orthoai.result import VERTEBRAE, Result
from orthoai.worker.exchange import write_result
from orthoai.worker.extents import label_extents
from orthoai.worker.perform import Hints, perform
from orthoai.worker.protocol import Message
from orthoai.worker.requests import WorkerExport, WorkerRun

Request = TypeVar("Request", WorkerRun, WorkerExport)


@dataclass(frozen=True)
class Verb(Generic[Request]):
    """One kind of job.

    Attributes:
        read: the request in a message; raises InputError.
        do: the work; returns what the "result" message says beyond its type and id. Raises InputError, Canceled.
    """

    read: Callable[[Message], Request]
    do: Callable[[Request, Progress], Message]


def run(asked: WorkerRun, progress: Progress) -> Message:
    """Run a task and write its result folder, which appears whole or not at all."""
    hints = Hints(modality=asked.modality, uids=asked.uids)
    _, result = perform(asked.task, asked.input, asked.options, progress, hints)
    clock = perf_counter()
    with staged_folder(asked.output) as folder:
        progress.report("write", 0.0, "writing the mask")
        extents = label_extents(result.segmentation, progress)
        if asked.nifti:
            from orthoai.io.write import write_labels  # heavy: SimpleITK

            write_labels(result.segmentation, result.geometry, folder / nifti_name(SEGMENTATION))
        result = replace(result, timings_s={**result.timings_s, "write": perf_counter() - clock})
        write_result(_without_part_of_spine(result, asked), folder, progress)
        progress.report("write", 1.0)
    return {"folder": str(asked.output), "extents": {str(value): list(extent) for value, extent in extents.items()}}


def _without_part_of_spine(result: Result, asked: WorkerRun) -> Result:
    """Where boxes tell what to look at, a body that is not marked may be fractured: none is kept as sound."""
    if not asked.options.boxes:
        return result
    return replace(result, extras=tuple(extra for extra in result.extras if extra.name != VERTEBRAE))


def export(asked: WorkerExport, progress: Progress) -> Message:
    """Write a data set of reviewed cases in other formats, each into a folder of its name."""
    # Here, so that a worker that only runs tasks never loads it.
    from orthoai.dataset import Dataset
    from orthoai.dataset.exporters import get_exporter

    exporters = [get_exporter(name) for name in asked.formats]  # A wrong name is told before work begins.
    dataset = Dataset(asked.dataset)
    for exporter in exporters:
        exporter.export(dataset, asked.output, progress)
    return {"folder": str(asked.output), "extents": {}}


VERBS: dict[str, Verb] = {"run": Verb(WorkerRun.from_message, run), "export": Verb(WorkerExport.from_message, export)}
"""By message type."""
