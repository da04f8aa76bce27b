"""The femur task's commands."""

from __future__ import annotations

from orthoai_training.bench.command import FEMUR as BENCH
from orthoai_training.femur.evaluation.command import EVALUATE
from orthoai_training.femur.train_command import TRAIN
from orthoai_training.synth.command import FEMUR as SYNTH
from orthoai_training.tasks import TaskCommands

COMMANDS = TaskCommands(
    task="femur",
    verbs={"synth": SYNTH, "train": TRAIN, "evaluate": EVALUATE, "bench": BENCH},
    # Both legs from the pelvis to the feet, of a person who stands straight in a narrow field of view: few voxels, so
    # the demo does not take long.
    sample=("--field", "full", "--spacing", "1.5", "1.5", "2", "--metal", "0"),
    sample_seed=31,
)
