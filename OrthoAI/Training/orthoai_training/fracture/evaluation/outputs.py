"""cases.csv, scores.json, tables.md and figure.png."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from orthoai_training.evaluate.markdown import spelled_interval, table
from orthoai_training.evaluate.plot_style import STYLES, save, spread
from orthoai_training.fracture.evaluation.case_score import CaseScore
from orthoai_training.fracture.evaluation.summary import METRICS, Group
from orthoai_training.text_files import write_text

PAPER = "Saeed et al. 2024: 47 of 235 CT images of patients, Dice 0.9187, IoU 0.9336"

COLUMNS = ("name", "kind", "dice", "iou", "hd95_mm", "fractured", "found", "sound", "marked", "false_findings")

NOTES = """\
- Dice and IoU: of all voxels of a case by the paper's formulas. IoU = Dice / (2 - Dice) in every case and cannot exceed
  Dice; the paper's figures, which have it above, cannot follow from its own formulas.
- Dice, IoU, HD95: over the cases that have a fracture; a case in which none was found has Dice 0 and no HD95.
- 95 % confidence intervals of means: percentile bootstrap over cases, 10,000 resamples.
- A body counts as called fractured when 30 % of it is marked. False findings: connected pieces of 200 mm3 and more of
  which less than half lies on fractured bodies.
- Figures on simulated CT say how well the method works on simulations, not how accurate it is in patients."""

GOAL = 0.90
"""Mean Dice asked for."""


def write_outputs(
    out: Path, scores: Sequence[CaseScore], groups: Mapping[str, Group], command: str, about: str, model: str
) -> None:
    """Write all four files into ``out``."""
    write_text(out / "cases.csv", csv_text(scores))
    content = {"command": command, "cases": about, "model": model}
    figures = {"groups": {name: group.to_json() for name, group in groups.items()}}
    write_text(out / "scores.json", json.dumps({**content, **figures}, indent=1))
    write_text(out / "tables.md", tables(groups, command, about, model))
    save(draw(scores), out / "figure.png")


def csv_text(scores: Sequence[CaseScore]) -> str:
    """One line per case."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*COLUMNS, "seconds", "peak_mb"))
    for score in scores:
        figures = [getattr(score, name) for name in (*COLUMNS, "seconds", "peak_mb")]
        writer.writerow(round(figure, 6) if isinstance(figure, float) else figure for figure in figures)
    return text.getvalue()


def tables(groups: Mapping[str, Group], command: str, about: str, model: str) -> str:
    """The table for docs/results, in Markdown."""
    titles = [f"{title} (95 % CI)" for _, title, _ in METRICS]
    head = ["cases", "number", *titles, "fractures found", "sound bodies called fractured", "false findings"]
    rows = []
    for name, group in groups.items():
        figures = [spelled_interval(group.metrics[metric], digits) for metric, _, digits in METRICS]
        called = [_share(group.found, group.fractured), _share(group.marked, group.sound)]
        rows.append([name, str(group.cases), *figures, *called, str(group.false_findings)])
    lines = [f"`{command}`", "", f"{about} Model {model}.", "", *table(head, rows)]
    quiet = groups["all"]
    lines += ["", f"Cases without fracture: {quiet.clean}, of those without any finding: {quiet.quiet}. Peak memory "]
    lines[-1] += f"of the process: {quiet.peak_mb:.0f} MB."
    return "\n".join([*lines, "", f"Paper: {PAPER}.", "", NOTES]) + "\n"


def draw(scores: Sequence[CaseScore]) -> Figure:
    """A dot per case, so that no mean hides a failure."""
    figure = Figure(figsize=(9.0, 4.2), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 3)
    for axes, (name, title, _) in zip(panels, METRICS, strict=False):
        _panel(axes, scores, name, title)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return figure


def _panel(axes: Axes, scores: Sequence[CaseScore], name: str, title: str) -> None:
    kinds = sorted({score.kind for score in scores})
    # As in the tables: a case without a fracture has no say here.
    shown = [(score.kind, getattr(score, name)) for score in scores if score.has_fracture]
    for column, kind in enumerate(kinds):
        values = sorted(value for own, value in shown if own == kind and value is not None)
        color, mark = STYLES[kind]
        axes.scatter(
            column + spread(len(values)), values, s=22, c=color, marker=mark, alpha=0.8, linewidths=0, label=kind
        )
        if values:
            mean = float(np.mean(values))
            axes.hlines(mean, column - 0.3, column + 0.3, colors=color)
            axes.annotate(f"{mean:.3f}", (column + 0.32, mean), fontsize=8, va="center")
    if name == "dice":
        axes.axhline(GOAL, color="#777777", linestyle=":", linewidth=1)
    if name != "hd95_mm":
        axes.set_ylim(-0.02, 1.02)
    axes.set_xlim(-0.6, max(0, len(kinds) - 1) + 0.8)
    axes.set_xticks([])
    axes.set_title(title, fontsize=10)


def _share(some: int | None, every: int | None) -> str:
    return "-" if every is None else f"{some} of {every}"
