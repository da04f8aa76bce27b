"""The tasks that OrthoAI can run. A module or package in this folder that holds a ``TASK`` is a task.

Front ends are generated from this registry, so everything here imports in milliseconds: a task's engine is imported
when its ``run`` is called, not before.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orthoai.errors import InputError
from orthoai.progress import Progress

if TYPE_CHECKING:
    from orthoai.box import Box
    from orthoai.result import Result
    from orthoai.volume import Volume


CAPTURES = ("OT", "SC")
"""DICOM modalities of pictures without a place in the patient (other, secondary capture)."""


@dataclass(frozen=True)
class Label:
    """A structure that a task marks in the segmentation.

    Attributes:
        name: structure name, such as "femur_left".
        value: voxel value in the label volume, 1 or more.
        color: red, green, blue, 0..255 each.
        snomed_code, snomed_meaning: SNOMED CT concept of the structure.
        modifier_code, modifier_meaning: SNOMED CT laterality, empty where there is none.
        category: "anatomical_structure" or "morphologically_abnormal_structure", the kind of thing that the concept is.
    """

    name: str
    value: int
    color: tuple[int, int, int]
    snomed_code: str
    snomed_meaning: str
    modifier_code: str = ""
    modifier_meaning: str = ""
    category: str = "anatomical_structure"


@dataclass(frozen=True)
class Grade:
    """A number that a task gives each finding beside its class, and that a reviewer can correct.

    Attributes:
        name: of the measurement, such as "pfirrmann_grade".
        title: what a panel says.
        values: what it may be, ascending.
    """

    name: str
    title: str
    values: tuple[int, ...]


@dataclass(frozen=True)
class RunOptions:
    """What a person may choose for one run.

    Attributes:
        device: "auto", "cpu" or "cuda".
        model: name of a model in the store or path of a model folder; None takes the task's default.
        confidence: smallest detector score that counts, 0..1; None takes the model's own.
        boxes: boxes in the volume's index space, for example corrected by a radiologist. When there are any, the search
            for boxes is skipped.
    """

    device: str = "auto"
    model: str | None = None
    confidence: float | None = None
    boxes: tuple[Box, ...] = ()


Run = Callable[["Volume", RunOptions, Progress], "Result"]


@dataclass(frozen=True)
class Task:
    """One button of the front ends.

    Attributes:
        name: what a person types, such as "femur".
        title: what a button says, such as "Segment Femur".
        summary: one sentence for help texts.
        modality: the DICOM modality that it takes, such as "CT".
        labels: the structures it marks.
        default_model: name in the model store.
        run: (volume, options, progress) to Result. Raises InputError for an unsuitable volume, Canceled when stopped.
        classes: what a finding may be called, to choose from in a review; the names of the labels where there are none.
        boxes: labels of the boxes that a person may add to RunOptions.boxes; the names of the labels where there are
            none.
        grade: what else a review corrects of a finding; None for nothing.
        pictures: whether it also takes a single 2D picture without a place in the patient, such as a PNG.
    """

    name: str
    title: str
    summary: str
    modality: str
    labels: tuple[Label, ...]
    default_model: str
    run: Run
    classes: tuple[str, ...] = ()
    boxes: tuple[str, ...] = ()
    grade: Grade | None = None
    pictures: bool = False

    @property
    def box_labels(self) -> tuple[str, ...]:
        """What a box that a person adds may be called."""
        return self.boxes or tuple(label.name for label in self.labels)

    @property
    def label_table(self) -> dict[int, str]:
        """Voxel value to structure name."""
        return {label.value: label.name for label in self.labels}

    def label(self, name: str) -> Label:
        """The label called ``name``; KeyError when the task has none."""
        for label in self.labels:
            if label.name == name:
                return label
        raise KeyError(name)


def all_tasks() -> list[Task]:
    """Every task, by name."""
    found = []
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        task = getattr(importlib.import_module(module.name), "TASK", None)
        if isinstance(task, Task):
            found.append(task)
    return sorted(found, key=lambda task: task.name)


def get_task(name: str) -> Task:
    """The task called ``name``. Raises InputError that lists the tasks when there is none."""
    tasks = all_tasks()
    for task in tasks:
        if task.name == name:
            return task
    names = ", ".join(task.name for task in tasks)
    raise InputError(f'There is no task "{name}": choose one of {names}.')
