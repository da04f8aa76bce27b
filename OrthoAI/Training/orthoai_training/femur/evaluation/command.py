"""``orthoai evaluate femur``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from orthoai.cli.exits import DONE, say
from orthoai.errors import InputError

from orthoai_training.evaluate.command import command_line
from orthoai_training.progress_lines import every_line, shown_progress
from orthoai_training.shared_options import add_device, add_quiet, add_seed
from orthoai_training.synth.options import add_scan, add_sources
from orthoai_training.tasks import COMPLETE_KEPT, TaskCommand

if TYPE_CHECKING:
    from orthoai_training.femur.evaluation.subjects import Source

DEFAULT_SHARE = 0.5
"""Of cases with real femora, when there are --shapes."""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--out", metavar="DIR", type=Path, required=True, help="folder of the evaluation; a stopped one goes on"
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", metavar="DIR", type=Path, help="own cases: folders with image and labels .nii.gz")
    source.add_argument("--simulate", metavar="N", type=int, help="N simulated cases that no training run has met")
    add_seed(parser, "of the simulated cases")
    add_sources(parser)
    parser.add_argument(
        "--real-share", metavar="X", type=float, help=f"share with real femora; default {DEFAULT_SHARE}"
    )
    add_scan(parser)
    parser.add_argument(
        "--simulate-on", choices=("cpu", "cuda"), default="cpu", help="default: cpu; other voxels on another device"
    )
    parser.add_argument("--model", metavar="NAME", help="model to measure; default: the task's own")
    parser.add_argument(
        "--compare",
        metavar="NAME",
        nargs="+",
        action="extend",
        default=[],
        help="further models on the same cases; single-stage: the main model's segmenter without stage 1",
    )
    parser.add_argument("--limit", metavar="N", type=int, help="measure only the first N cases")
    add_device(parser)
    add_quiet(parser)


def _run(args: argparse.Namespace) -> int:
    # Heavy: torch, monai.
    from orthoai_training.femur.evaluation.run import EvaluationRequest, evaluate_femur

    request = EvaluationRequest(
        out=args.out,
        source=_source(args),
        model=args.model,
        compare=tuple(args.compare),
        limit=args.limit,
        device=args.device,
        command=command_line(args),
    )
    # No handler for Ctrl-C here: it may stop a simulation midway, since a record is written whole or not at all.
    evaluate_femur(request, shown_progress(args.quiet, report=every_line))
    if not args.quiet:
        say(f"Tables, figure and scores are in {args.out.resolve()}")
    return DONE


def _source(args: argparse.Namespace) -> Source:
    from orthoai_training.femur.evaluation.subjects import Folders, Simulation
    from orthoai_training.synth.limbs import LimbRecipe, require_sources

    simulating = ("shapes", "texture", "real_share", "field", "spacing")
    if args.data is not None:
        given = next((name for name in simulating if getattr(args, name)), None)
        if given:
            raise InputError(f"--{given.replace('_', '-')} belongs to --simulate: leave it out with --data.")
        return Folders(args.data)
    if args.spacing is not None and min(args.spacing) <= 0:
        raise InputError("Voxels have a size: give --spacing three numbers above 0.")
    if args.real_share and not args.shapes:
        raise InputError("Real femora need surfaces: give --shapes a folder of them.")
    recipe = LimbRecipe(
        field=args.field,
        spacing=tuple(args.spacing) if args.spacing else None,
        shapes=tuple(args.shapes),
        textures=tuple(args.texture),
        real_share=DEFAULT_SHARE if args.real_share is None else args.real_share,
    )
    require_sources(recipe)
    return Simulation(args.simulate, args.seed, recipe, args.simulate_on)


EVALUATE = TaskCommand("Measure the task on CT with known labels.", _add_arguments, _run, COMPLETE_KEPT)
