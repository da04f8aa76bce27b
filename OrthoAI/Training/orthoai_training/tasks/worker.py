"""The commands for the worker, which runs the tasks of all front ends and is no task itself."""

from __future__ import annotations

from orthoai_training.bench.command import WORKER as BENCH
from orthoai_training.tasks import TaskCommands

COMMANDS = TaskCommands(task="worker", verbs={"bench": BENCH})
