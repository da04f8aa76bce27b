"""Command line options that the spine tasks share. Imports nothing heavy."""

from __future__ import annotations

import argparse

from orthoai_training.shared_options import add_real_sources


def add_sources(parser: argparse.ArgumentParser, note: str = "") -> None:
    """``--shapes``, whose help ends with ``note``, and ``--texture``: what is real in a simulation."""
    add_real_sources(parser, f"real spines to simulate from, as orthoai synth ovf takes them{note}")
