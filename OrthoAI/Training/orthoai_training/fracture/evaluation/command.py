"""``orthoai evaluate fracture``."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from orthoai.cli.exits import DONE, say

from orthoai_training.evaluate.command import command_line
from orthoai_training.progress_lines import shown_progress
from orthoai_training.shared_options import (
    add_calibration,
    add_device,
    add_quiet,
    add_seed,
    check_calibration,
    check_real_sources,
)
from orthoai_training.spine_ct.source_options import add_sources
from orthoai_training.tasks import COMPLETE_KEPT, TaskCommand

FITTED_FILE = "fitted.json"
"""In OUT: what was written to the model's card, and from how many bodies."""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--out", metavar="DIR", type=Path, required=True, help="folder of the evaluation; a stopped one goes on"
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", metavar="DIR", type=Path, help="cases: folders with an image and its fractures")
    source.add_argument("--simulate", metavar="N", type=int, help="N simulated cases that no training run has met")
    add_seed(parser, "of the simulated cases, 0 to 8")
    add_sources(parser)
    parser.add_argument("--model", metavar="NAME", help="model to measure; default: the task's own")
    add_calibration(parser, ", and measure nothing (OUT/fitted.json says what was found)")
    parser.add_argument("--limit", metavar="N", type=int, help="measure only the first N cases")
    add_device(parser)
    add_quiet(parser)


def _run(args: argparse.Namespace) -> int:
    # Heavy: torch, monai.
    from orthoai_training.fracture.evaluation.measure import EvaluationRequest, evaluate_fracture
    from orthoai_training.fracture.evaluation.sources import Folders, Simulated

    check_real_sources(args.data, args.shapes, args.texture)
    if args.calibrate == "yes":
        return _calibrate(args)
    source = (
        Folders(args.data)
        if args.data is not None
        else Simulated(args.simulate, args.seed, tuple(args.shapes), tuple(args.texture))
    )
    request = EvaluationRequest(args.out, source, args.model, args.limit, args.device, command_line(args))
    evaluate_fracture(request, shown_progress(args.quiet))
    say(f"Tables, figure and scores are in {args.out.resolve()}")
    return DONE


def _calibrate(args: argparse.Namespace) -> int:
    from orthoai.models.store import ModelStore
    from orthoai.output import made_folder

    from orthoai_training.fracture.cases import find_spine_cases
    from orthoai_training.fracture.fitting import fit_model
    from orthoai_training.text_files import write_text

    check_calibration(args.data, args.model)
    model = ModelStore.default().get(args.model)
    made_folder(args.out)
    made_folder(model.folder)
    cases = find_spine_cases(args.data)[: args.limit]
    fitted = fit_model(model, cases, shown_progress(args.quiet))
    write_text(args.out / FITTED_FILE, json.dumps(asdict(fitted), indent=1))
    say(f"Fitted to {fitted.bodies} vertebral bodies of {fitted.cases} cases: {model.folder.resolve()}")
    return DONE


EVALUATE = TaskCommand("Measure the task on CT with known fractures.", _add_arguments, _run, COMPLETE_KEPT)
