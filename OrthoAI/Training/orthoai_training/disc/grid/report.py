"""A results file of training runs, and the same as tables beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from orthoai.errors import InputError
from orthoai.progress import Progress

from orthoai_training.disc.data.split import Part
from orthoai_training.disc.grid.grades import measure_grades
from orthoai_training.disc.grid.masks import measure_masks
from orthoai_training.disc.grid.runs import read_runs
from orthoai_training.disc.grid.tables import Table, comma_separated, grade_table, markdown, mask_table
from orthoai_training.evaluate.intervals import Summary
from orthoai_training.text_files import write_json, write_text


@dataclass(frozen=True)
class RunsRequest:
    """What to measure.

    Attributes:
        data: folder with the SPIDER sets.
        runs: folders of ``orthoai train disc``, each measured on the patients that its split holds out.
        out: results file (JSON); the tables get its name with .md and .csv.
        segmenter: an exported segmenter that finds the discs of pictures without boxes; None leaves those out.
    """

    data: Path
    runs: Sequence[Path]
    out: Path
    part: Part = "validation"
    segmenter: Path | None = None


def report_runs(request: RunsRequest, progress: Progress | None = None) -> None:
    """Measure and write. Raises InputError for a folder that is no run, or discs to locate in runs of folds."""
    runs = read_runs(request.runs)
    if request.segmenter is not None and any(run.record.fold is not None for run in runs):
        raise InputError("The model's segmenter has seen patients of the folds: leave out --located.")
    segmenters = [run for run in runs if run.record.kind == "segmenter"]
    classifiers = [run for run in runs if run.record.kind == "classifier"]
    masks = measure_masks(segmenters, request.data, request.part, progress)
    grades = measure_grades(classifiers, request.data, request.part, request.segmenter, progress)
    content = {
        "part": request.part,
        "segmenters": [asdict(one) | {"dice": _plain(one.dice), "iou": _plain({"mean": one.iou})} for one in masks],
        "classifiers": [asdict(one) for one in grades],
    }
    write_json(request.out, content)
    tables: list[Table] = [table for table in (mask_table(masks), grade_table(grades)) if len(table) > 1]
    write_text(request.out.with_suffix(".md"), "\n\n".join(map(markdown, tables)) + "\n")
    write_text(request.out.with_suffix(".csv"), "\n".join(map(comma_separated, tables)))


def _plain(figures: Mapping[str, Summary | None]) -> dict:
    return {name: None if figure is None else asdict(figure) for name, figure in figures.items()}
