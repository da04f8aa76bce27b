"""``orthoai tasks``: what can be run, and with which labels."""

from __future__ import annotations

import argparse
import json

from orthoai.cli.command import Command
from orthoai.cli.exits import DONE
from orthoai.tasks import all_tasks


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def _run(args: argparse.Namespace) -> int:
    tasks = all_tasks()
    if args.json:
        rows = [
            {
                "name": task.name,
                "title": task.title,
                "summary": task.summary,
                "modality": task.modality,
                "default_model": task.default_model,
                "labels": {str(label.value): label.name for label in task.labels},
            }
            for task in tasks
        ]
        print(json.dumps(rows, indent=2))
        return DONE
    for task in tasks:
        labels = ", ".join(f"{label.value} {label.name}" for label in task.labels)
        print(f"{task.name:<10} {task.title} ({task.modality}): {task.summary}")
        print(f"{'':<10} labels: {labels}")
    return DONE


COMMAND = Command("tasks", "List the tasks and their labels.", _add_arguments, _run)
