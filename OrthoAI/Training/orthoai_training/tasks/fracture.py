"""The fracture task's commands."""

from __future__ import annotations

from orthoai_training.fracture.evaluation.command import EVALUATE
from orthoai_training.fracture.train_command import TRAIN
from orthoai_training.tasks import TaskCommands

COMMANDS = TaskCommands(task="fracture", verbs={"train": TRAIN, "evaluate": EVALUATE})
