"""The fracture task's commands."""

from __future__ import annotations

from orthoai_training.bench.command import task_bench
from orthoai_training.fracture.evaluation.command import EVALUATE
from orthoai_training.fracture.train_command import TRAIN
from orthoai_training.spine_ct.command import SAMPLE, SPINE_SYNTH
from orthoai_training.tasks import TaskCommands

COMMANDS = TaskCommands(
    task="fracture",
    verbs={"synth": SPINE_SYNTH, "train": TRAIN, "evaluate": EVALUATE, "bench": task_bench("fracture")},
    sample=SAMPLE,
    sample_seed=12,
)
