"""``orthoai``: find the command, parse its arguments, run it, answer with an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from io import TextIOWrapper
from typing import NoReturn

from orthoai import __version__
from orthoai.cli.command import Command
from orthoai.cli.exits import BAD_INPUT, DONE, INTERNAL_ERROR, guarded, say
from orthoai.errors import InputError

GROUP = "orthoai.commands"

HELP = {
    "run": "run a task on an image: masks, boxes, findings and a report in a folder",
    "tasks": "list the tasks and their labels",
    "models": "list, show and verify models, and tell which learned from a case",
    "dataset": "list, verify, withdraw and export reviewed cases, and import labeled pictures",
    "demo": "run a task on a generated sample",
    "synth": "generate simulated patients",
    "train": "train the networks of a task",
    "evaluate": "measure a task on cases with known labels",
    "bench": "measure time and memory",
}
"""Help lines of OrthoAI's own commands, so that ``--help`` loads none of them."""


class Parser(argparse.ArgumentParser):
    """Bad usage is one sentence, not a page."""

    def error(self, message: str) -> NoReturn:
        say(f"Error: {message} (see: {self.prog} --help).")
        raise SystemExit(BAD_INPUT)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``orthoai`` with ``argv`` (default: the process's own) and return the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    # A name or a path may hold letters that the terminal does not have; as standard error does, show their numbers.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = guarded(lambda: _dispatch(words), debug="--debug" in words)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever read our output (``| head``) has gone. Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERNAL_ERROR


def find_commands() -> dict[str, EntryPoint]:
    """The installed commands by name: OrthoAI's own in their usual order, then those of other packages."""
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        found.setdefault(entry.name, entry)
    order = list(HELP)
    return dict(sorted(found.items(), key=lambda item: (order.index(item[0]) if item[0] in HELP else len(HELP), item)))


def overview(commands: dict[str, EntryPoint]) -> str:
    """The text of ``orthoai --help``."""
    lines = [f"  {name:<10} {HELP.get(name) or _origin(entry)}" for name, entry in commands.items()]
    return "\n".join(
        [
            "usage: orthoai COMMAND [ARGUMENTS]",
            "",
            "Orthopedic image analysis. For research; not a medical device.",
            "",
            "commands:",
            *lines,
            "",
            "orthoai COMMAND --help tells more; orthoai --version prints the version.",
            "Exit codes: 0 done (also when nothing is found), 2 bad usage or unsuitable input, 1 internal error,",
            "130 canceled.",
        ]
    )


def _dispatch(words: list[str]) -> int:
    words = words if words[:1] != ["--debug"] else [*words[1:], "--debug"]
    commands = find_commands()
    if words[:1] == ["--version"]:
        print(f"orthoai {__version__}")
        return DONE
    if not words or words[0] in ("-h", "--help"):
        print(overview(commands))
        return DONE if words else BAD_INPUT
    name = words[0]
    if name not in commands:
        raise InputError(f"There is no command '{name}'; choose one of: {', '.join(commands)}.")
    command: Command = commands[name].load()
    parser = Parser(prog=f"orthoai {name}", description=command.help)
    command.add_arguments(parser)
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return command.run(parser.parse_args(words[1:]))


def _origin(entry: EntryPoint) -> str:
    return f"from the package {entry.dist.name}" if entry.dist else f"from {entry.module}"


if __name__ == "__main__":
    sys.exit(main())
