"""``orthoai bench``: what it takes for any task, and what more for the femur and for the worker."""

from __future__ import annotations

import argparse
from pathlib import Path

from orthoai.cli.exits import DONE
from orthoai.cli.supervise import stop_signals
from orthoai.tasks import get_task

from orthoai_training.progress_lines import every_line, shown_progress
from orthoai_training.shared_options import add_device, add_quiet
from orthoai_training.tasks import TaskCommand, by_task

FULL_LEG_SHAPE = (1500, 512, 512)
"""(k, j, i) of a scan of both legs from pelvis to feet."""

# Named here as well, since the module that defines them loads torch; a test keeps them alike.
PART_NAMES = ("drr", "two-stage", "single-stage", "whole-run")


def task_bench(task: str) -> TaskCommand:
    """``orthoai bench TASK`` for a task with a sample: its run on that sample or on a given image."""
    return TaskCommand(f"Measure time and memory of orthoai run {task}.", _add_task, _run_task)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--out", metavar="FILE", type=Path, required=True, help="JSON file for the figures")
    parser.add_argument("--model", metavar="NAME", help="model to measure; default: the task's own")
    add_device(parser)
    add_quiet(parser)


def _add_task(parser: argparse.ArgumentParser) -> None:
    _add_common(parser)
    parser.add_argument(
        "--input", metavar="IMAGE", type=Path, help="image file or DICOM folder; default: the task's simulated sample"
    )
    parser.add_argument("--seed", metavar="S", type=int, help="of the sample; default: the one of orthoai demo")


def _add_simulated(parser: argparse.ArgumentParser, repeated: str) -> None:
    _add_common(parser)
    parser.add_argument(
        "--shape",
        metavar=("K", "J", "I"),
        type=int,
        nargs=3,
        default=FULL_LEG_SHAPE,
        help=f"slices, rows and columns of the CT; default: {' '.join(map(str, FULL_LEG_SHAPE))}",
    )
    parser.add_argument("--repeats", metavar="N", type=int, default=5, help=f"of the {repeated}; default: 5")


def _add_femur(parser: argparse.ArgumentParser) -> None:
    _add_simulated(parser, "projections")
    parser.add_argument("--only", metavar="PART", nargs="+", choices=PART_NAMES, default=PART_NAMES, help="some parts")


def _add_worker(parser: argparse.ArgumentParser) -> None:
    _add_simulated(parser, "cancels")


def _run_task(args: argparse.Namespace) -> int:
    # Heavy: torch.
    from orthoai_training.bench.task_run import TaskBench, bench_task, text_table

    asked = TaskBench(args.task, args.out, args.input, args.seed, args.model, args.device, args.debug)
    with stop_signals() as stop:
        content = bench_task(asked, stop, shown_progress(args.quiet, stop, every_line))
    print(text_table(content, get_task(args.task)))
    return DONE


def _run_femur(args: argparse.Namespace) -> int:
    # Heavy: torch, monai.
    from orthoai_training.bench.femur import BenchRequest, bench_femur
    from orthoai_training.bench.table import text_table

    k, j, i = args.shape
    parts = [part for part in PART_NAMES if part in args.only]
    request = BenchRequest(args.out, (k, j, i), args.repeats, args.model, args.device, parts, args.debug)
    with stop_signals() as stop:
        content = bench_femur(request, stop, shown_progress(args.quiet, stop, every_line))
    print(text_table(content))
    return DONE


def _run_worker(args: argparse.Namespace) -> int:
    # Heavy: scipy and the simulation.
    from orthoai_training.bench.warm_worker import WorkerBench, bench_worker
    from orthoai_training.bench.worker_table import text_table

    k, j, i = args.shape
    with stop_signals() as stop:
        asked = WorkerBench(args.out, (k, j, i), args.repeats, args.model, args.device)
        content = bench_worker(asked, stop, shown_progress(args.quiet, stop, every_line))
    print(text_table(content))
    return DONE


FEMUR = TaskCommand("Measure time and memory on a simulated CT.", _add_femur, _run_femur)

WORKER = TaskCommand("Measure what a person waits for at the worker of the front ends.", _add_worker, _run_worker)

COMMAND = by_task("bench", "Measure time and memory of a task.")
