"""What every ``orthoai synth`` command does with its folder of cases. Imports nothing heavy."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orthoai.cli.exits import DONE, say
from orthoai.errors import InputError
from orthoai.progress import Progress

from orthoai_training.claimed_folder import claim_folder
from orthoai_training.progress_lines import shown_progress
from orthoai_training.shared_options import add_quiet, add_seed

RECIPE_FILE = "simulated.json"
"""In the folder of cases: what they were made with, so that no folder mixes two recipes."""


def add_folder(parser: argparse.ArgumentParser, *counts: str) -> None:
    """``--out``, ``--count`` (also by the names ``counts``), ``--seed`` and ``--quiet``."""
    parser.add_argument(
        "-o", "--out", metavar="DIR", type=Path, required=True, help="folder of cases; one made before is gone on with"
    )
    parser.add_argument("--count", *counts, metavar="N", type=int, required=True, help="how many cases")
    add_seed(parser)
    add_quiet(parser)


def check_folder(args: argparse.Namespace) -> None:
    """Raises InputError for a count that cannot be."""
    if args.count < 1:
        raise InputError("At least one case must be simulated: give --count a number above 0.")


def fill_folder(args: argparse.Namespace, recipe: dict[str, Any], simulate: Callable[[Progress], object]) -> int:
    """Claim the folder for cases of ``recipe``, ``simulate`` them and say so; the exit code.

    Args:
        args: with the options of :func:`add_folder`, and the task.
        recipe: what the cases depend on besides task and seed.
        simulate: writes the cases. A Ctrl-C may stop it midway: a case counts only when its last file is there.

    Raises:
        InputError: the folder holds something else, or cannot be written.
    """
    claim(args.out, as_json({"task": args.task, "seed": args.seed, **recipe}))
    simulate(shown_progress(args.quiet))
    if not args.quiet:
        say(f"{args.count} simulated cases are in {args.out.resolve()}")
    return DONE


def claim(folder: Path, content: dict[str, Any]) -> None:
    """Make ``folder``, or check that what it holds was made with the same options, else raise InputError."""
    claim_folder(folder, RECIPE_FILE, content, "cases of other options or another seed")


def as_json(content: dict[str, Any]) -> dict[str, Any]:
    """``content`` as it is read again: with lists for tuples, and paths by their last names, which differ elsewhere."""
    plain: dict[str, Any] = json.loads(json.dumps(content, default=_name))
    return plain


def _name(value: object) -> str:
    if isinstance(value, Path):
        return value.name
    raise TypeError(f"{type(value).__name__} has no form in JSON")
