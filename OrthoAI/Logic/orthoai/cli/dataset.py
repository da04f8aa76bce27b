"""``orthoai dataset``: what has been approved, whether it is intact, and other formats of it and into it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from orthoai.cli.command import Command
from orthoai.cli.exits import BAD_INPUT, DONE, say
from orthoai.dataset import Dataset
from orthoai.dataset.exporters import all_exporters, get_exporter
from orthoai.dataset.importers import all_importers, get_importer
from orthoai.dataset.importers.classes import VERTEBRAL_FRACTURES, ClassTable
from orthoai.dataset.importers.layout import import_pictures
from orthoai.dataset.layout import CASES_FOLDER, META_FILE
from orthoai.dataset.withdraw import case_folder, withdraw_case
from orthoai.errors import InputError
from orthoai.models.store import ModelStore
from orthoai.models.taught import told_of_installed
from orthoai.progress import Progress

NO_CASES = "No case has been approved yet."


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="the reviewed cases")
    listing.add_argument("--json", action="store_true", help="print JSON, with each case's whole lineage")
    verify = actions.add_parser("verify", help="compare every file with its SHA-256")
    verify.add_argument("--repair", action="store_true", help="first put back cases that a killed save left hidden")
    withdraw = actions.add_parser("withdraw", help="take cases out that nobody stands behind any longer")
    formats = " ".join(f"{exporter.name}: {exporter.summary}" for exporter in all_exporters())
    export = actions.add_parser("export", help="write the cases in another format", epilog=formats)
    export.add_argument("format", metavar="FORMAT", help="one of the formats below")
    for action in (listing, verify, withdraw, export):
        action.add_argument("dataset", metavar="DATASET", type=Path, help="the data set's folder")
    withdraw.add_argument("cases", metavar="CASE", nargs="+", help="names of the cases, as they are listed")
    export.add_argument(
        "-o", "--output", metavar="DIR", type=Path, required=True, help="the export becomes a folder in this one"
    )
    _add_import(actions)


def _add_import(actions: argparse._SubParsersAction) -> None:
    formats = " ".join(f"{importer.name}: {importer.summary}" for importer in all_importers())
    action = actions.add_parser("import", help="read labeled pictures for training", epilog=formats)
    action.add_argument("--from", dest="format", metavar="FORMAT", required=True, help="one of the formats below")
    action.add_argument("source", metavar="SOURCE", type=Path, help="the folder with labels and pictures, or the file")
    action.add_argument("-o", "--output", metavar="DIR", type=Path, required=True, help="the folder to make")
    action.add_argument(
        "--classes",
        metavar="NAME",
        nargs="+",
        default=list(VERTEBRAL_FRACTURES),
        help=f"the classes in order; without it {' '.join(VERTEBRAL_FRACTURES)}",
    )
    action.add_argument("--skip-others", action="store_true", help="leave out objects of other classes")


def _run(args: argparse.Namespace) -> int:
    if args.action == "import":
        return _import(args)
    dataset = _dataset(args.dataset)
    if args.action == "list":
        return _list(dataset, args.json)
    if args.action == "verify":
        return _verify(dataset, args.repair)
    if args.action == "withdraw":
        return _withdraw(dataset, args.cases)
    print(get_exporter(args.format).export(dataset, args.output, Progress(_say_progress)))
    return DONE


def _dataset(folder: Path) -> Dataset:
    """The data set in ``folder``. Raises InputError for no folder, and for one within a data set, which seems empty."""
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}; give the folder of a data set.")
    here = folder.resolve()
    cases = here.parent if (here / META_FILE).is_file() else here
    if cases.name == CASES_FOLDER and any(cases.glob(f"*/{META_FILE}")):
        raise InputError(f"{folder} lies within a data set; give the data set's own folder {cases.parent}.")
    return Dataset(folder)


def _list(dataset: Dataset, as_json: bool) -> int:
    cases = dataset.cases()
    if as_json:
        print(json.dumps([{"case": case.name, **json.loads(case.lineage.to_json())} for case in cases], indent=2))
        return DONE
    for case in cases:
        lineage = case.lineage
        print(
            f"{case.name:<26} {lineage.verdict:<10} revision {lineage.revision:<3} {lineage.created:<21} "
            f"{_printable(lineage.reviewer)}".rstrip()
        )
    if not cases:
        say(NO_CASES)
    return DONE


def _printable(words: str) -> str:
    """What a person typed, without line breaks and whatever else moves a terminal's cursor."""
    return "".join(letter if letter.isprintable() else " " for letter in words)


def _verify(dataset: Dataset, repair: bool) -> int:
    for name in dataset.put_back() if repair else ():
        say(f"Case {name} is back.")
    problems = dataset.verify(Progress(_say_progress))
    for problem in problems:
        say(f"Error: {problem}")
    if not problems:
        count = len(dataset.cases())
        say(NO_CASES) if not count else print(f"{count} {'case' if count == 1 else 'cases'}: intact")
    return BAD_INPUT if problems else DONE


def _withdraw(dataset: Dataset, names: list[str]) -> int:
    for name in names:
        case_folder(dataset, name)  # A wrong name is told before the first case is moved.
    for name in dict.fromkeys(names):
        place = withdraw_case(dataset.path, name)
        say(f"Case {name} is kept in:")
        print(place)
        _say_models(name)
    say(
        "Exports still hold it, and so do models that learned from it: export again, and train again where it matters. "
        "Ask for models in other folders with: orthoai models learned CASE --in DIR"
    )
    return DONE


def _say_models(case: str) -> None:
    """Which of the installed models learned from the case of that name, or may have."""
    told = told_of_installed(case)
    say(f"Installed models that have it or may: {', '.join(told)}." if told else "No installed model learned from it.")
    for problem in ModelStore.default().problems().values():
        say(f"Warning: {problem}")


def _import(args: argparse.Namespace) -> int:
    classes = ClassTable(tuple(args.classes), args.skip_others)
    made = import_pictures(get_importer(args.format), args.source, args.output, classes, Progress(_say_progress))
    counts = ", ".join(f"{count} {name}" for name, count in made.objects.items())
    say(f"Imported {made.pictures} {'picture' if made.pictures == 1 else 'pictures'}: {counts}.")
    print(made.folder)
    return DONE


def _say_progress(stage: str, fraction: float, message: str) -> None:
    say(f"{stage:<13} {fraction:4.0%}  {message}".rstrip())


COMMAND = Command(
    "dataset", "List, verify, withdraw and export reviewed cases, and import labeled pictures.", _add_arguments, _run
)
