"""Command line options that the spine tasks share. Imports nothing heavy."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_sources(parser: argparse.ArgumentParser) -> None:
    """``--shapes`` and ``--texture``: what is real in a simulation."""
    parser.add_argument(
        "--shapes",
        metavar="PATH",
        type=Path,
        action="append",
        default=[],
        help="real spines to simulate from, as orthoai synth ovf takes them; for training on --data: what the "
        "cases were simulated from, to be credited",
    )
    parser.add_argument(
        "--texture", metavar="DIR", type=Path, action="append", default=[], help="real CT to take texture from"
    )
