"""``orthoai synth``: simulated patients with known labels, as folders to train and test on; what the femur takes."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from orthoai.errors import InputError

from orthoai_training.synth.case_folder import add_folder, check_folder, fill_folder
from orthoai_training.synth.options import add_scan, add_sources
from orthoai_training.tasks import COMPLETE_KEPT, TaskCommand, by_task

if TYPE_CHECKING:
    from orthoai_training.synth.limbs import LimbRecipe

FINEST_MM, COARSEST_MM = 0.2, 20.0
"""Spacings outside would fill the memory, or hold no bone."""

MOST_OBLIQUE = 45.0
"""Degrees; beyond it the axes would trade names."""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_folder(parser)
    add_scan(parser)
    add_sources(parser)
    parser.add_argument("--real-share", metavar="X", type=float, help="share of cases with real bones; default: 0.5")
    parser.add_argument(
        "--metal", metavar="P", type=float, help="chance per leg of a prosthesis or nail; default: 0.12"
    )
    parser.add_argument("--oblique", metavar="DEG", type=float, help="largest tilt of the scan's axes; default: 0")
    parser.add_argument("--any-axes", action="store_true", help="store the axes in any of their 48 orders")
    parser.add_argument(
        "--device",
        choices=("cpu", "cuda"),
        default="cpu",
        help="default: cpu, since the same seed gives other voxels on another device",
    )


def _run(args: argparse.Namespace) -> int:
    _check(args)
    # Heavy: torch.
    import torch

    from orthoai_training.synth.cases import simulate_cases
    from orthoai_training.synth.limbs import require_sources

    if args.device == "cuda" and not torch.cuda.is_available():
        raise InputError("This computer has no CUDA GPU that torch can use: choose --device cpu.")
    recipe = _recipe(args)
    require_sources(recipe)
    return fill_folder(
        args,
        {"device": args.device, **asdict(recipe)},
        lambda progress: simulate_cases(args.out, args.count, args.seed, recipe, args.device, progress),
    )


def _check(args: argparse.Namespace) -> None:
    check_folder(args)
    for name, value in (("--real-share", args.real_share), ("--metal", args.metal)):
        if value is not None and not 0 <= value <= 1:
            raise InputError(f"A share lies between 0 and 1: give {name} such a number.")
    if args.oblique is not None and not 0 <= args.oblique <= MOST_OBLIQUE:
        raise InputError(f"Scans are tilted by at most {MOST_OBLIQUE:g} degrees: give --oblique 0 to {MOST_OBLIQUE:g}.")
    if args.spacing is not None and not all(FINEST_MM <= step <= COARSEST_MM for step in args.spacing):
        raise InputError(f"Voxels are {FINEST_MM:g} to {COARSEST_MM:g} mm wide: give --spacing three such numbers.")


def _recipe(args: argparse.Namespace) -> LimbRecipe:
    from orthoai_training.synth.limbs import LimbRecipe

    given: dict[str, Any] = {
        "field": args.field,
        "spacing": tuple(args.spacing) if args.spacing else None,
        "real_share": args.real_share,
        "metal": args.metal,
        "oblique": args.oblique,
    }
    return LimbRecipe(
        shapes=tuple(args.shapes),
        textures=tuple(args.texture),
        any_axes=args.any_axes,
        **{name: value for name, value in given.items() if value is not None},
    )


FEMUR = TaskCommand("Simulate CT of the lower limbs.", _add_arguments, _run, COMPLETE_KEPT)

COMMAND = by_task("synth", "Simulate patients whose labels are known.")
