"""``orthoai synth fracture|ovf``: simulated spine CT with known fractures, as folders to train and test on."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from typing import Any

from orthoai.errors import InputError

from orthoai_training.shared_options import add_real_sources
from orthoai_training.spine_ct.options import FIELDS, SpineOptions
from orthoai_training.synth.case_folder import add_folder, check_folder, fill_folder
from orthoai_training.tasks import COMPLETE_KEPT, TaskCommand

FINEST_MM, COARSEST_MM = 0.4, 3.0
"""Pixels outside would fill the memory, or show no endplate."""

THICKEST_MM = 8.0

MOST_TILTED = 35.0
"""Degrees; beyond it the axes would trade names."""

SAMPLE = ("--field", "thoracolumbar", "--pixel", "0.9", "--slice", "1.5", "--fractures", "0.4", "--metal", "0")
"""Options of the patient that ``orthoai demo`` shows."""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_folder(parser, "--cases")
    parser.add_argument("--field", choices=FIELDS, default="random", help="what the scans cover; default: random")
    parser.add_argument("--pixel", metavar="MM", type=float, help="side of a pixel; default: drawn per case")
    parser.add_argument("--slice", metavar="MM", type=float, help="slice thickness; default: drawn per case")
    parser.add_argument("--fractures", metavar="P", type=float, help="chance per vertebra; default: 0.3")
    parser.add_argument(
        "--mixed",
        metavar="P",
        type=float,
        help="chance per fracture that it is both wedge and biconcave; the larger loss names it; default: 0",
    )
    parser.add_argument(
        "--sclerosis",
        metavar="P",
        type=float,
        help="chance per sound vertebra of dense bone beneath an endplate, around a Schmorl node or all over; "
        "default: 0",
    )
    parser.add_argument("--metal", metavar="P", type=float, help="chance per case of screws; default: 0.05")
    parser.add_argument("--tilt", metavar="DEG", type=float, help="largest tilt of the scan's axes; default: 0")
    parser.add_argument("--any-axes", action="store_true", help="store the axes in any of their 48 orders")
    add_real_sources(
        parser,
        "real spines to simulate from: a label map of vertebrae (NIfTI, VerSe numbers), masks of a sagittal MR "
        "(SPIDER, *_t2space_seg.nii.gz), an STL surface of a vertebra or of several, or a folder of either",
    )
    parser.add_argument("--real-share", metavar="X", type=float, help="share of cases with real shapes; default: 1")
    parser.add_argument(
        "--vary-shapes",
        metavar="X",
        type=float,
        help="how much the endplates of real spines are varied: 1 as much as people differ; default: 0, not at all",
    )


def _run(args: argparse.Namespace) -> int:
    _check(args)
    # Heavy: torch.
    from orthoai_training.spine_ct.cases import simulate_cases
    from orthoai_training.spine_ct.simulate import require_sources

    options = _options(args)
    require_sources(options)
    return fill_folder(
        args,
        asdict(options),
        lambda progress: simulate_cases(args.out, args.count, args.seed, options, args.task, progress),
    )


def _check(args: argparse.Namespace) -> None:
    check_folder(args)
    for name in ("fractures", "mixed", "sclerosis", "metal", "real_share", "vary_shapes"):
        value = getattr(args, name)
        if value is not None and not 0 <= value <= 1:
            word = name.replace("_", "-")
            raise InputError(f"A share or chance lies between 0 and 1: give --{word} such a number.")
    if args.pixel is not None and not FINEST_MM <= args.pixel <= COARSEST_MM:
        raise InputError(f"Pixels are {FINEST_MM:g} to {COARSEST_MM:g} mm wide: give --pixel such a number.")
    if args.slice is not None and not FINEST_MM <= args.slice <= THICKEST_MM:
        raise InputError(f"Slices are {FINEST_MM:g} to {THICKEST_MM:g} mm thick: give --slice such a number.")
    if args.tilt is not None and not 0 <= args.tilt <= MOST_TILTED:
        raise InputError(f"Scans are tilted by at most {MOST_TILTED:g} degrees: give --tilt 0 to {MOST_TILTED:g}.")


def _options(args: argparse.Namespace) -> SpineOptions:
    options = SpineOptions(
        field=args.field, shapes=tuple(args.shapes), texture=tuple(args.texture), any_axes=args.any_axes
    )
    given: dict[str, Any] = {
        "pixel_mm": None if args.pixel is None else (args.pixel, args.pixel),
        "slice_mm": None if args.slice is None else (args.slice, args.slice),
        "fracture_rate": args.fractures,
        "mixed": args.mixed,
        "sclerosis": args.sclerosis,
        "metal": args.metal,
        "tilt": args.tilt,
        "real_share": args.real_share,
        "shape_variety": args.vary_shapes,
    }
    options = replace(options, **{name: value for name, value in given.items() if value is not None})
    return options if args.slice is None else replace(options, thick_mm=None)


SPINE_SYNTH = TaskCommand("Simulate CT of the spine with known fractures.", _add_arguments, _run, COMPLETE_KEPT)
