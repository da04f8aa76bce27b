"""Command line options that the spine tasks share. Imports nothing heavy."""

from __future__ import annotations

import argparse

from orthoai_training.shared_options import add_real_sources


def add_sources(parser: argparse.ArgumentParser) -> None:
    """``--shapes`` and ``--texture``: what is real in a simulation."""
    add_real_sources(
        parser,
        "real spines to simulate from, as orthoai synth ovf takes them; for training on --data: what the cases were "
        "simulated from, to be credited",
    )
