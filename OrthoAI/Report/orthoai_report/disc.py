"""The report of the disc task: entry point "disc" of the group orthoai.reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orthoai_report import OVERVIEW_FILE, REPORT_FILE

if TYPE_CHECKING:
    from orthoai.progress import Progress
    from orthoai.result import Result
    from orthoai.volume import Volume

STAGE = "report"


def write_report(volume: Volume, result: Result, folder: Path, progress: Progress | None = None) -> None:
    """Write overview.png and report.html into ``folder``; see :func:`orthoai_report.write_report`."""
    # Heavy: matplotlib.
    from orthoai.progress import Progress

    from orthoai_report.html import report_page
    from orthoai_report.overview import save_overview
    from orthoai_report.profiles import label_profiles
    from orthoai_report.sagittal_page import SHOWN, draw_sagittal_page
    from orthoai_report.subject import Subject

    progress = progress or Progress()
    progress.report(STAGE, 0.0, "measuring the masks")
    subject = Subject(volume, result, label_profiles(result, progress))
    progress.report(STAGE, 0.3, "drawing the overview")
    picture = folder / OVERVIEW_FILE
    save_overview(draw_sagittal_page(subject), picture)
    progress.report(STAGE, 0.9, "writing the page")
    page = report_page(result, subject.palette, picture.read_bytes(), SHOWN)
    (folder / REPORT_FILE).write_text(page, encoding="utf-8")
    progress.report(STAGE, 1.0)
