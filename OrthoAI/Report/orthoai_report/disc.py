"""The report of the disc task: entry point "disc" of the group orthoai.reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orthoai.progress import Progress
    from orthoai.result import Result
    from orthoai.volume import Volume

UNCERTAINTY = "Uncertainty: how far the classifiers disagree, 0 to 50 %; it is not the chance of being wrong."

READING = (
    "Heights are taken in the middles of the disc's anterior, middle and posterior third. The disc height index "
    "is their mean over that of the neighboring vertebral bodies, the signal ratio the disc's brightness over "
    "that of the fluid in the canal. Bulge: how far the disc reaches behind the line between the corners of the "
    "neighboring vertebrae; negative where it stays in front of it. Pfirrmann's grades go from 1 (bright, of full "
    "height) to 5 (black, collapsed)."
)

NOT_ASSESSED = (
    "Only discs in the middle slice were judged. Not judged were herniations to the side, nerve roots and "
    "foramina, stenosis of the canal, endplates and bone marrow, alignment, facet joints, spinal cord, and "
    "everything else in the images."
)


def write_report(volume: Volume, result: Result, folder: Path, progress: Progress | None = None) -> None:
    """Write overview.png and report.html into ``folder``; see :func:`orthoai_report.write_report`."""
    # Heavy: matplotlib.
    from orthoai_report.page_words import PageWords
    from orthoai_report.picture_report import write_picture_report
    from orthoai_report.sagittal_page import LEVELS, SHOWN, draw_sagittal_page
    from orthoai_report.table_panel import DISC_LABELS

    words = PageWords(
        SHOWN,
        probabilities=f"{PageWords.probabilities} {UNCERTAINTY}",
        has_measurement_table=True,
        labels=DISC_LABELS,
        has_levels=True,
        levels=LEVELS if result.findings else "",
        reading=READING,
        not_assessed=NOT_ASSESSED,
    )
    write_picture_report(volume, result, folder, progress, draw_sagittal_page, words)
