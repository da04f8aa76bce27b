"""The vertebral fracture task's commands."""

from __future__ import annotations

from orthoai_training.ovf import command
from orthoai_training.tasks import TaskCommand, TaskCommands

COMMANDS = TaskCommands(
    task="ovf",
    verbs={
        "train": TaskCommand(
            "Train the network from simulated CT or own pictures.", command.add_training_arguments, command.train
        ),
    },
)
