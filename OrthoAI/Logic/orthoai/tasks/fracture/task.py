"""The task of spine fractures as the front ends see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orthoai.progress import Progress
from orthoai.spine.genant import UNCLEAR
from orthoai.tasks import Label, RunOptions, Task

if TYPE_CHECKING:
    from orthoai.result import Result
    from orthoai.volume import Volume

NAME = "fracture"
"""The task's name, which the card of a model for it carries."""

DEFAULT_MODEL = "spine_fracture"

FRACTURE = "fracture"
"""The one structure that it marks."""


def _run(volume: Volume, options: RunOptions, progress: Progress) -> Result:
    from orthoai.tasks.fracture.pipeline import run  # heavy: onnxruntime and SimpleITK

    return run(volume, options, progress)


TASK = Task(
    name=NAME,
    title="Segment Spine Fractures",
    summary="Marks the bodies of fractured vertebrae in a CT.",
    modality="CT",
    # Vermilion of the Okabe-Ito palette: told apart from gray with any color vision.
    labels=(
        Label(
            FRACTURE, 1, (213, 94, 0), "125605004", "Fracture of bone", category="morphologically_abnormal_structure"
        ),
    ),
    default_model=DEFAULT_MODEL,
    run=_run,
    classes=(FRACTURE, UNCLEAR),
    boxes=("vertebra",),
)
