"""Words of the command line, given to one command alone."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from orthoai.cli.command import Command
from orthoai.cli.exits import guarded


def parsed(add_arguments: Callable[[ArgumentParser], None], *words: object) -> Namespace:
    """What a command whose arguments ``add_arguments`` adds is told by ``words``."""
    parser = ArgumentParser()
    add_arguments(parser)
    return parser.parse_args([str(word) for word in words])


def exit_code(command: Command, *words: object) -> int:
    """That of ``command`` with ``words``; its errors are told as the command line tells them."""
    args = parsed(command.add_arguments, *words)
    return guarded(lambda: command.run(args))
