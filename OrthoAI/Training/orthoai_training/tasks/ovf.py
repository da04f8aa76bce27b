"""The vertebral fracture task's commands."""

from __future__ import annotations

from orthoai_training.bench.command import task_bench
from orthoai_training.ovf import command
from orthoai_training.ovf.evaluation.command import EVALUATE
from orthoai_training.spine_ct.command import SAMPLE, SPINE_SYNTH
from orthoai_training.tasks import RESUMABLE, TaskCommand, TaskCommands

COMMANDS = TaskCommands(
    task="ovf",
    verbs={
        "synth": SPINE_SYNTH,
        "train": TaskCommand(
            "Train the network from simulated CT or own pictures.",
            command.add_training_arguments,
            command.train,
            RESUMABLE,
        ),
        "evaluate": EVALUATE,
        "bench": task_bench("ovf"),
    },
    sample=SAMPLE,
    sample_seed=12,
)
