"""What is known already of a case that opens: results that were made beforehand, and reviews in the training set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from numpy.typing import NDArray
from orthoai.dataset import Dataset, DatasetCase
from orthoai.dataset.identity import case_id
from orthoai.errors import InputError
from orthoai.geometry import Geometry
from orthoai.io.digest import values_sha256
from orthoai.io.image_folder import ImageEntry
from orthoai.ready import read_ready, ready_folder, ready_tasks
from orthoai.result import Result
from orthoai.review import Review
from orthoai.tasks import all_tasks, get_task
from orthoai.worker.exchange import exchange_sha256

from OrthoAILib.Bridge.PreparedResult import PreparedResult
from OrthoAILib.Review.Reachable import isThere

OTHER_IMAGE = "The result that was made beforehand is of another image than the one that is open; run the task again."


@dataclass(frozen=True)
class OpenedCase:
    """A case that was just opened, and where to look for what is known of it.

    Attributes:
        entry: of the worklist.
        voxels, geometry: of the image as Slicer holds it.
        results: folder of the results that were made beforehand, see orthoai.ready.
        trainingSet: folder; None for none.
        last: the task that comes last, and so stays on screen.
    """

    entry: ImageEntry
    voxels: NDArray
    geometry: Geometry
    results: Path
    trainingSet: Path | None = None
    last: str = ""


@dataclass(frozen=True)
class KnownResult:
    """What ResultBridge.show takes.

    Attributes:
        result: with the identity that a run in Slicer gives the image, so that it is one case however it was run.
        prepared: its masks.
        imageDigest: orthoai.io.digest.values_sha256 of the image.
        review: that it is of; None for one that nobody has reviewed.
    """

    result: Result
    prepared: PreparedResult
    imageDigest: str
    review: Review | None = None


Known = list[KnownResult | InputError]
"""In the order in which they are shown; an error stands for a result that is there and cannot be."""

ReadCase = Callable[[OpenedCase], Known]
"""readCase or a stand-in."""


def readCase(case: OpenedCase) -> Known:
    """Read what is known of ``case``: of each task the review in the training set, else the result made beforehand.

    For a background thread: it reads images.
    """
    ready = ready_tasks(case.results, case.entry.name)
    if not ready and (case.trainingSet is None or not isThere(Dataset(case.trainingSet).cases_folder)):
        return []
    sha256, digest = exchange_sha256(case.voxels, case.geometry), values_sha256(case.voxels)
    reviewed = _reviewed(case, sha256)
    known: Known = []
    for task in sorted({*ready, *reviewed}, key=lambda name: (name == case.last, name)):
        try:
            review = reviewed[task].review() if task in reviewed else None
            result = review.result if review is not None else _readReady(case, task, digest)
            if not result.geometry.matches(case.geometry):
                raise InputError(OTHER_IMAGE)
            result = replace(result, source=replace(result.source, sha256=sha256))
            known.append(KnownResult(result, PreparedResult.of(result), digest, review))
        except InputError as error:
            known.append(error)
    return known


def _reviewed(case: OpenedCase, sha256: str) -> dict[str, DatasetCase]:
    """The reviews of the image in the training set, by task."""
    if case.trainingSet is None:
        return {}
    folder = Dataset(case.trainingSet).cases_folder
    cases = {task.name: DatasetCase(folder / case_id(task.name, sha256)) for task in all_tasks()}
    return {task: found for task, found in cases.items() if isThere(found.path)}


def _readReady(case: OpenedCase, task: str, digest: str) -> Result:
    """Nothing but its content tells that an image file is still the one that the task ran on."""
    # Imported here: SimpleITK, which a panel does not need to open.
    from orthoai.io.read import read_volume

    result = read_ready(ready_folder(case.results, task, case.entry.name))
    image = read_volume(case.entry.path, None, get_task(task).modality)
    if result.task != task or image.source.sha256 != result.source.sha256 or values_sha256(image.voxels) != digest:
        raise InputError(OTHER_IMAGE)
    return result
