"""The report of the disc task: entry point "disc" of the group orthoai.reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orthoai.progress import Progress
    from orthoai.result import Result
    from orthoai.volume import Volume

UNCERTAINTY = "Uncertainty: how far the classifiers disagree, 0 to 50 %; it is not the chance of being wrong."


def write_report(volume: Volume, result: Result, folder: Path, progress: Progress | None = None) -> None:
    """Write overview.png and report.html into ``folder``; see :func:`orthoai_report.write_report`."""
    # Heavy: matplotlib.
    from orthoai_report.page_words import PageWords
    from orthoai_report.picture_report import write_picture_report
    from orthoai_report.sagittal_page import SHOWN, draw_sagittal_page

    words = PageWords(SHOWN, probabilities=f"{PageWords.probabilities} {UNCERTAINTY}")
    write_picture_report(volume, result, folder, progress, draw_sagittal_page, words)
