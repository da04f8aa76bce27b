"""``orthoai train disc`` and ``orthoai evaluate disc``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from orthoai.cli.exits import DONE, say
from orthoai.cli.supervise import stop_signals
from orthoai.errors import InputError
from orthoai.output import made_folder
from orthoai.progress import Progress

from orthoai_training.progress_lines import shown_progress
from orthoai_training.shared_options import add_device, add_quiet, add_seed
from orthoai_training.train.options import add_blend, add_out, add_resume

if TYPE_CHECKING:
    from orthoai_training.disc.assemble import Outcome
    from orthoai_training.disc.data.sources import Sources

DETECTORS = ("lumbar", "discs")

PARTS = (*DETECTORS, "segmenter", "classifier")

GRID_STRIDE = 32
"""The paper's networks see pictures whose sides are multiples of this."""


def add_training_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of a training of detectors, segmenters or classifiers."""
    add_out(parser)
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        nargs="+",
        required=True,
        help="folder with the SPIDER sets, folder of reviewed cases (DATASET/cases), or both",
    )
    parser.add_argument("--only", choices=PARTS, required=True, help="which networks to train")
    parser.add_argument(
        "--networks",
        metavar="NAME",
        nargs="+",
        default=["compact"],
        help="compact, or networks of the paper such as unet-resnet34 or vgg16, of several the ensemble; paper: all "
        "of them, and the paper's recipe for detectors",
    )
    parser.add_argument(
        "--start",
        metavar="MODEL",
        help="go on from this model's networks, and take over those that are not trained; default: from nothing, and "
        "the shipped model's are taken over",
    )
    add_blend(parser)
    parser.add_argument(
        "--members",
        metavar="N",
        type=_count,
        help="classifiers per network; default: 1, of compact ones alone with --start as many as MODEL has",
    )
    parser.add_argument("--fold", metavar="K", type=int, choices=range(5), help="a round of the cross-validation")
    parser.add_argument("--first", metavar="ONNX", type=Path, help="segmenter that labels or finds discs in pictures")
    parser.add_argument("--scratch", action="store_true", help="no ImageNet weights, even where there are some")
    parser.add_argument("--plain-loss", action="store_true", help="ablation: cross entropy in place of Dice + focal")
    parser.add_argument("--no-fine-tuning", action="store_true", help="ablation: train the classifier's head alone")
    parser.add_argument("--no-roi", action="store_true", help="ablation: grade whole pictures in place of discs")
    parser.add_argument(
        "--pixels",
        metavar="N",
        type=_side,
        help="side of what the paper's networks see, a multiple of 32; default: 400",
    )
    parser.add_argument(
        "--epochs", metavar="N", type=_count, help="of segmenters or classifiers; default: the recipe's"
    )
    parser.add_argument(
        "--teacher", metavar="RUN", type=Path, help="folder of segmenters whose ensemble the compact one also follows"
    )
    parser.add_argument("--minutes", metavar="M", type=float, help="per detector or segmenter; default: all epochs")
    add_resume(parser)
    add_device(parser)
    add_seed(parser)
    add_quiet(parser)


def train(args: argparse.Namespace) -> int:
    """Train what the arguments ask for. Raises InputError for an option that its networks do not have."""
    if args.pixels is not None and (args.only in DETECTORS or "compact" in args.networks):
        raise InputError("--pixels is for the paper's segmenters and classifiers: give --networks, too.")
    if args.epochs is not None and args.only in DETECTORS:
        raise InputError("--epochs is for segmenters and classifiers; detectors take --minutes.")
    if args.teacher is not None and args.only != "segmenter":
        raise InputError("--teacher is for --only segmenter.")
    if args.blend != 1 and args.only != "segmenter":
        raise InputError("--blend is for --only segmenter.")
    # Heavy: numpy.
    from orthoai_training.disc.data.sources import Sources

    made_folder(args.out)
    sources = Sources.of(args.data)
    with stop_signals() as stop:
        progress = shown_progress(args.quiet, stop)
        work = {"segmenter": _train_segmenters, "classifier": _train_graders}.get(args.only, _train_detector)
        outcome = work(args, sources, progress)
    for name, start in outcome.told.items():
        say(f"{name}: trained {start}.")
    if outcome.model is None:
        say(f"The networks are in {args.out.resolve()}: they are for orthoai evaluate disc, no model is made of them.")
    else:
        say(f"Model written to {outcome.model.resolve()}")
    return DONE


def _train_detector(args: argparse.Namespace, sources: Sources, progress: Progress) -> Outcome:
    if args.networks not in (["compact"], ["paper"]):
        raise InputError(
            f"Detectors are trained by one of two recipes: give --networks compact or paper to {args.only}."
        )
    # Heavy: torch.
    from orthoai_training.disc import assemble
    from orthoai_training.disc.detection.dataset import Stage
    from orthoai_training.disc.detection.request import DetectorRequest

    request = DetectorRequest(
        data=sources.spider,
        reviewed=sources.reviewed,
        out=args.out,
        stages=(Stage(args.only),),
        recipe=args.networks[0],
        fold=args.fold,
        device=args.device,
        seed=args.seed,
        minutes=args.minutes,
        resume=args.resume,
        start=args.start,
    )
    return assemble.detector_model(request, progress)


def _train_segmenters(args: argparse.Namespace, sources: Sources, progress: Progress) -> Outcome:
    if args.teacher is not None and args.networks != ["compact"]:
        raise InputError("--teacher teaches the compact segmenter: leave out --networks.")
    # Heavy: torch.
    from orthoai_training.disc import assemble
    from orthoai_training.disc.segmentation.networks import PAPER_GRID
    from orthoai_training.disc.segmentation.recipe import COMPACT, DISTILLED
    from orthoai_training.disc.segmentation.request import SegmenterRequest

    request = SegmenterRequest(
        data=sources.spider,
        reviewed=sources.reviewed,
        out=args.out,
        architectures=_names(args.networks, tuple(PAPER_GRID)),
        loss="cross_entropy" if args.plain_loss else "dice_focal",
        pretrained=not args.scratch,
        fold=args.fold,
        first=args.first,
        device=args.device,
        seed=args.seed,
        minutes=args.minutes,
        resume=args.resume,
        recipe=COMPACT if args.teacher is None else DISTILLED,
        pixels=args.pixels,
        epochs=args.epochs,
        teacher=args.teacher,
        start=args.start,
        blend=args.blend,
    )
    return assemble.segmenter_model(request, progress)


def _train_graders(args: argparse.Namespace, sources: Sources, progress: Progress) -> Outcome:
    # Heavy: torch.
    from orthoai_training.disc import assemble
    from orthoai_training.disc.classification.networks import PAPER_BACKBONES
    from orthoai_training.disc.classification.request import ROLE, GraderRequest
    from orthoai_training.disc.start import members_of

    architectures = _names(args.networks, tuple(PAPER_BACKBONES))
    # Only the compact ones go on from the model's; the paper's would be trained that often from nothing.
    usual = members_of(args.start, ROLE) if architectures == ("compact",) else 1
    request = GraderRequest(
        data=sources.spider,
        reviewed=sources.reviewed,
        out=args.out,
        architectures=architectures,
        members=args.members or usual,
        fine_tuning=not args.no_fine_tuning,
        roi=not args.no_roi,
        pretrained=not args.scratch,
        fold=args.fold,
        segmenter=args.first,
        pixels=args.pixels,
        epochs=args.epochs,
        device=args.device,
        seed=args.seed,
        resume=args.resume,
        start=args.start,
    )
    return assemble.grader_model(request, progress)


def _names(given: list[str], paper: tuple[str, ...]) -> tuple[str, ...]:
    return paper if given == ["paper"] else tuple(given)


def _count(word: str) -> int:
    count = int(word)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{word} is less than 1")
    return count


def _side(word: str) -> int:
    side = _count(word)
    if side % GRID_STRIDE:
        raise argparse.ArgumentTypeError(f"{word} is not a multiple of {GRID_STRIDE}")
    return side


def add_measure_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of a measurement of a model's networks."""
    parser.add_argument("-o", "--out", metavar="FILE", type=Path, required=True, help="results file (JSON)")
    parser.add_argument("--data", metavar="DIR", type=Path, required=True, help="folder with the SPIDER sets")
    parser.add_argument("--part", choices=("validation", "test"), default="validation", help="default: validation")
    parser.add_argument("--model", metavar="NAME", default="lumbar_disc", help="default: lumbar_disc")
    parser.add_argument(
        "--networks",
        metavar="RUN",
        type=Path,
        nargs="+",
        help="measure folders of trained segmenters or classifiers instead of a model, with tables (.md, .csv) beside "
        "FILE; runs of several folds are pooled",
    )
    parser.add_argument("--fold", metavar="K", type=int, choices=range(5), help="a round of the cross-validation")
    parser.add_argument("--located", action="store_true", help="grade discs in pictures without boxes, too")


def measure(args: argparse.Namespace) -> int:
    """Measure what the arguments ask for. Raises InputError where the results could not be written."""
    if args.out.is_dir():
        raise InputError(f"{args.out} is a folder; name a file for the results.")
    made_folder(args.out.parent)
    if args.networks:
        return _measure_runs(args)
    # Heavy: torch.
    from orthoai_training.disc.detection.figures import measure_detectors
    from orthoai_training.disc.measures import DiscMeasureRequest, measure_discs
    from orthoai_training.text_files import write_text

    request = DiscMeasureRequest(args.data, args.part, args.model, args.fold, located=args.located)
    found = measure_discs(request)
    detectors = measure_detectors(args.data, args.part, args.model, args.fold)
    figures = {"detectors": {look: each.to_json() for look, each in detectors.items()}, **found.to_json()}
    write_text(args.out, json.dumps(figures, indent=1))
    say(f"Measured; the figures are in {args.out.resolve()}")
    return DONE


def _measure_runs(args: argparse.Namespace) -> int:
    if args.fold is not None:
        raise InputError("A run knows its fold: leave out --fold.")
    # Heavy: torch.
    from orthoai.models.store import ModelStore

    from orthoai_training.disc.grid.report import RunsRequest, report_runs

    segmenter = ModelStore.default().get(args.model).weights("segmenter") if args.located else None
    with stop_signals() as stop:
        progress = shown_progress(False, stop)
        report_runs(RunsRequest(args.data, args.networks, args.out, args.part, segmenter), progress)
    say(f"Measured; the figures are in {args.out.resolve()}, the tables beside it.")
    return DONE
