"""``--start`` and ``--blend`` of the trainings that go on from a model."""

from __future__ import annotations

import argparse


def add_start(parser: argparse.ArgumentParser) -> None:
    """Add both to ``parser``."""
    parser.add_argument(
        "--start", metavar="MODEL", help="go on from this model's networks, and take over the one that is not trained"
    )
    add_blend(parser)


def add_blend(parser: argparse.ArgumentParser) -> None:
    """Add ``--blend`` alone."""
    parser.add_argument(
        "--blend",
        metavar="SHARE",
        type=float,
        default=1.0,
        help="with --start: share of the trained weights in the result, the rest are MODEL's; default: 1",
    )
