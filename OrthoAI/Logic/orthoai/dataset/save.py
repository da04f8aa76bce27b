"""A reviewed case into the data set."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from orthoai.dataset.identity import anonymous, case_id, group_of, input_sha256
from orthoai.dataset.layout import (
    CASES_FOLDER,
    IMAGE_FILE,
    LABELS_FILE,
    META_FILE,
    REVIEW_FILE,
    VERTEBRAE_FILE,
)
from orthoai.dataset.lineage import Lineage
from orthoai.dataset.revisions import CASE, archive, damaged_aside, last_number
from orthoai.dataset.store import Dataset, DatasetCase
from orthoai.dataset.turn import Turn
from orthoai.durable import to_disk
from orthoai.errors import InputError
from orthoai.io.digest import sha256_of
from orthoai.io.pixels import compact
from orthoai.output import staged_folder, write_error
from orthoai.result import VERTEBRAE
from orthoai.review import Review, Verdict, utc_now
from orthoai.volume import Volume

MEANWHILE = "Somebody else has saved a review of this case just now; look at it and save yours again."

OVERTAKEN = (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT)
"""Of a folder that cannot be renamed because there is one by now, or because its case was replaced."""


def save_case(dataset: Path, volume: Volume, review: Review) -> Path:
    """Put an approved or corrected case into the data set; made when it is not there.

    The case's folder appears whole or not at all. An earlier revision of the case moves to revisions/, and the new one
    gets the number after all that were there at least. Saving the same review twice changes nothing. Of a damaged case
    what is left moves there, too; one that a save which was killed left hidden is put back first.

    Args:
        dataset: the data set's folder.
        volume: the image that was reviewed.
        review: its result lies on the volume's own grid.

    Returns:
        The case's folder.

    Raises:
        InputError: the verdict is not approved or corrected, the masks do not fit the image or their label table, the
            data set holds a newer review of the case or got one meanwhile, the image or its place is no longer the one
            that the data set holds, or the disk refuses.
    """
    _refuse_unfit(volume, review)
    sha256 = input_sha256(volume, review)
    name = case_id(review.result.task, sha256)
    group = group_of(review.result.source if review.result.source.uids else volume.source, sha256)
    dataset = Path(dataset)
    folder = dataset / CASES_FOLDER / name
    review = anonymous(review, sha256)
    try:
        Dataset(dataset).put_back(name)
        is_damaged = _is_damaged(folder)
    except OSError as error:
        raise write_error(error, folder) from error
    previous = _newest(folder)
    if previous is not None:
        _refuse_other_image(previous, volume)
        if not is_damaged and _holds(previous, review):
            return folder
        # A time that is still to come is of a wrong clock, here or there, and tells nothing.
        if review.created < previous.lineage.created <= utc_now():
            raise InputError(
                f"The data set holds a newer review of this case (revision {previous.lineage.revision}); "
                "open that one and review it again."
            )
    number = max(review.revision, 1 + last_number(dataset, name), 1 + (previous.lineage.revision if previous else 0))
    review = replace(review, revision=number)
    expected = None if is_damaged or previous is None else previous.lineage
    with _told_of_others(), Turn(dataset) as turn, ExitStack() as stack:
        if is_damaged:
            stack.enter_context(damaged_aside(dataset, folder))
        staged = staged_folder(folder, CASE, durable=True, replaces=lambda older: _lineage(older) == expected)
        aside = stack.enter_context(staged)
        lineage = _write_case(aside, volume, review, sha256, group, previous)
        to_disk(aside)
        # Not before: writing an image takes seconds, in which others need not wait, and may save this very case.
        turn.take()
        if _lineage(folder) != expected:
            raise InputError(MEANWHILE)
        if expected is not None and previous is not None:
            archive(dataset, previous)
        # Last: where nobody waits for a turn, a whole folder is taken for one that a killed save left.
        (aside / META_FILE).write_text(lineage.to_json(), "utf-8")
    return folder


def _is_damaged(folder: Path) -> bool:
    """Whether ``folder`` holds what is left of a case. Raises OutOfReach, or OSError.

    Asked again where it seems so: while somebody else replaces the case, its files are of two revisions for a moment.
    """
    looks = []
    while folder.is_dir():
        case = DatasetCase(folder)
        if not case.is_damaged():
            return False
        looks.append(case.told_lineage())
        if looks[-2:-1] == looks[-1:]:
            return True
    return False


@contextmanager
def _told_of_others() -> Iterator[None]:
    """Where somebody else put the case into its place a moment before us, an InputError says so."""
    try:
        yield
    except OSError as error:
        if error.errno not in OVERTAKEN:
            raise
        raise InputError(MEANWHILE) from error


def _newest(folder: Path) -> DatasetCase | None:
    """What ``folder`` holds now; None where it holds no case, or one whose case.json is lost or damaged."""
    case = DatasetCase(folder)
    return case if case.told_lineage() else None


def _lineage(folder: Path) -> Lineage | None:
    """Of what :func:`_newest` gives."""
    return DatasetCase(folder).told_lineage()


def _refuse_other_image(previous: DatasetCase, volume: Volume) -> None:
    """A front end knows an image by what the task ran on; it may have been changed or moved in place since.

    An image file that is lost or damaged says nothing: saving the case again is how it is repaired.
    """
    file = previous.path / IMAGE_FILE
    if not file.is_file() or sha256_of([file]) != previous.lineage.files.get(IMAGE_FILE):
        return
    image = previous.image()
    if not image.geometry.matches(volume.geometry):
        raise InputError(
            "The image has been moved since this case was first saved; move it back, or run the task on it again."
        )
    # As the file gives them: a front end may hold them in a wider type.
    if not np.array_equal(image.voxels, compact(volume.voxels), equal_nan=True):
        raise InputError("The image has changed since this case was first saved; run the task on it again.")


def _refuse_unfit(volume: Volume, review: Review) -> None:
    verdict, result = review.verdict, review.result
    if verdict is None:
        raise InputError("This case has no verdict yet; approve or correct it before it goes into the training set.")
    if not verdict.is_truth:
        raise InputError(f"A {verdict.value} case cannot go into the training set; approve or correct it first.")
    if not volume.geometry.matches(result.geometry):
        raise InputError("The masks lie on another grid than the image; run the task on this image again.")
    present = np.zeros(256, np.int64)
    for plane in result.segmentation:
        present += np.bincount(plane.ravel(), minlength=256)
    unknown = [int(value) for value in np.flatnonzero(present) if value and int(value) not in result.labels]
    if unknown:
        raise InputError(
            f"The mask holds the value {unknown[0]}, which no structure of the task has; remove that segment."
        )


def _holds(previous: DatasetCase, review: Review) -> bool:
    """Whether ``previous``, which is not damaged, was made from this very review."""
    same = replace(review, revision=previous.lineage.revision)
    if same.to_json() != (previous.path / REVIEW_FILE).read_text("utf-8"):
        return False
    saved, bodies = previous.vertebrae(), review.result.extra(VERTEBRAE)
    if saved is None or bodies is None:
        is_same = saved is None and bodies is None
    else:
        is_same = np.array_equal(saved.voxels, bodies.voxels)
    return is_same and np.array_equal(previous.labels().voxels, review.result.segmentation)


def _write_case(
    folder: Path, volume: Volume, review: Review, sha256: str, group: str, previous: DatasetCase | None
) -> Lineage:
    """Write all but case.json, of which the content is returned."""
    # Imported here: SimpleITK, only to write.
    from orthoai.io.write import write_labels, write_volume

    result = review.result
    write_volume(volume, folder / IMAGE_FILE)
    write_labels(result.segmentation, volume.geometry, folder / LABELS_FILE)
    bodies = result.extra(VERTEBRAE)
    if bodies is not None:
        write_labels(bodies.voxels, volume.geometry, folder / VERTEBRAE_FILE)
    (folder / REVIEW_FILE).write_text(review.to_json(), "utf-8")
    return Lineage(
        task=result.task,
        group=group,
        input_sha256=sha256,
        modality=volume.modality,
        labels=dict(result.labels),
        model_name=result.provenance.model_name,
        model_sha256=dict(result.provenance.model_sha256),
        orthoai_version=result.provenance.orthoai_version,
        reviewer=review.reviewer,
        verdict=Verdict(review.verdict or ""),
        revision=review.revision,
        parent_revision=None if previous is None else previous.lineage.revision,
        created=review.created,
        files={file.name: sha256_of([file]) for file in sorted(folder.iterdir())},
    )
