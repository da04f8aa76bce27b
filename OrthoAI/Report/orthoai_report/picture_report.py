"""Write a report whose overview is one drawn page, without projections and surfaces."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure
from orthoai.progress import Progress
from orthoai.result import Result
from orthoai.volume import Volume

from orthoai_report import OVERVIEW_FILE, REPORT_FILE
from orthoai_report.html import report_page
from orthoai_report.overview import save_overview
from orthoai_report.page_words import PageWords
from orthoai_report.profiles import label_profiles
from orthoai_report.subject import Subject

STAGE = "report"


def write_picture_report(
    volume: Volume,
    result: Result,
    folder: Path,
    progress: Progress | None,
    draw: Callable[[Subject], Figure],
    words: PageWords,
) -> None:
    """Write overview.png, as ``draw`` draws it, and report.html; see :func:`orthoai_report.write_report`."""
    progress = progress or Progress()
    progress.report(STAGE, 0.0, "measuring the masks")
    subject = Subject(volume, result, label_profiles(result, progress))
    progress.report(STAGE, 0.3, "drawing the overview")
    picture = folder / OVERVIEW_FILE
    save_overview(draw(subject), picture)
    progress.report(STAGE, 0.9, "writing the page")
    page = report_page(result, subject.palette, picture.read_bytes(), words)
    (folder / REPORT_FILE).write_text(page, encoding="utf-8")
    progress.report(STAGE, 1.0)
