"""Options that the trainings of several tasks have. Imports nothing heavy."""

from __future__ import annotations

import argparse
from pathlib import Path

RECIPE_NAMES = ("paper", "compact")
"""Named here as well, since the modules that define the recipes load torch; a test of each task keeps them alike."""


def add_out(parser: argparse.ArgumentParser) -> None:
    """``--out``: where the training is kept."""
    parser.add_argument("-o", "--out", metavar="DIR", type=Path, required=True, help="folder of the training run")


def add_recipe(parser: argparse.ArgumentParser) -> None:
    """``--recipe``: the paper's, or the one for little hardware."""
    parser.add_argument("--recipe", choices=RECIPE_NAMES, default="compact", help="default: compact")


def add_cases(parser: argparse.ArgumentParser, data: str, metavar: str = "DIR") -> argparse._MutuallyExclusiveGroup:
    """``--data``, whose help is ``data``, or ``--simulate``; returns the group, of which one must be given."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", metavar=metavar, type=Path, help=data)
    source.add_argument("--simulate", metavar="N", type=int, help="simulate N cases first")
    return source


def add_start(parser: argparse.ArgumentParser) -> None:
    """``--start`` and ``--blend``, of a training that goes on from a model."""
    parser.add_argument(
        "--start", metavar="MODEL", help="go on from this model's networks, and take over the one that is not trained"
    )
    add_blend(parser)


def add_blend(parser: argparse.ArgumentParser) -> None:
    """``--blend`` alone."""
    parser.add_argument(
        "--blend",
        metavar="SHARE",
        type=float,
        default=1.0,
        help="with --start: share of the trained weights in the result, the rest are MODEL's; default: 1",
    )


def add_resume(parser: argparse.ArgumentParser) -> None:
    """``--resume``."""
    parser.add_argument("--resume", action="store_true", help="go on with what the folder holds")
