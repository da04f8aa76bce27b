"""``orthoai models``: what is installed, where it came from, and whether its weights are intact."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from orthoai.cli.command import Command
from orthoai.cli.exits import BAD_INPUT, DONE, say
from orthoai.errors import InputError
from orthoai.models.learned import check_case_name
from orthoai.models.store import ModelStore
from orthoai.models.taught import models_in, taught_by


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="the installed models and their folders")
    listing.add_argument("--task", metavar="TASK", help="only models of this task")
    verify = actions.add_parser("verify", help="compare every weights file with its SHA-256")
    verify.add_argument("names", metavar="NAME", nargs="*", help="models to check (default: all)")
    show = actions.add_parser("show", help="print a model's card")
    show.add_argument("name", metavar="NAME", help="model to show")
    learned = actions.add_parser("learned", help="which models learned from a reviewed case")
    learned.add_argument("cases", metavar="CASE", nargs="+", help="names of the cases, as in their data set")
    learned.add_argument(
        "--in",
        dest="folders",
        metavar="DIR",
        type=Path,
        nargs="+",
        default=[],
        help="folders with further models at any depth, such as those of training runs; default: the installed ones",
    )


def _run(args: argparse.Namespace) -> int:
    if args.action == "learned":
        return _learned(args.cases, args.folders)
    store = ModelStore.default()
    if args.action == "list":
        return _list(store, args.task)
    if args.action == "verify":
        return _verify(store, args.names)
    print(json.dumps(store.get(args.name).metadata.to_json(), indent=2))
    return DONE


def _list(store: ModelStore, task: str | None) -> int:
    models = store.list(task)
    cards = [model.metadata for model in models]
    rows = [(model.name, card.version, card.task) for model, card in zip(models, cards, strict=True)]
    widths = [max(len(row[n]) for row in rows) for n in range(3)] if rows else []
    for model, card, row in zip(models, cards, rows, strict=True):
        print(
            "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)), card.description, sep="  "
        )
        # License and folder are long.
        print(f"{'':<{widths[0]}}  license: {card.license}")
        print(f"{'':<{widths[0]}}  folder: {model.folder}")
    if not models:
        say("No model is installed." if task is None else f"No model for the task {task} is installed.")
    for problem in store.problems().values():
        say(f"Warning: {problem}")
    return DONE


def _verify(store: ModelStore, names: list[str]) -> int:
    """Check all that were asked for, and only then say that one failed."""
    problems = [] if names else list(store.problems().values())
    for name in names or [model.name for model in store.list()]:
        try:
            store.verify(name)
            print(f"{name}: intact")
        except InputError as error:
            problems.append(str(error))
    for problem in problems:
        say(f"Error: {problem}")
    return BAD_INPUT if problems else DONE


def _learned(cases: list[str], folders: list[Path]) -> int:
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"There is no folder {folder}; give one that holds models.")
    names = [check_case_name(case) for case in dict.fromkeys(cases)]
    store = models_in(folders)
    for case in names:
        for taught in taught_by(case, store):
            print(f"{case:<26} {taught.model.name:<20} {taught.words:<44} {taught.model.folder}")
    for problem in store.problems().values():
        say(f"Warning: {problem}")
    return DONE


COMMAND = Command("models", "List, show and verify models, and tell which learned from a case.", _add_arguments, _run)
