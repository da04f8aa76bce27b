"""The disc task as the front ends see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orthoai.progress import Progress
from orthoai.tasks import Grade, Label, RunOptions, Task
from orthoai.tasks.disc.grades import PFIRRMANN, PFIRRMANN_GRADES
from orthoai.tasks.disc.labels import CANAL, CLASSES, DISC, LUMBAR_LEVELS, NAMES, SACRAL, VERTEBRA

if TYPE_CHECKING:
    from orthoai.result import Result
    from orthoai.volume import Volume

NAME = "disc"
"""The task's name, which the card of a model for it carries."""

DEFAULT_MODEL = "lumbar_disc"


def _run(volume: Volume, options: RunOptions, progress: Progress) -> Result:
    from orthoai.tasks.disc.pipeline import run  # heavy: onnxruntime and SimpleITK

    return run(volume, options, progress)


TASK = Task(
    name=NAME,
    title="Analyse Lumbar Discs",
    summary="Finds, names, grades and measures the discs in a sagittal T2 MR of the lumbar spine and marks vertebrae, "
    "discs and canal.",
    modality="MR",
    # Orange, sky blue and bluish green of the Okabe-Ito palette: told apart with any color vision.
    labels=(
        Label(NAMES[VERTEBRA], VERTEBRA, (230, 159, 0), "51282000", "Vertebra"),
        Label(NAMES[DISC], DISC, (86, 180, 233), "360499006", "Intervertebral disc"),
        Label(NAMES[CANAL], CANAL, (0, 158, 115), "61853006", "Spinal canal"),
    ),
    default_model=DEFAULT_MODEL,
    run=_run,
    classes=CLASSES,
    boxes=(*LUMBAR_LEVELS, SACRAL),
    grade=Grade(PFIRRMANN, "Pfirrmann grade", PFIRRMANN_GRADES),
    pictures=True,
)
