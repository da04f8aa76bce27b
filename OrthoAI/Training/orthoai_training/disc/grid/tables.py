"""The figures of networks as rows, in Markdown and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from orthoai_training.disc.classification.scores import Interval
from orthoai_training.disc.grid.grades import GradeFigures
from orthoai_training.disc.grid.masks import MaskFigures
from orthoai_training.disc.segmentation.dice import STRUCTURES
from orthoai_training.evaluate.intervals import Summary

Table = Sequence[Sequence[str]]
"""Rows of cells; the first is the header."""

MASK_HEADER = ("run", "network", "patients", *STRUCTURES.values(), "mean Dice", "mean IoU", "MB", "steps", "s")

GRADE_FIGURES = {
    "accuracy": "herniation_accuracy",
    "sensitivity": "herniation_sensitivity",
    "specificity": "herniation_specificity",
    "AUC": "herniation_auc",
    "bulge AUC": "bulge_auc",
    "Pfirrmann kappa": "pfirrmann_kappa",
}
"""Column to what it shows of the scores; the first four are of herniation."""

GRADE_HEADER = ("run", "network", "discs", "herniated", *GRADE_FIGURES, "MB", "epochs", "s")


def mask_table(found: Sequence[MaskFigures]) -> Table:
    """One row per segmenter."""
    rows = []
    for one in found:
        dice = one.dice
        figures = [_summary(dice[name]) for name in (*STRUCTURES.values(), "mean")]
        costs = _costs(one.megabytes, one.steps, one.training_s)
        rows.append([one.run, one.network, str(len(one.cases)), *figures, _summary(one.iou), *costs])
    return [MASK_HEADER, *rows]


def grade_table(found: Sequence[GradeFigures]) -> Table:
    """One row per classifier."""
    rows = []
    for one in found:
        figures = [_interval(getattr(one.scores, field)) for field in GRADE_FIGURES.values()]
        network = one.network
        costs = _costs(network.megabytes, network.epochs, network.training_s)
        rows.append([network.run, network.name, str(one.scores.discs), str(one.scores.herniated), *figures, *costs])
    return [GRADE_HEADER, *rows]


def markdown(table: Table) -> str:
    """A table of Markdown.

    Example:
        >>> print(markdown([("a", "b"), ("1", "2")]))
        | a | b |
        |---|---|
        | 1 | 2 |
    """
    header, *rows = (f"| {' | '.join(row)} |" for row in table)
    return "\n".join([header, "|" + "---|" * len(table[0]), *rows])


def comma_separated(table: Table) -> str:
    """A table of CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)
    return text.getvalue()


def _summary(figure: Summary | None) -> str:
    return "" if figure is None else _figure(figure.mean, figure.low, figure.high)


def _interval(figure: Interval) -> str:
    return "" if figure.value is None else _figure(figure.value, figure.low, figure.high)


def _figure(value: float, low: float | None, high: float | None) -> str:
    return f"{value:.3f}" if low is None or high is None else f"{value:.3f} [{low:.3f}, {high:.3f}]"


def _costs(megabytes: float, count: int | None, seconds: float | None) -> list[str]:
    return [f"{megabytes:.1f}", "" if count is None else str(count), "" if seconds is None else f"{seconds:.0f}"]
