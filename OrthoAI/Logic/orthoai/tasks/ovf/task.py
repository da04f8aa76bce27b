"""The task of vertebral fractures as the front ends see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orthoai.progress import Progress
from orthoai.tasks import Label, RunOptions, Task
from orthoai.tasks.ovf.labels import CLASSES, FRACTURES, UNCLEAR

if TYPE_CHECKING:
    from orthoai.result import Result
    from orthoai.volume import Volume

NAME = "ovf"
"""The task's name, which the card of a model for it carries."""

DEFAULT_MODEL = "vertebral_fractures"

ABNORMAL = "morphologically_abnormal_structure"

SNOMED = ("42942008", "Compression fracture of vertebral column")

COLORS = ((213, 94, 0), (230, 159, 0), (86, 180, 233))
"""Vermilion, orange and sky blue of the Okabe-Ito palette: told apart with any color vision."""


def _run(volume: Volume, options: RunOptions, progress: Progress) -> Result:
    from orthoai.tasks.ovf.pipeline import run  # heavy: onnxruntime and SimpleITK

    return run(volume, options, progress)


TASK = Task(
    name=NAME,
    title="Classify Vertebral Fractures",
    summary="Finds the vertebrae in a CT, tells crush, wedge and biconcave fractures from normal bodies, and measures "
    "heights and Genant grades.",
    modality="CT",
    labels=tuple(
        Label(name, value, COLORS[value - 1], *SNOMED, category=ABNORMAL)
        for value, name in enumerate(FRACTURES, start=1)
    ),
    default_model=DEFAULT_MODEL,
    run=_run,
    classes=(*CLASSES, UNCLEAR),
    boxes=("vertebra",),
)
