"""Command line options of every command that simulates legs. Imports nothing heavy."""

from __future__ import annotations

import argparse

from orthoai_training.shared_options import add_real_sources

FIELD_NAMES = ("full", "thighs", "hips", "knees", "femur")
"""``limbs.FIELDS``, named here as well since that module loads torch; a test keeps them alike."""


def add_sources(parser: argparse.ArgumentParser, note: str = "") -> None:
    """``--shapes``, whose help ends with ``note``, and ``--texture``: what is real in a simulation."""
    add_real_sources(
        parser,
        "real bones to simulate from: a folder, or a quoted pattern, of STL surfaces or of label maps (NIfTI) of "
        f"femora{note}",
        "DIR",
    )


def add_scan(parser: argparse.ArgumentParser) -> None:
    """``--field`` and ``--spacing``: what a simulated scan covers, and how finely."""
    parser.add_argument("--field", choices=FIELD_NAMES, help="what the scans cover; default: drawn per case")
    parser.add_argument(
        "--spacing", metavar=("X", "Y", "Z"), type=float, nargs=3, help="mm per voxel; default: drawn per case"
    )
