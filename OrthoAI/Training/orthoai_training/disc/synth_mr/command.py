"""``orthoai synth disc``: simulated lumbar MR with known labels, as folders to test on."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from orthoai.errors import InputError

from orthoai_training.synth.case_folder import add_folder, check_folder, fill_folder
from orthoai_training.tasks import COMPLETE_KEPT, TaskCommand

FINEST_MM, COARSEST_MM = 0.3, 2.0
"""Pixels outside would fill the memory, or show no disc."""

THICKEST_MM = 8.0

MOST_SLICES = 200
"""More would fill the memory."""

CONTRAST_NAMES = ("t2", "t1")
"""``render.CONTRASTS``, named here as well since that module loads scipy; a test keeps them alike."""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_folder(parser)
    parser.add_argument("--pixel", metavar="MM", type=float, default=0.8, help="side of a pixel; default: 0.8")
    parser.add_argument("--slice", metavar="MM", type=float, default=4.0, help="slice distance; default: 4")
    parser.add_argument("--slices", metavar="N", type=int, default=15, help="default: 15")
    parser.add_argument("--contrast", choices=CONTRAST_NAMES, default="t2", help="default: t2")


def _run(args: argparse.Namespace) -> int:
    _check(args)
    # Heavy: scipy.
    from orthoai_training.disc.synth_mr.simulate import SeriesRecipe, simulate_cases

    recipe = SeriesRecipe(pixel_mm=args.pixel, slice_mm=args.slice, slices=args.slices, contrast=args.contrast)
    return fill_folder(
        args, asdict(recipe), lambda progress: simulate_cases(args.out, args.count, args.seed, recipe, progress)
    )


def _check(args: argparse.Namespace) -> None:
    check_folder(args)
    if not 1 <= args.slices <= MOST_SLICES:
        raise InputError(f"A series has 1 to {MOST_SLICES} slices: give --slices such a number.")
    if not FINEST_MM <= args.pixel <= COARSEST_MM:
        raise InputError(f"Pixels are {FINEST_MM:g} to {COARSEST_MM:g} mm wide: give --pixel such a number.")
    if not FINEST_MM <= args.slice <= THICKEST_MM:
        raise InputError(f"Slices are {FINEST_MM:g} to {THICKEST_MM:g} mm apart: give --slice such a number.")


DISC = TaskCommand("Simulate sagittal MR of the lumbar spine.", _add_arguments, _run, COMPLETE_KEPT)
