"""What a front end hears from :meth:`orthoai.worker.client.WorkerClient.poll`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

Extent = tuple[int, int, int, int, int, int]
"""Voxels i0 <= i < i1, j0 <= j < j1, k0 <= k < k1 of the input's own grid, as (i0, i1, j0, j1, k0, k1)."""


class FailureKind(StrEnum):
    """Why a job failed."""

    INPUT = "input"
    """The person can mend it: the message says how."""

    CANCELED = "canceled"
    """The person stopped it."""

    INTERNAL = "internal"
    """A fault of the program, or not enough memory."""


@dataclass(frozen=True)
class Ready:
    """The worker has started.

    Attributes:
        version: OrthoAI's version in the worker.
        tasks: names of the tasks that it can run.
    """

    version: str
    tasks: tuple[str, ...]


@dataclass(frozen=True)
class Progressed:
    """A job has got further: at most 20 of these come in a second.

    Attributes:
        id: of the job.
        stage: name of the stage, such as "Segment left".
        fraction: of that stage, 0..1.
        message: a few words, or "".
    """

    id: str
    stage: str
    fraction: float
    message: str


@dataclass(frozen=True)
class Finished:
    """A job is done.

    Attributes:
        id: of the job.
        folder: holds what it wrote; of a run :func:`orthoai.worker.exchange.read_result` reads it.
        extents: of a run, where the voxels of each label lie, by label value; labels without voxels are left out.
    """

    id: str
    folder: Path
    extents: dict[int, Extent] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """A job has ended without output. The worker goes on, except after a cancel that it did not answer in time.

    Attributes:
        id: of the job.
        kind: why.
        message: one sentence for the person, without patient data.
    """

    id: str
    kind: FailureKind
    message: str


@dataclass(frozen=True)
class Crashed:
    """The worker process has ended by itself, or could not start. The next run starts a new one.

    Attributes:
        id: of the job that is lost; None where there was none.
        message: one sentence for the person, with what to do.
    """

    id: str | None
    message: str


Event = Ready | Progressed | Finished | Failed | Crashed
