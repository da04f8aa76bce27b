"""Reviewed cases as the detector learns from them: bodies as the task numbered them, classes as they were reviewed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from orthoai.dataset.layout import VERTEBRAE_FILE
from orthoai.dataset.store import DatasetCase
from orthoai.errors import InputError
from orthoai.finding import Finding
from orthoai.spine.stack import OVF_PIXEL_MM, OVF_SLICE_MM, working_stack
from orthoai.tasks.ovf.labels import CLASSES, NORMAL, UNCLEAR
from orthoai.tasks.ovf.task import NAME
from orthoai.volume import Volume

from orthoai_training.dataset import CaseFolder, has_verdict, require_one_grid
from orthoai_training.ovf.reviewed_bodies import reviewed_bodies
from orthoai_training.ovf.scenes import CaseScene, body_blocks


def is_reviewed(folder: Path) -> bool:
    """Whether ``folder`` is a reviewed case of the task that tells its sound vertebrae, too."""
    meta = CaseFolder(folder).meta
    return has_verdict(meta, NAME) and VERTEBRAE_FILE in (meta.get("files") or ())


def reviewed_scene(folder: Path) -> CaseScene:
    """The working slices of a reviewed case, and its bodies on their grid.

    Not asked for is a body whose finding stayed "unclear", and one that the field of view cuts, unless it is marked.

    Raises:
        InputError: a file is missing, unreadable or on another grid.
    """
    case = DatasetCase(folder)
    image, labels, numbers = case.image(), case.labels(), case.vertebrae()
    if numbers is None:
        raise InputError(f"Case {case.name} does not tell its sound vertebrae: export its review again.")
    for picture in (labels, numbers):
        require_one_grid(case.name, image, picture)
    found = reviewed_bodies(numbers.voxels, labels.voxels, image.geometry.spacing)
    names = case.lineage.labels
    bodies = numbers.with_voxels(found.voxels)
    left_out = _cut(bodies) | _unclear(numbers, case.review().result.findings)
    wanted = (
        (number, CLASSES.index(names[value] if value else NORMAL), not value and number in left_out)
        for number, value in found.values.items()
    )
    stack = working_stack(image, "sagittal", OVF_PIXEL_MM, OVF_SLICE_MM)
    return CaseScene(stack, body_blocks(bodies, wanted, stack.grid))


def _cut(bodies: Volume) -> set[int]:
    """Numbers of bodies that reach the upper, lower, front or back end of the image."""
    voxels = bodies.reoriented("LPS").voxels
    ends = (voxels[0], voxels[-1], voxels[:, 0], voxels[:, -1])
    return {int(number) for end in ends for number in np.unique(end)}


def _unclear(numbers: Volume, findings: tuple[Finding, ...]) -> set[int]:
    """Numbers of the bodies that nobody has called sound or fractured."""
    places = [found.place.lps for found in findings if found.label == UNCLEAR and found.place is not None]
    indices = (np.rint(numbers.geometry.lps_to_index(place)).astype(int) for place in places)
    last = np.asarray(numbers.geometry.size) - 1
    return {int(numbers.voxels[tuple(np.clip(index, 0, last)[::-1])]) for index in indices}
