"""``orthoai train femur``."""

from __future__ import annotations

import argparse
from pathlib import Path

from orthoai.cli.exits import DONE, say
from orthoai.cli.supervise import stop_signals

from orthoai_training.progress_lines import shown_progress
from orthoai_training.shared_options import TO_CREDIT, add_device, add_quiet, add_seed
from orthoai_training.synth.options import add_sources
from orthoai_training.tasks import RESUMABLE, TaskCommand
from orthoai_training.train.start_options import add_start

# Named here as well, since the modules that define them load torch; a test keeps them alike.
RECIPE_NAMES = ("paper", "compact")
PART_NAMES = ("detector", "segmenter", "single-stage", "transunet")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--out", metavar="DIR", type=Path, required=True, help="folder of the training run")
    parser.add_argument("--recipe", choices=RECIPE_NAMES, default="compact", help="default: compact")
    parser.add_argument("--only", choices=PART_NAMES, help="train one network; default: detector and segmenter")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--data", metavar="DIR", type=Path, help="own cases: folders with image.nii.gz and labels.nii.gz"
    )
    source.add_argument("--simulate", metavar="N", type=int, help="simulate N cases first")
    add_sources(parser, TO_CREDIT)
    add_start(parser)
    parser.add_argument("--minutes", metavar="M", type=float, help="end in this time; default: all epochs")
    parser.add_argument("--resume", action="store_true", help="go on with what the folder holds")
    add_device(parser)
    add_seed(parser)
    add_quiet(parser)


def _run(args: argparse.Namespace) -> int:
    # Heavy: torch, monai.
    from orthoai_training.femur.request import TrainRequest
    from orthoai_training.femur.train import train_femur

    request = TrainRequest(
        out=args.out,
        recipe=args.recipe,
        only=args.only,
        data=args.data,
        simulate=args.simulate,
        shapes=tuple(args.shapes),
        textures=tuple(args.texture),
        minutes=args.minutes,
        resume=args.resume,
        device=args.device,
        seed=args.seed,
        start=args.start,
        blend=args.blend,
    )
    with stop_signals() as stop:
        progress = shown_progress(args.quiet, stop)
        folders = train_femur(request, progress)
    for folder in folders:
        say(f"Model written to {folder.resolve()}")
    if not folders:
        say(f"Trained; {args.out.resolve()} becomes a model once it holds a detector and a segmenter.")
    return DONE


TRAIN = TaskCommand("Train the two networks from simulated or own CT.", _add_arguments, _run, RESUMABLE)
