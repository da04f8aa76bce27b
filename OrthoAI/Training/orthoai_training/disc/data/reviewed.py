"""Reader of reviewed cases of the task: the reviewed masks, and what a person stands behind for each disc."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from orthoai.dataset.exporters.folder import is_validation
from orthoai.dataset.store import DatasetCase
from orthoai.detect.detector import Detection
from orthoai.errors import InputError
from orthoai.finding import Finding
from orthoai.io.digest import sha256_of
from orthoai.result import Result
from orthoai.tasks.disc.given import flat
from orthoai.tasks.disc.grades import PFIRRMANN, PFIRRMANN_GRADES
from orthoai.tasks.disc.labels import BULGING, CLASSES, DISC, HERNIATED, SACRAL
from orthoai.tasks.disc.labels import NAMES as STRUCTURES
from orthoai.tasks.disc.levels import NAMES, number_of
from orthoai.tasks.disc.locate import LUMBAR
from orthoai.tasks.disc.picture import PixelMm
from orthoai.tasks.disc.plane import SagittalStack, sagittal
from orthoai.tasks.disc.scale import estimated_pixel_mm
from orthoai.tasks.disc.search import BACK_TO_FRONT, UPSIDE_DOWN
from orthoai.tasks.disc.task import NAME

from orthoai_training.dataset import CaseFolder, case_paths, has_verdict, require_one_grid
from orthoai_training.disc.data import pictures, volumes
from orthoai_training.disc.data.grading import Grading
from orthoai_training.disc.data.split import Part, PatientSplit

FIRST_PATIENT = 2_000_000
"""Subjects of reviewed cases are numbered from here, away from SPIDER's and simulated patients."""


@dataclass(frozen=True)
class ReviewedDisc:
    """One disc: the slice it was graded in, its center there (row, column; pixel n's center is n), and its grading."""

    slice_index: int
    center: tuple[float, float]
    grading: Grading


@dataclass(frozen=True)
class ReviewedBox:
    """A box as the reviewer left it: the slice that it lies on, its edges there (pixel edges; the label is that of a
    level, or LUMBAR), and whether the reviewer moved it."""

    slice_index: int
    box: Detection
    moved: bool = False


@dataclass(frozen=True)
class ReviewedCase:
    """A case as sagittal slices: (slice, row, column), row 0 cranial, column 0 anterior.

    Attributes:
        name: of the case's folder.
        patient: a number of the subject's own.
        image: the image's own values.
        labels: 0 unlabeled, 1 vertebra, 2 disc, 3 canal.
        pixel_mm: of a pixel (row, column), for a picture estimated from its discs.
        slice_mm: from one slice to the next.
        discs: those that the reviewer left a box.
        boxes: of the lumbar region and its discs, those there are, by label; the discs from the lowest upward.
        deleted: levels of the discs whose boxes the reviewer took away.
        discs_painted: whether the reviewer changed the masks of discs.
    """

    name: str
    patient: int
    image: NDArray
    labels: NDArray[np.uint8]
    pixel_mm: PixelMm
    slice_mm: float
    discs: tuple[ReviewedDisc, ...]
    boxes: Mapping[str, ReviewedBox]
    deleted: frozenset[str]
    discs_painted: bool

    @property
    def disc_boxes(self) -> dict[str, ReviewedBox]:
        """Those of the discs alone."""
        return _discs_of(self.boxes)


@dataclass(frozen=True)
class ReviewedParts:
    """The cases of a folder that train, and those that validate; test patients of SPIDER are in neither."""

    train: tuple[DatasetCase, ...] = ()
    validation: tuple[DatasetCase, ...] = ()

    @property
    def names(self) -> list[str]:
        """Of all of them, for the note of what a training was begun with."""
        return sorted(case.name for case in (*self.train, *self.validation))


def is_reviewed(folder: Path) -> bool:
    """Whether ``folder`` is a reviewed case of the task."""
    return has_verdict(CaseFolder(folder).meta, NAME)


def reviewed_parts(folder: Path | None, spider: Path | None, split: PatientSplit) -> ReviewedParts:
    """Which reviewed cases under ``folder`` train and which validate; none for None.

    A fifth of the subjects validate, by their hash, as in every export. A subject one of whose images is a file of the
    sets under ``spider`` is that patient, and stays where ``split`` has it.

    Raises:
        InputError: no such folder, or no reviewed case of the task in it.
    """
    if folder is None:
        return ReviewedParts()
    cases = [DatasetCase(path) for path in case_paths(folder) if is_reviewed(path)]
    if not cases:
        raise InputError(f"{folder} holds no reviewed case of {NAME}: give the folder cases of a data set with some.")
    patients = {} if spider is None else _patients_by_file(spider)
    known = {
        case.lineage.group: patients[case.lineage.input_sha256]
        for case in cases
        if case.lineage.input_sha256 in patients
    }
    validates = is_validation([case for case in cases if case.lineage.group not in known])

    def part(case: DatasetCase) -> Part:
        if case.lineage.group in known:
            return split.part_of(known[case.lineage.group])
        return "validation" if validates[case.name] else "train"

    parts = [(case, part(case)) for case in cases]
    return ReviewedParts(
        tuple(case for case, use in parts if use == "train"),
        tuple(case for case, use in parts if use == "validation"),
    )


def read_reviewed(cases: Sequence[DatasetCase]) -> Iterator[ReviewedCase]:
    """Each of ``cases``. Raises InputError where a file is missing, damaged or on another grid, or tells no grade."""
    return (_read(case) for case in cases)


def _read(case: DatasetCase) -> ReviewedCase:
    image, labels, review = case.image(), case.labels(), case.review()
    result = review.result
    require_one_grid(case.name, image, labels)
    # A saved picture looks like a volume of one slice; what it was tells whether its pixels have a size.
    stack = sagittal(replace(image, source=result.source))
    flags = {flag for finding in result.findings for flag in finding.flags}
    if flags & {UPSIDE_DOWN, BACK_TO_FRONT}:
        stack = stack.turned(UPSIDE_DOWN in flags, BACK_TO_FRONT in flags)
    changed = {kind: {change.target for change in review.changes if change.kind == kind} for kind in ("box", "mask")}
    boxes = _boxes(result, stack, changed["box"])
    return ReviewedCase(
        name=case.name,
        patient=FIRST_PATIENT + crc32(case.lineage.group.encode()),
        image=stack.voxels,
        labels=stack.shown(labels.voxels),
        pixel_mm=stack.pixel_mm if stack.has_scale else _estimated(boxes),
        slice_mm=stack.grid.spacing[2],
        discs=tuple(_graded(case.name, result, _discs_of(boxes))),
        boxes=boxes,
        deleted=frozenset(changed["box"] & {SACRAL, *NAMES} - set(boxes)),
        discs_painted=STRUCTURES[DISC] in changed["mask"],
    )


def _boxes(result: Result, stack: SagittalStack, moved: Collection[str]) -> dict[str, ReviewedBox]:
    """By label, of the lumbar region first, then of the discs from the lowest upward."""
    order = (LUMBAR, SACRAL, *NAMES)
    found = {}
    for box in result.boxes:
        if box.label in order:
            own = box.on(stack.volume.geometry, stack.grid)
            index = round((own.index_min[2] + own.index_max[2]) / 2)
            found[box.label] = ReviewedBox(
                min(max(index, 0), len(stack.voxels) - 1), flat(own), moved=box.label in moved
            )
    return dict(sorted(found.items(), key=lambda item: order.index(item[0])))


def _discs_of(boxes: Mapping[str, ReviewedBox]) -> dict[str, ReviewedBox]:
    return {label: box for label, box in boxes.items() if label != LUMBAR}


def _estimated(boxes: Mapping[str, ReviewedBox]) -> PixelMm:
    discs = _discs_of(boxes)
    return estimated_pixel_mm([disc.box for disc in discs.values()], [number_of(level) for level in discs])


def _graded(case: str, result: Result, boxes: Mapping[str, ReviewedBox]) -> Iterable[ReviewedDisc]:
    for finding in result.findings:
        if finding.structure in boxes and finding.label in CLASSES:
            box = boxes[finding.structure].box
            center = ((box.y0 + box.y1) / 2 - 0.5, (box.x0 + box.x1) / 2 - 0.5)
            yield ReviewedDisc(boxes[finding.structure].slice_index, center, _grading(case, finding))


def _grading(case: str, finding: Finding) -> Grading:
    """What the class says, of a herniated disc not whether it bulges, and the Pfirrmann grade that was confirmed."""
    herniated = finding.label == HERNIATED
    return Grading(herniated, None if herniated else finding.label == BULGING, _confirmed_grade(case, finding))


def _confirmed_grade(case: str, finding: Finding) -> int | None:
    """None where nobody stands behind the grade beside the class: a reviewer need not look at it."""
    if PFIRRMANN not in finding.confirmed:
        return None
    told = finding.measurements.get(PFIRRMANN)
    if told is None or told.value not in PFIRRMANN_GRADES:
        raise InputError(
            f"Case {case} says of {finding.structure} a Pfirrmann grade other than {PFIRRMANN_GRADES[0]} to "
            f"{PFIRRMANN_GRADES[-1]}: review it again."
        )
    return int(told.value)


def _patients_by_file(spider: Path) -> dict[str, int]:
    """Patient by SHA-256 of each image of the sets."""
    return {sha256_of([file]): patient for patient, file in (*pictures.files(spider), *volumes.files(spider))}
