"""``orthoai train fracture``."""

from __future__ import annotations

import argparse
from pathlib import Path

from orthoai.cli.exits import DONE, say
from orthoai.cli.supervise import stop_signals
from orthoai.errors import InputError

from orthoai_training.progress_lines import shown_progress
from orthoai_training.shared_options import TO_CREDIT, add_device, add_quiet, add_seed
from orthoai_training.spine_ct.source_options import add_sources
from orthoai_training.tasks import RESUMABLE, TaskCommand
from orthoai_training.train.options import add_cases, add_out, add_recipe, add_resume, add_start

# Named here as well, since the module that defines them loads torch; a test keeps them alike.
PLANE_NAMES = ("sagittal", "axial")
BOTH = "both"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_out(parser)
    add_recipe(parser)
    parser.add_argument("--plane", choices=(*PLANE_NAMES, BOTH), help="default: both; sagittal for the comparisons")
    add_cases(parser, "own or simulated cases: folders with an image and its fractures")
    add_sources(parser, TO_CREDIT)
    add_start(parser)
    parser.add_argument("--slices", metavar="DIR", type=Path, help="keeps the cases' slices; default: OUT/slices")
    end = parser.add_mutually_exclusive_group()
    end.add_argument("--minutes", metavar="M", type=float, help="per network; default: all epochs")
    end.add_argument(
        "--steps",
        metavar="N",
        type=int,
        help="per network, in place of the epochs: the same for all networks of a table, however busy the machine",
    )
    parser.add_argument("--batch", metavar="N", type=int, help="crops per step; default: the recipe's")
    add_resume(parser)
    tables = parser.add_mutually_exclusive_group()
    tables.add_argument(
        "--ablation", action="store_true", help="train without each module in turn: the paper's Table 1"
    )
    tables.add_argument("--compare", action="store_true", help="train six other networks as well: the paper's Table 2")
    parser.add_argument(
        "--test-slices",
        metavar="N",
        type=int,
        help="measure a table on N slices of each held-out case, evenly spread; default: all",
    )
    add_device(parser)
    add_seed(parser)
    add_quiet(parser)


def _run(args: argparse.Namespace) -> int:
    # Heavy: torch, monai.
    from orthoai_training.fracture.assemble import assemble
    from orthoai_training.fracture.comparison import make_table
    from orthoai_training.fracture.request import FractureRequest
    from orthoai_training.fracture.train import train_planes
    from orthoai_training.fracture.trainer import SCORE

    tables = args.ablation or args.compare
    if tables and args.plane == BOTH:
        raise InputError("A comparison trains many networks of one plane: give --plane sagittal or --plane axial.")
    if args.test_slices is not None and not tables:
        raise InputError("Only a comparison measures slices: leave --test-slices out.")
    if tables and args.start:
        raise InputError("A comparison trains every network from nothing: leave --start out.")
    plane = args.plane or (PLANE_NAMES[0] if tables else BOTH)
    request = FractureRequest.of(
        args,
        planes=PLANE_NAMES if plane == BOTH else (plane,),
        slices=args.slices,
        steps=args.steps,
        batch=args.batch,
        test_slices=args.test_slices,
    )
    with stop_signals() as stop:
        progress = shown_progress(args.quiet, stop)
        if tables:
            table = "ablation" if args.ablation else "compare"
            make_table(request, table, progress)
            say(f"The table is in {(args.out / table).resolve()}.md")
            return DONE
        trained = train_planes(request, progress)
        folder = assemble(request, progress)
    for name, one in trained.items():
        dice = one.metrics[SCORE]
        told = (
            "no fracture to validate on, the last weights were kept"
            if dice is None
            else f"validation Dice of tiles {dice:.4f}"
        )
        say(f"{name}: {told}")
    say(f"Model written to {folder.resolve()}" if folder else "Trained; it becomes a model once both planes are there.")
    return DONE


TRAIN = TaskCommand("Train the fracture networks from simulated or own CT.", _add_arguments, _run, RESUMABLE)
