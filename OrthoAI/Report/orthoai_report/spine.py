"""The report of the tasks fracture and ovf: entry points of those names in the group orthoai.reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orthoai.progress import Progress
    from orthoai.result import Result
    from orthoai.volume import Volume

SHOWN = (
    "A sagittal slice with boxes and masks, where the network looked, each finding in its own mid-sagittal slice with "
    "the outline of its mask and its three heights, and a table of the findings."
)

NOTE = (
    "The networks behind this page learned from simulated fractures, and their figures were measured on simulated "
    "data: nothing is known of their accuracy in patients. Heights and grades are measured in the mask and are as good "
    "as it is."
)

PROBABILITIES = "Probabilities were calibrated on simulated data only."


def write_report(volume: Volume, result: Result, folder: Path, progress: Progress | None = None) -> None:
    """Write overview.png and report.html into ``folder``; see :func:`orthoai_report.write_report`."""
    # Heavy: matplotlib.
    from orthoai_report.page_words import PageWords
    from orthoai_report.picture_report import write_picture_report
    from orthoai_report.spine_page import draw_spine_page

    words = PageWords(SHOWN, NOTE, PROBABILITIES, has_measurement_table=True)
    write_picture_report(volume, result, folder, progress, draw_spine_page, words)
