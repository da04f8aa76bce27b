"""``orthoai synth disc``: simulated lumbar MR with known labels, as folders to test on."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from orthoai.cli.exits import DONE, say
from orthoai.errors import InputError
from orthoai.progress import Progress

from orthoai_training.progress_lines import TrainingLines
from orthoai_training.synth.command import claim
from orthoai_training.tasks import TaskCommand

FINEST_MM, COARSEST_MM = 0.3, 2.0
"""Pixels outside would fill the memory, or show no disc."""

THICKEST_MM = 8.0

CONTRAST_NAMES = ("t2", "t1")
"""``render.CONTRASTS``, named here as well since that module loads scipy; a test keeps them alike."""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--out", metavar="DIR", type=Path, required=True, help="folder of cases; one made before is gone on with"
    )
    parser.add_argument("--count", metavar="N", type=int, required=True, help="how many cases")
    parser.add_argument("--seed", metavar="S", type=int, default=0, help="of everything random; default: 0")
    parser.add_argument("--pixel", metavar="MM", type=float, default=0.8, help="side of a pixel; default: 0.8")
    parser.add_argument("--slice", metavar="MM", type=float, default=4.0, help="slice distance; default: 4")
    parser.add_argument("--slices", metavar="N", type=int, default=15, help="default: 15")
    parser.add_argument("--contrast", choices=CONTRAST_NAMES, default="t2", help="default: t2")
    parser.add_argument("--quiet", action="store_true", help="no progress lines")


def _run(args: argparse.Namespace) -> int:
    _check(args)
    # Heavy: scipy.
    from orthoai_training.disc.synth_mr.simulate import SeriesRecipe, simulate_cases

    recipe = SeriesRecipe(pixel_mm=args.pixel, slice_mm=args.slice, slices=args.slices, contrast=args.contrast)
    # Through JSON, where a tuple is a list, to compare with what was written before.
    claim(args.out, json.loads(json.dumps({"task": args.task, "seed": args.seed, **asdict(recipe)})))
    progress = Progress() if args.quiet else Progress(on_report=TrainingLines())
    simulate_cases(args.out, args.count, args.seed, recipe, progress)
    if not args.quiet:
        say(f"{args.count} simulated cases are in {args.out.resolve()}")
    return DONE


def _check(args: argparse.Namespace) -> None:
    if args.count < 1:
        raise InputError("At least one case must be simulated: give --count a number above 0.")
    if args.seed < 0:
        raise InputError("A seed is a number from 0 on: give another --seed.")
    if args.slices < 1:
        raise InputError("A series has at least one slice: give --slices a number above 0.")
    if not FINEST_MM <= args.pixel <= COARSEST_MM:
        raise InputError(f"Pixels are {FINEST_MM:g} to {COARSEST_MM:g} mm wide: give --pixel such a number.")
    if not FINEST_MM <= args.slice <= THICKEST_MM:
        raise InputError(f"Slices are {FINEST_MM:g} to {THICKEST_MM:g} mm apart: give --slice such a number.")


DISC = TaskCommand("Simulate sagittal MR of the lumbar spine.", _add_arguments, _run)
