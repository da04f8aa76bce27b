"""Segment Femur: both femora in a CT of the lower limbs, in two stages (Xie et al., Sci Rep 2025;15:9198)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orthoai.progress import Progress
from orthoai.tasks import Label, RunOptions, Task

if TYPE_CHECKING:
    from orthoai.result import Result
    from orthoai.volume import Volume

# Orange and sky blue of the Okabe-Ito palette: told apart with any color vision.
FEMUR_LEFT = Label("femur_left", 1, (230, 159, 0), "71341001", "Femur", "7771000", "Left")
FEMUR_RIGHT = Label("femur_right", 2, (86, 180, 233), "71341001", "Femur", "24028007", "Right")


def _run(volume: Volume, options: RunOptions, progress: Progress) -> Result:
    from orthoai.tasks.femur.pipeline import run  # heavy: onnxruntime, torch and SimpleITK

    return run(volume, options, progress)


TASK = Task(
    name="femur",
    title="Segment Femur",
    summary="Finds both femora in a CT of the lower limbs and marks their voxels, left and right apart.",
    modality="CT",
    labels=(FEMUR_LEFT, FEMUR_RIGHT),
    default_model="femur_two_stage",
    run=_run,
)
