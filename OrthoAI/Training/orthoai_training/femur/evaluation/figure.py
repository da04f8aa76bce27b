"""figure.png: a dot per subject, so that no mean hides a failure."""

from __future__ import annotations

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from orthoai_training.evaluate.plot_style import QUIET, SPREAD, STYLES, TEXT, spread
from orthoai_training.femur.evaluation.tables import Evaluation

PANELS = (("iou", "3D box IoU", 0.90), ("dice", "Dice", 0.95), ("hd95_mm", "HD95 (mm)", None))
"""Figure, title, and the mean asked for."""


def draw(evaluation: Evaluation) -> Figure:
    """One panel per figure, one column of dots per model."""
    models = list(evaluation.models)
    figure = Figure(figsize=(3.6 + 2.2 * len(models) * len(PANELS) / 1.5, 4.4), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(PANELS))
    for axes, (name, title, goal) in zip(panels, PANELS, strict=True):
        _panel(axes, evaluation, name, title, goal)
    marks: dict[str, Artist] = {}
    for axes in panels:
        marks |= dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    figure.legend(list(marks.values()), list(marks), loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return figure


def _panel(axes: Axes, evaluation: Evaluation, name: str, title: str, goal: float | None) -> None:
    for column, model in enumerate(evaluation.models):
        known = [(r.kind, v) for r in evaluation.records if (v := getattr(r.scores[model].both, name)) is not None]
        order = np.argsort([value for _, value in known], kind="stable")
        # In the order of values.
        offsets = np.zeros(len(known))
        offsets[order] = spread(len(known))
        for kind, (color, mark) in STYLES.items():
            at = [n for n, (own, _) in enumerate(known) if own == kind]
            if at:
                places, values = column + offsets[at], [known[n][1] for n in at]
                axes.scatter(places, values, s=26, c=color, marker=mark, alpha=0.8, linewidths=0, label=kind)
        summary = evaluation.groups[model]["all"].metrics.get(name)
        if summary:
            low = summary.mean if summary.low is None else summary.low
            high = summary.mean if summary.high is None else summary.high
            axes.errorbar(
                column + 2 * SPREAD,
                summary.mean,
                [[summary.mean - low], [high - summary.mean]],
                fmt="_",
                color=TEXT,
                markersize=12,
                capsize=3,
                label="mean, 95 % CI",
            )
            axes.annotate(
                f"{summary.mean:.3g}",
                (column + 2 * SPREAD, summary.mean),
                (9, 0),
                textcoords="offset points",
                va="center",
                fontsize=9,
                color=TEXT,
            )
    if goal is not None:
        axes.axhline(goal, color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0, label="mean asked for")
    axes.set_title(title, fontsize=11, color=TEXT, loc="left")
    axes.set_xticks(
        range(len(evaluation.models)), [model.replace(" ", "\n") for model in evaluation.models], fontsize=8
    )
    axes.set_xlim(-0.6, len(evaluation.models) - 0.2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=QUIET, labelcolor=TEXT)
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.6)
    axes.set_axisbelow(True)
    low, high = axes.get_ylim()
    if name == "hd95_mm":
        axes.set_ylim(0, max(high, 1.0))
    else:
        axes.set_ylim(min(low, 0.85), 1.005)
