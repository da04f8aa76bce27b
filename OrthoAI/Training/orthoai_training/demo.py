"""``orthoai demo``: simulate an image, run a task on it as ``orthoai run`` does, say where all is and how good."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from orthoai.cli.command import Command
from orthoai.cli.exits import DONE, say
from orthoai.cli.request import RunRequest
from orthoai.cli.run import execute
from orthoai.cli.supervise import StopRequest, stop_signals, supervise
from orthoai.dataset.layout import LABELS_FILE
from orthoai.errors import InputError
from orthoai.models.store import ModelStore
from orthoai.output import staged_folder
from orthoai.tasks import get_task

from orthoai_training.dataset import FEMUR_LABELS, CaseFolder
from orthoai_training.shared_options import check_seed
from orthoai_training.tasks import all_commands

SAMPLES = {commands.task: commands.sample for commands in all_commands() if commands.sample is not None}
"""Options of ``orthoai synth`` for each task's sample."""

SEEDS = {commands.task: commands.sample_seed for commands in all_commands()}
"""A patient worth looking at."""

INPUT = "input"
"""The simulated case, beside what the run made of it."""

SHOWN = {"mask": "segmentation.nii.gz", "report": "report.html", "picture": "overview.png"}
"""What the person is told of, in this order, where a run has made it."""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK", nargs="?", default="femur", help="name of the task; default: femur")
    parser.add_argument(
        "-o", "--output", metavar="DIR", type=Path, default=Path("demo"), help="default: demo; a former one is replaced"
    )
    parser.add_argument("--seed", metavar="S", type=int, help="another simulated person")


def _run(args: argparse.Namespace) -> int:
    task = get_task(args.task)
    if task.name not in SAMPLES:
        raise InputError(f"There is no sample for the task {task.name}: choose one of {', '.join(SAMPLES)}.")
    seed = SEEDS[task.name] if args.seed is None else args.seed
    check_seed(seed)
    # Told now, and not after the simulation.
    ModelStore.default().get(task.default_model)
    with stop_signals() as stop, staged_folder(args.output, besides=(INPUT,)) as folder:
        say(f"Simulating {task.modality} of nobody (seed {seed})")
        case = sample_case(task.name, seed, folder, stop)
        say(f"Running {task.title} on it")
        made = folder / "run"
        result = execute(RunRequest(task.name, str(case.path / "image.nii.gz"), str(made), debug=args.debug))
        # The whole demo takes the shape of a run's output, so that the next demo may replace it.
        for file in made.iterdir():
            file.rename(folder / file.name)
        made.rmdir()
        scores = dice_against_truth(folder / SHOWN["mask"], case, task.label_table)
        files = {what: args.output / name for what, name in SHOWN.items() if (folder / name).exists()}
        stop.check()
    files = {task.modality: args.output / INPUT / "image.nii.gz", **files}
    print(result["message"])
    for what, path in files.items():
        print(f"{what:<8} {path}")
    known = ", ".join(f"{name} {score:.3f}" for name, score in scores.items())
    print(f"Dice against the known truth of this simulated {task.modality}: {known}")
    return DONE


def sample_case(task: str, seed: int, folder: Path, stop: StopRequest) -> CaseFolder:
    """One simulated case in ``folder``/input, made in a process of its own, so that a cancel ends it at once."""
    cases = folder / "cases"
    words = ["synth", task, "-o", str(cases), "--count", "1", "--seed", str(seed), *SAMPLES[task], "--quiet"]
    code = supervise([sys.executable, "-P", "-m", "orthoai.cli.main", *words], b"", stop)
    if code != DONE:
        raise SystemExit(code)
    (made,) = (child for child in cases.iterdir() if child.is_dir())
    made.rename(folder / INPUT)
    for file in cases.iterdir():
        file.unlink()
    cases.rmdir()
    return CaseFolder(folder / INPUT)


def dice_against_truth(mask: Path, case: CaseFolder, names: Mapping[int, str] = FEMUR_LABELS) -> dict[str, float]:
    """Dice of each label of ``names`` (value to name) that the known truth holds, by name: 1.0 is perfect."""
    # Heavy: SimpleITK.
    from orthoai.io.read import read_volume

    found, truth = read_volume(mask).voxels, read_volume(case.path / LABELS_FILE).voxels
    scores = {}
    for value, name in names.items():
        ours, known = found == value, truth == value
        if known.any():
            scores[name] = 2.0 * float((ours & known).sum()) / float(ours.sum() + known.sum())
    return scores


COMMAND = Command("demo", "Run a task on a simulated image and say where the results are.", _add_arguments, _run)
