"""Curves and confusion matrices as PNG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from orthoai.tasks.ovf.labels import CLASSES, FRACTURES

from orthoai_training.evaluate.plot_style import QUIET, TEXT, save
from orthoai_training.ovf.evaluation.confusion import NAMES
from orthoai_training.ovf.evaluation.matching import Measure
from orthoai_training.ovf.evaluation.precision import GRID, Curves

COLORS = ("#D55E00", "#0072B2", "#CC79A7", "#009E73")
"""By class; Okabe-Ito: told apart with any color vision."""


def save_curves(curves: Curves, measure: Measure, folder: Path) -> list[Path]:
    """<measure>_F1.png, _P.png, _R.png over the confidence and _PR.png, as the paper's figures 7 to 10."""
    made = []
    for name, title, values in (
        ("F1", "F1", curves.f1),
        ("P", "Precision", curves.precision),
        ("R", "Recall", curves.recall),
    ):
        figure, axes = _panel(f"{measure.value}: {title} over confidence, IoU 0.5", "Confidence", title)
        for kind, label in enumerate(CLASSES):
            axes.plot(GRID, values[kind], color=COLORS[kind], linewidth=1.2, label=label)
        mean = values[: len(FRACTURES)].mean(axis=0)
        best = curves.best
        axes.plot(GRID, mean, color=TEXT, linewidth=2, label=f"fractures {mean[best]:.2f} at {GRID[best]:.2f}")
        made.append(_finished(figure, axes, folder / f"{measure.value.lower()}_{name}.png"))
    figure, axes = _panel(f"{measure.value}: precision over recall, IoU 0.5", "Recall", "Precision")
    for kind, label in enumerate(CLASSES):
        axes.plot(curves.recall[kind], curves.precision[kind], color=COLORS[kind], linewidth=1.2, label=label)
    made.append(_finished(figure, axes, folder / f"{measure.value.lower()}_PR.png"))
    return made


def save_confusion(table: NDArray[np.int64], path: Path, title: str, names: tuple[str, ...] = NAMES) -> Path:
    """``table`` by (found, true), each column also as shares of the true instances."""
    figure, axes = _panel(title, "True", "Found")
    shares = table / np.maximum(table.sum(axis=0, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row in range(len(names)):
        for column in range(len(names)):
            ink = "white" if shares[row, column] > 0.6 else TEXT
            text = f"{table[row, column]}\n{shares[row, column]:.2f}" if table[row, column] else "0"
            axes.text(column, row, text, ha="center", va="center", fontsize=8, color=ink)
    axes.set_xticks(range(len(names)), list(names), fontsize=8)
    axes.set_yticks(range(len(names)), list(names), fontsize=8)
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(False)
    save(figure, path)
    return path


def _panel(title: str, across: str, up: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(5.6, 4.4), dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set_title(title, fontsize=10, color=TEXT, loc="left")
    axes.set_xlabel(across, color=TEXT)
    axes.set_ylabel(up, color=TEXT)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=QUIET, labelcolor=TEXT)
    axes.grid(color="#e6e6e6", linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _finished(figure: Figure, axes: Axes, path: Path) -> Path:
    axes.legend(frameon=False, fontsize=8)
    save(figure, path)
    return path
