"""What the pages of one task say besides the result itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PageWords:
    """Sentences for report.html.

    Attributes:
        shown: what the picture shows; else projections, slices and surfaces are told.
        note: what a reader must know of this task beyond the note that every page has.
        probabilities: what the probabilities are worth.
        has_measurement_table: whether measurements have a table of their own instead of a cell for each finding; for
            findings that all have the same ones.
        labels: words for labels that say too little, such as "no bulge or herniation" for "normal".
        has_levels: whether findings are of levels from the lowest upward; the page goes from the head downward.
        levels: how the levels came by their names.
        reading: how measurements are to be read.
        not_assessed: what the task did not look at.
    """

    shown: str = ""
    note: str = ""
    probabilities: str = "Probabilities are the model's own and are not calibrated."
    has_measurement_table: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    has_levels: bool = False
    levels: str = ""
    reading: str = ""
    not_assessed: str = ""
