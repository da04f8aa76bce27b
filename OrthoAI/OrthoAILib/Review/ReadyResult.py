"""A result that was made beforehand, checked against the image in the scene."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orthoai.errors import InputError
from orthoai.io.digest import values_sha256
from orthoai.io.image_folder import ImageEntry
from orthoai.ready import read_ready, ready_folder
from orthoai.tasks import get_task
from orthoai.worker.exchange import exchange_sha256

from OrthoAILib.Bridge.PreparedResult import PreparedResult

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from orthoai.geometry import Geometry
    from orthoai.result import Result

OTHER_IMAGE = "The result that was made beforehand is of another image than the one that is open; run the task again."


@dataclass(frozen=True)
class ReadyResult:
    """What ResultBridge.show takes.

    Attributes:
        result: with the identity that a run in Slicer would give the image, so that it is one case however it was run.
        prepared: its masks.
        imageDigest: orthoai.io.digest.values_sha256 of the image.
    """

    result: Result
    prepared: PreparedResult
    imageDigest: str


ReadReady = Callable[["Path", ImageEntry, str, "NDArray", "Geometry"], ReadyResult]
"""readReady or a stand-in."""


def readReady(results: Path, entry: ImageEntry, task: str, voxels: NDArray, geometry: Geometry) -> ReadyResult:
    """Read the result of ``task`` on ``entry``. For a background thread: it reads the image once more.

    Args:
        results: folder of the results, see orthoai.ready.
        entry: the image, of which nothing tells that it is still the one that the task ran on.
        voxels, geometry: of the image as Slicer holds it.

    Raises:
        InputError: files cannot be read, or the image is another one or lies elsewhere.
    """
    # Imported here: SimpleITK, which a panel does not need to open.
    from orthoai.io.read import read_volume

    result = read_ready(ready_folder(results, task, entry.name))
    if result.task != task:
        raise InputError(OTHER_IMAGE)
    image = read_volume(entry.path, None, get_task(task).modality)
    digest = values_sha256(voxels)
    if image.source.sha256 != result.source.sha256 or values_sha256(image.voxels) != digest:
        raise InputError(OTHER_IMAGE)
    if not result.geometry.matches(geometry):
        raise InputError(OTHER_IMAGE)
    source = replace(result.source, sha256=exchange_sha256(voxels, geometry))
    result = replace(result, source=source)
    return ReadyResult(result, PreparedResult.of(result), digest)
