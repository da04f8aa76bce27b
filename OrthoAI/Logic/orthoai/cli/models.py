"""``orthoai models``: what is installed, where it came from, and whether its weights are intact."""

from __future__ import annotations

import argparse
import json

from orthoai.cli.command import Command
from orthoai.cli.exits import BAD_INPUT, DONE, say
from orthoai.errors import InputError
from orthoai.models.store import ModelStore


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="the installed models and their folders")
    listing.add_argument("--task", metavar="TASK", help="only models of this task")
    verify = actions.add_parser("verify", help="compare every weights file with its SHA-256")
    verify.add_argument("names", metavar="NAME", nargs="*", help="models to check (default: all)")
    show = actions.add_parser("show", help="print a model's card")
    show.add_argument("name", metavar="NAME", help="model to show")


def _run(args: argparse.Namespace) -> int:
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


COMMAND = Command("models", "List, show and verify the installed models.", _add_arguments, _run)
