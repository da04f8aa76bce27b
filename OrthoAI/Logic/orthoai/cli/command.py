"""One subcommand of ``orthoai``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """What the entry points of group "orthoai.commands" point at.

    Attributes:
        name: the word after ``orthoai``.
        help: one line for ``--help``.
        add_arguments: adds the command's arguments to its parser. Must not import heavy libraries.
        run: does the work and returns the exit code; may raise InputError or Canceled.
    """

    name: str
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
