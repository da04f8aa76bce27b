"""``orthoai train femur``."""

from __future__ import annotations

import argparse

from orthoai.cli.exits import DONE, say
from orthoai.cli.supervise import stop_signals

from orthoai_training.progress_lines import shown_progress
from orthoai_training.shared_options import TO_CREDIT, add_device, add_quiet, add_seed
from orthoai_training.synth.options import add_sources
from orthoai_training.tasks import RESUMABLE, TaskCommand
from orthoai_training.train.options import add_cases, add_out, add_recipe, add_resume, add_start

# Named here as well, since the module that defines them loads torch; a test keeps them alike.
PART_NAMES = ("detector", "segmenter", "single-stage", "transunet")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_out(parser)
    add_recipe(parser)
    parser.add_argument("--only", choices=PART_NAMES, help="train one network; default: detector and segmenter")
    add_cases(parser, "own cases: folders with image.nii.gz and labels.nii.gz")
    add_sources(parser, TO_CREDIT)
    add_start(parser)
    parser.add_argument("--minutes", metavar="M", type=float, help="end in this time; default: all epochs")
    add_resume(parser)
    add_device(parser)
    add_seed(parser)
    add_quiet(parser)


def _run(args: argparse.Namespace) -> int:
    # Heavy: torch, monai.
    from orthoai_training.femur.request import TrainRequest
    from orthoai_training.femur.train import train_femur

    request = TrainRequest.of(args, only=args.only)
    with stop_signals() as stop:
        progress = shown_progress(args.quiet, stop)
        folders = train_femur(request, progress)
    for folder in folders:
        say(f"Model written to {folder.resolve()}")
    if not folders:
        say(f"Trained; {args.out.resolve()} becomes a model once it holds a detector and a segmenter.")
    return DONE


TRAIN = TaskCommand("Train the two networks from simulated or own CT.", _add_arguments, _run, RESUMABLE)
