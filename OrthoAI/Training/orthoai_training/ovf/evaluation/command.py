"""``orthoai evaluate ovf``."""

from __future__ import annotations

import argparse
from pathlib import Path

from orthoai.cli.exits import DONE, say
from orthoai.errors import InputError

from orthoai_training.evaluate.command import command_line
from orthoai_training.progress_lines import shown_progress
from orthoai_training.shared_options import (
    add_calibration,
    add_device,
    add_quiet,
    check_calibration,
    check_real_sources,
)
from orthoai_training.spine_ct.source_options import add_sources
from orthoai_training.tasks import TaskCommand

DEFAULT_MODEL = "vertebral_fractures"

REAL_SHARE = 0.5
"""Of cases from real shapes, when there are --shapes."""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--out", metavar="DIR", type=Path, required=True, help="folder of the evaluation")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", metavar="CASES", type=Path, help="folder of simulated cases (orthoai synth ovf)")
    source.add_argument("--simulate", metavar="N", type=int, help="N simulated cases that no training run has met")
    parser.add_argument(
        "--seed",
        metavar="S",
        type=int,
        default=0,
        help="number of the first simulated case, the others follow: two evaluations share no case only where their "
        "seeds lie at least --simulate apart; default: 0",
    )
    add_sources(parser)
    parser.add_argument(
        "--real-share", metavar="X", type=float, default=REAL_SHARE, help="share from real shapes; default: 0.5"
    )
    parser.add_argument("--model", metavar="NAME", help=f"default: {DEFAULT_MODEL}")
    parser.add_argument("--slices", metavar="N", type=int, default=5, help="pictures per case; default: 5")
    parser.add_argument(
        "--only", choices=("pictures", "vertebrae"), help="the network on pictures, or the whole task; default: both"
    )
    add_calibration(parser)
    parser.add_argument("--limit", metavar="N", type=int, help="measure only the first N cases")
    add_device(parser)
    add_quiet(parser)


def _run(args: argparse.Namespace) -> int:
    check_real_sources(args.data, args.shapes, args.texture)
    if not 0 <= args.real_share <= 1:
        raise InputError("A share lies between 0 and 1: give --real-share such a number.")
    if args.calibrate == "yes":
        if args.only == "pictures":
            raise InputError("Probabilities are fitted per vertebra: leave out --only pictures with --calibrate yes.")
        check_calibration(args.data, args.model)
    if args.slices < 1:
        raise InputError("At least one picture per case must be measured: give --slices a number above 0.")
    # Heavy: torch.
    from orthoai_training.ovf.evaluation.run import EvaluationRequest, evaluate_ovf
    from orthoai_training.ovf.evaluation.source import Source

    request = EvaluationRequest(
        out=args.out,
        source=Source(
            args.data, args.simulate or 0, args.seed, tuple(args.shapes), tuple(args.texture), args.real_share
        ),
        model=args.model or DEFAULT_MODEL,
        limit=args.limit,
        slices=0 if args.only == "vertebrae" else args.slices,
        run_task=args.only != "pictures",
        calibrate=args.calibrate == "yes",
        device=args.device,
        command=command_line(args),
    )
    evaluate_ovf(request, shown_progress(args.quiet))
    say(f"Tables, pictures and scores are in {args.out.resolve()}")
    return DONE


EVALUATE = TaskCommand("Measure the task on CT with known vertebrae.", _add_arguments, _run)
