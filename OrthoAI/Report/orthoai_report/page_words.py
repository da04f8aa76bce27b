"""What the pages of one task say besides the result itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PageWords:
    """Sentences for report.html.

    Attributes:
        shown: what the picture shows; else projections, slices and surfaces are told.
        note: what a reader must know of this task beyond the note that every page has.
        probabilities: what the probabilities are worth.
        has_measurement_table: whether measurements have a table of their own instead of a cell for each finding; for
            findings that all have the same ones.
    """

    shown: str = ""
    note: str = ""
    probabilities: str = "Probabilities are the model's own and are not calibrated."
    has_measurement_table: bool = False
