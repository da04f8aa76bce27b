"""Tables of figures in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from orthoai_training.evaluate.intervals import Summary


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table's lines."""
    return [f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rows)]


def interval(summary: Summary | None, digits: int = 4) -> str:
    """A mean with its confidence interval."""
    if summary is None:
        return "-"
    mean = f"{summary.mean:.{digits}f}"
    return mean if summary.low is None else f"{mean} [{summary.low:.{digits}f}, {summary.high:.{digits}f}]"


def spelled_interval(summary: Summary | None, digits: int = 4, sign: str = "") -> str:
    """As :func:`interval` with the word "to"; ``sign`` "+" shows that of positive numbers as well."""
    if summary is None:
        return "-"
    shown = (summary.mean, summary.low, summary.high)
    mean, *ends = ("" if value is None else f"{value:{sign}.{digits}f}" for value in shown)
    return f"{mean} ({' to '.join(ends)})" if all(ends) else mean


def number(value: float | None, digits: int = 4) -> str:
    """One figure."""
    return "-" if value is None else f"{value:.{digits}f}"
