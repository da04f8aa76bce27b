"""What the training package offers for each task: one module here per task, which holds its ``COMMANDS``.

``orthoai synth|train|evaluate|bench|demo`` take their tasks from this registry, so that a new task is one new file. The
modules import nothing heavy: a command's work is imported when it is done.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

from orthoai.cli.command import Command
from orthoai.errors import Canceled

from orthoai_training.shared_options import check_limit, check_minutes, check_seed

COMPLETE_KEPT = "what is complete is kept, and the same command goes on."
RESUMABLE = "what is done is kept, and --resume goes on."
"""What becomes of the work of a canceled command."""


@dataclass(frozen=True)
class TaskCommand:
    """One verb for one task, such as ``orthoai train femur``.

    Attributes:
        help: one line for ``--help``.
        add_arguments: adds its arguments, without TASK. Must not import heavy libraries.
        run: does the work and returns the exit code; may raise InputError or Canceled. ``args.task`` names the task.
        kept: what is left of a canceled one, as the end of "Canceled: "; None where nothing is.
    """

    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    kept: str | None = None

    def stoppable(self, args: argparse.Namespace) -> int:
        """:attr:`run`; a cancel says what is kept, by whatever it came."""
        try:
            return self.run(args)
        except (Canceled, KeyboardInterrupt) as stop:
            raise stop if self.kept is None else Canceled(f"Canceled: {self.kept}") from None


@dataclass(frozen=True)
class TaskCommands:
    """What there is for one task.

    Attributes:
        task: the task's name.
        verbs: by name ("synth", "train", "evaluate", "bench").
        sample: options of ``orthoai synth TASK`` for the patient that ``orthoai demo`` shows; None where there is none.
        sample_seed: of a patient worth looking at.
    """

    task: str
    verbs: dict[str, TaskCommand]
    sample: tuple[str, ...] | None = None
    sample_seed: int = 0


def all_commands() -> list[TaskCommands]:
    """The commands of every task, by name."""
    modules = (importlib.import_module(module.name) for module in pkgutil.iter_modules(__path__, f"{__name__}."))
    return sorted((module.COMMANDS for module in modules), key=lambda commands: commands.task)


def by_task(verb: str, summary: str) -> Command:
    """The command ``orthoai VERB TASK ...``: each task that knows the verb has its own arguments."""

    def add_arguments(parser: argparse.ArgumentParser) -> None:
        tasks = parser.add_subparsers(dest="task", metavar="TASK", required=True, help="name of the task")
        for task, command in _with(verb).items():
            own = tasks.add_parser(task, help=command.help, description=command.help)
            command.add_arguments(own)
            # The verb's parser has the option, too; its default must not be overwritten from here.
            own.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)

    def run(args: argparse.Namespace) -> int:
        # Not every command has them, or a default for them.
        for name, check in (("seed", check_seed), ("limit", check_limit), ("minutes", check_minutes)):
            if getattr(args, name, None) is not None:
                check(getattr(args, name))
        return _with(verb)[args.task].stoppable(args)

    return Command(verb, summary, add_arguments, run)


def _with(verb: str) -> dict[str, TaskCommand]:
    return {commands.task: commands.verbs[verb] for commands in all_commands() if verb in commands.verbs}
