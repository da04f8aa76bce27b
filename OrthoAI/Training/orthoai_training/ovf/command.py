"""``orthoai train ovf``."""

from __future__ import annotations

import argparse
from pathlib import Path

from orthoai.cli.exits import DONE, say
from orthoai.cli.supervise import stop_signals
from orthoai.errors import InputError
from orthoai.tasks.ovf.task import DEFAULT_MODEL

from orthoai_training.ovf.network_names import MASK_RCNN, NETWORKS, OUTLINE, YOLO
from orthoai_training.progress_lines import shown_progress
from orthoai_training.shared_options import add_device, add_quiet, add_seed
from orthoai_training.train.options import add_blend, add_cases, add_out, add_resume

RANDOM, LAYERS = "random", "lumbar_disc"
"""Of --start: no model, and the one to take the first layers from."""


def add_training_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of a training."""
    add_out(parser)
    source = add_cases(parser, "folder of cases: simulated (orthoai synth ovf) or reviewed", "CASES")
    source.add_argument(
        "--pictures", metavar="DIR", type=Path, help="own sagittal pictures: PNG with YOLO-seg text files"
    )
    parser.add_argument("--validation", metavar="CASES", type=Path, help="cases to validate on; default: a tenth")
    parser.add_argument("--recipe", choices=("compact", "paper"), default="compact", help="default: compact")
    parser.add_argument("--only", choices=NETWORKS, default=YOLO, help=f"default: {YOLO}")
    parser.add_argument(
        "--beside", metavar="MODEL", help="with --only mask-rcnn: model to measure and time on the same pictures"
    )
    parser.add_argument("--minutes", metavar="M", type=float, help="time of the training itself; default: all epochs")
    parser.add_argument("--epochs", metavar="N", type=int, help="at most; default: the recipe's")
    parser.add_argument(
        "--start",
        metavar="MODEL",
        help=f"model whose detector's layers to start from, or {RANDOM}; default: {LAYERS}; with --only outline the "
        f"model whose detector to keep; default: {DEFAULT_MODEL}",
    )
    add_blend(parser)
    add_resume(parser)
    add_device(parser)
    add_seed(parser)
    add_quiet(parser)


def train(args: argparse.Namespace) -> int:
    """Train what the arguments ask for."""
    if args.epochs is not None and args.epochs < 1:
        raise InputError("Training takes at least one epoch: give --epochs a number above 0.")
    if args.only == OUTLINE and (args.pictures or args.epochs or args.recipe != "compact"):
        raise InputError("Outlines are learned from cases, for some minutes: leave --pictures, --epochs, --recipe out.")
    if args.beside is not None and args.only != MASK_RCNN:
        raise InputError("Only --only mask-rcnn is measured beside a model: leave --beside out.")
    start = args.start or (DEFAULT_MODEL if args.only == OUTLINE else LAYERS)
    # Heavy: torch.
    from orthoai_training.ovf.request import TrainRequest
    from orthoai_training.ovf.train import train_ovf

    request = TrainRequest(
        out=args.out,
        network=args.only,
        data=args.data,
        simulate=args.simulate,
        pictures=args.pictures,
        validation=args.validation,
        recipe=args.recipe,
        minutes=args.minutes,
        epochs=args.epochs,
        beside=args.beside,
        start=None if start == RANDOM else start,
        blend=args.blend,
        resume=args.resume,
        device=args.device,
        seed=args.seed,
    )
    with stop_signals() as stop:
        folder = train_ovf(request, shown_progress(args.quiet, stop))
    say(f"Written to {folder.resolve()}")
    return DONE
