"""``orthoai run``: one task on one image, into one folder."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from orthoai.cli.command import Command
from orthoai.cli.each import run_each
from orthoai.cli.exits import DONE, say
from orthoai.cli.request import RunRequest
from orthoai.cli.supervise import stop_signals, supervise, worker_command
from orthoai.errors import InputError
from orthoai.models.store import ModelStore
from orthoai.output import RESULT_FILE, staged_folder
from orthoai.tasks import get_task

DEVICES = ("auto", "cpu", "cuda")

WORKER = "orthoai.cli.worker"
"""The module that does the work in the child process."""


def execute(request: RunRequest) -> dict:
    """Run ``request`` in a supervised child process.

    The staging folder belongs to this process, so it is removed whatever becomes of the child.

    Returns:
        The content of result.json. Everything the task writes lies in ``request.output``.

    Raises:
        InputError: the task or the model is unknown, the input or the output has no name, or the output folder cannot
            be written or holds the input.
        Canceled: SIGINT, SIGTERM or SIGHUP came.
        SystemExit: the worker failed and has said why; ``code`` is the exit code.
    """
    _refuse_unknown(request.task, request.model)
    if not request.input or not request.output:  # A path would take an empty name for the folder one stands in.
        raise InputError(f"The {'output' if request.input else 'INPUT'} has no name; name a file or folder.")
    target, source = Path(request.output), Path(request.input)
    with stop_signals() as stop, staged_folder(target, source=source) as folder:
        code = supervise(worker_command(WORKER), request.to_line(str(folder)), stop)
        if code != DONE:
            raise SystemExit(code)
        result: dict = json.loads((folder / RESULT_FILE).read_text(encoding="utf-8"))
    return result


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK", help="name of the task, such as femur (see: orthoai tasks)")
    parser.add_argument(
        "input", metavar="INPUT", help="image file (NIfTI, NRRD, MHA, DICOM, PNG, JPEG) or DICOM folder"
    )
    parser.add_argument(
        "-o", "--output", metavar="DIR", required=True, help="folder to make; appears whole or not at all"
    )
    parser.add_argument("--device", choices=DEVICES, default="auto", help="where the networks run (default: auto)")
    parser.add_argument(
        "--model",
        metavar="NAME",
        help="a model other than the task's own: its name (orthoai models list) or the path of its folder",
    )
    parser.add_argument(
        "--series",
        metavar="S",
        help="number, UID or part of the description of the DICOM series; a wrong one lists those there are",
    )
    parser.add_argument(
        "--each",
        action="store_true",
        help="INPUT is a folder of images: run on every one, each into DIR/TASK/NAME, except those done before",
    )
    parser.add_argument("--json", action="store_true", help="print result.json on standard output")
    parser.add_argument("--quiet", action="store_true", help="no progress lines")


def _run(args: argparse.Namespace) -> int:
    if args.each:
        return _run_each(args)
    result = execute(_request(args, args.input, args.output))
    if args.json:
        print(json.dumps(result, indent=2))
    if not args.quiet:
        say(result["message"])
        say(f"Written to {Path(args.output).resolve()}")
    return DONE


def _run_each(args: argparse.Namespace) -> int:
    if args.json:
        raise InputError("--json prints one result; leave it or --each out.")
    if not args.input or not args.output:
        raise InputError(f"The {'output' if args.input else 'INPUT'} has no name; name a folder.")
    _refuse_unknown(args.task, args.model)  # Once, and not for every image.
    return run_each(
        args.task,
        Path(args.input),
        Path(args.output),
        lambda image, folder: execute(_request(args, str(image), str(folder))),
    )


def _request(args: argparse.Namespace, image: str, folder: str) -> RunRequest:
    return RunRequest(
        args.task, image, folder, args.device, args.model, args.series, quiet=args.quiet, debug=args.debug
    )


def _refuse_unknown(task: str, model: str | None) -> None:
    """Raise InputError for a wrong name at once, not after minutes of reading."""
    get_task(task)
    if model is not None:
        ModelStore.default().get(model)


COMMAND = Command(
    "run", "Run a task on an image: masks, boxes, findings and a report in a folder.", _add_arguments, _run
)
