"""``orthoai train``."""

from __future__ import annotations

from orthoai_training.tasks import by_task

COMMAND = by_task("train", "Train the networks of a task from simulated or own data.")
