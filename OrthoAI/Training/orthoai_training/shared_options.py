"""Options that many commands have, and what they may be. Imports nothing heavy."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from math import inf
from pathlib import Path

from orthoai.errors import InputError

TO_CREDIT = "; for training on --data: what the cases were simulated from, to be credited"
"""Ends the help of ``--shapes`` where a command trains."""


def add_real_sources(parser: argparse.ArgumentParser, shapes: str, metavar: str = "PATH") -> None:
    """``--shapes``, whose help is ``shapes``, and ``--texture``: what is real in a simulation."""
    parser.add_argument("--shapes", metavar=metavar, type=Path, action="append", default=[], help=shapes)
    parser.add_argument(
        "--texture", metavar="DIR", type=Path, action="append", default=[], help="real CT to take texture from"
    )


def check_real_sources(data: Path | None, shapes: Sequence[Path], texture: Sequence[Path]) -> None:
    """Raise InputError where an evaluation of cases that are there is also told what to simulate from."""
    if data is not None and (shapes or texture):
        raise InputError("--shapes and --texture belong to --simulate: leave them out with --data.")


def add_device(parser: argparse.ArgumentParser) -> None:
    """``--device``: where networks run."""
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: auto")


def add_seed(parser: argparse.ArgumentParser, of: str = "of everything random") -> None:
    """``--seed``, whose help begins with ``of``."""
    parser.add_argument("--seed", metavar="S", type=int, default=0, help=f"{of}; default: 0")


def add_quiet(parser: argparse.ArgumentParser) -> None:
    """``--quiet``; see :func:`orthoai_training.progress_lines.shown_progress`."""
    parser.add_argument("--quiet", action="store_true", help="no progress lines")


LARGEST_SEED = 1_000_000_000
"""With room for the seeds that are counted on from it, which a generator takes up to 64 bits long."""


def check_seed(seed: int) -> None:
    """Raise InputError for a seed that no generator takes; below 0 it would also lead out of its split's seeds."""
    if not 0 <= seed <= LARGEST_SEED:
        raise InputError(f"A seed is a number from 0 to {LARGEST_SEED}: give another --seed.")


def check_limit(limit: int) -> None:
    """Raise InputError where an evaluation would measure nothing."""
    if limit < 1:
        raise InputError("At least one case must be measured: give --limit a number above 0.")


def check_minutes(minutes: float) -> None:
    """Raise InputError for a time that is none, "nan" included."""
    if not 0 < minutes < inf:
        raise InputError("Training takes time: give --minutes a number above 0.")


def add_calibration(parser: argparse.ArgumentParser, besides: str = "") -> None:
    """``--calibrate``, whose help also says what else it does, ``besides``; see :func:`check_calibration`."""
    parser.add_argument(
        "--calibrate",
        metavar="yes|no",
        choices=("yes", "no"),
        default="no",
        help="yes: fit the probabilities of --model to the validation cases of --data and write that to its card"
        f"{besides}; needs both; default: no",
    )


def check_calibration(data: Path | None, model: str | None) -> None:
    """Raise InputError where ``--calibrate yes`` would fit to test cases, or change the card of a model unasked."""
    if data is None:
        raise InputError("Probabilities are fitted to cases that are there: give --data with a folder of them.")
    if model is None:
        raise InputError("What is fitted changes the card of a model: name that with --model.")
