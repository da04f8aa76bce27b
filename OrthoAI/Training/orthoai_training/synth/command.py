"""``orthoai synth``: simulated patients with known labels, as folders to train and test on; what the femur takes."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orthoai.cli.exits import DONE, say
from orthoai.errors import InputError
from orthoai.output import write_error
from orthoai.progress import Progress

from orthoai_training.progress_lines import TrainingLines
from orthoai_training.synth.options import add_scan, add_sources
from orthoai_training.tasks import TaskCommand, by_task

if TYPE_CHECKING:
    from orthoai_training.synth.limbs import LimbRecipe

FINEST_MM, COARSEST_MM = 0.2, 20.0
"""Spacings outside would fill the memory, or hold no bone."""

MOST_OBLIQUE = 45.0
"""Degrees; beyond it the axes would trade names."""

RECIPE_FILE = "simulated.json"
"""In the folder of cases: what they were made with, so that no folder mixes two recipes."""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--out", metavar="DIR", type=Path, required=True, help="folder of cases; one made before is gone on with"
    )
    parser.add_argument("--count", metavar="N", type=int, required=True, help="how many cases")
    parser.add_argument("--seed", metavar="S", type=int, default=0, help="of everything random; default: 0")
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
    parser.add_argument("--quiet", action="store_true", help="no progress lines")


def _run(args: argparse.Namespace) -> int:
    _check(args)
    # Heavy: torch.
    import torch

    from orthoai_training.train.simulate import simulate_cases

    if args.device == "cuda" and not torch.cuda.is_available():
        raise InputError("This computer has no CUDA GPU that torch can use: choose --device cpu.")
    recipe = _recipe(args)
    claim(args.out, {"task": args.task, "seed": args.seed, "device": args.device, **_described(recipe)})
    # No handler for Ctrl-C here: it may stop a case midway, since a case counts only when its last file is there.
    progress = Progress() if args.quiet else Progress(on_report=TrainingLines())
    simulate_cases(args.out, args.count, args.seed, recipe, args.device, progress)
    if not args.quiet:
        say(f"{args.count} simulated cases are in {args.out.resolve()}")
    return DONE


def _check(args: argparse.Namespace) -> None:
    if args.count < 1:
        raise InputError("At least one case must be simulated: give --count a number above 0.")
    if args.seed < 0:
        raise InputError("A seed is a number from 0 on: give another --seed.")
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


def _described(recipe: LimbRecipe) -> dict[str, Any]:
    """The recipe as JSON; folders by their last names, since paths differ between computers."""
    content = asdict(recipe) | {
        "shapes": [p.name for p in recipe.shapes],
        "textures": [p.name for p in recipe.textures],
    }
    plain: dict[str, Any] = json.loads(json.dumps(content))
    return plain


def claim(folder: Path, content: dict[str, Any]) -> None:
    """Make ``folder``, or check that what it holds was made with the same options.

    Raises:
        InputError: it holds something else, or cannot be written.
    """
    file = folder / RECIPE_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if file.exists():
            if _earlier(file) != content:
                raise InputError(f"{folder} holds cases of other options or another seed: choose another --out.")
        elif any(folder.iterdir()):
            raise InputError(f"{folder} holds other files: choose a new or empty folder for --out.")
        else:
            file.write_text(json.dumps(content, indent=1))
    except OSError as error:
        raise write_error(error, folder) from error


def _earlier(file: Path) -> object:
    try:
        return json.loads(file.read_text())
    except ValueError:
        return None


FEMUR = TaskCommand("Simulate CT of the lower limbs.", _add_arguments, _run)

COMMAND = by_task("synth", "Simulate patients whose labels are known.")
