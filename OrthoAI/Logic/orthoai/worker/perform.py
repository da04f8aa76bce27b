"""One task on one image file, as the command line and the worker do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from orthoai.progress import Progress
from orthoai.tasks import RunOptions, get_task

if TYPE_CHECKING:
    from orthoai.result import Result
    from orthoai.volume import Volume


@dataclass(frozen=True)
class Hints:
    """What the caller knows about an image beyond its file.

    Attributes:
        series: of a DICOM folder with several, see :func:`orthoai.io.read.read_volume`.
        modality: where the file does not say it, such as "CT".
        uids: DICOM UIDs by name, where the file has none.
    """

    series: str | None = None
    modality: str = ""
    uids: Mapping[str, str] = field(default_factory=dict)


def perform(
    task: str, image: Path, options: RunOptions, progress: Progress, hints: Hints | None = None
) -> tuple[Volume, Result]:
    """Read the image, run the task. The result's timings begin with "read", its message ends with the image's notes.

    Raises:
        InputError: unknown task, unreadable or unsuitable image, unknown model.
        Canceled: asked for through ``progress``.
    """
    from orthoai.io.read import read_volume  # heavy: the libraries of the image formats

    found = get_task(task)
    hints = hints or Hints()
    clock = perf_counter()
    progress.report("read", 0.0, "reading the image")
    volume = read_volume(image, hints.series, found.modality)
    volume = replace(
        volume,
        modality=volume.modality or hints.modality,
        source=replace(volume.source, uids=volume.source.uids or dict(hints.uids)),
    )
    read_s = perf_counter() - clock
    result = found.run(volume, options, progress)
    return volume, replace(
        result, message=" ".join([result.message, *volume.notes]), timings_s={"read": read_s, **result.timings_s}
    )
