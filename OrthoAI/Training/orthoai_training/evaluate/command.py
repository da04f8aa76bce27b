"""``orthoai evaluate``."""

from __future__ import annotations

import argparse
import shlex

from orthoai_training.tasks import by_task

COMMAND = by_task("evaluate", "Measure a task on cases with known labels.")


def command_line(args: argparse.Namespace) -> str:
    """What was typed, for the tables; paths as they were given."""
    words = ["orthoai", "evaluate", args.task]
    for name, value in vars(args).items():
        option = f"--{name.replace('_', '-')}"
        if name in ("task", "debug", "quiet") or value is None or value == []:
            continue
        if name in ("shapes", "texture"):
            words += [word for each in value for word in (option, str(each))]
        else:
            words += [option, *(str(each) for each in (value if isinstance(value, list) else [value]))]
    return shlex.join(words)
