"""Make the pictures, then the two files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orthoai.progress import Progress
from orthoai.result import Result
from orthoai.volume import Volume

from orthoai_report import OVERVIEW_FILE, REPORT_FILE
from orthoai_report.html import report_page
from orthoai_report.overview import draw_overview, save_overview
from orthoai_report.page_words import PageWords
from orthoai_report.profiles import label_profiles
from orthoai_report.projections import projection_pictures
from orthoai_report.subject import Subject
from orthoai_report.surface import render_surfaces

if TYPE_CHECKING:
    from orthoai.drr.parallel import ParallelDrrs

STAGE = "report"

NOT_ASSESSED = {
    "femur": (
        "Only where the femora are was judged. Not judged were fractures, lesions, implants, joints, bone density, and "
        "everything else in the scan. Volume and length are of what is marked: of a femur that the scan cuts off, of "
        "the part that was scanned."
    )
}
"""What a task did not look at."""


def write(
    volume: Volume, result: Result, folder: Path, progress: Progress | None = None, drrs: ParallelDrrs | None = None
) -> None:
    """Write overview.png and report.html into ``folder``; see :func:`orthoai_report.write_report`."""
    progress = progress or Progress()
    progress.report(STAGE, 0.0, "measuring the masks")
    subject = Subject(volume, result, label_profiles(result, progress))
    progress.report(STAGE, 0.2, "projections")
    projections = projection_pictures(subject, progress, drrs)
    progress.report(STAGE, 0.5, "3D surface")
    surfaces = render_surfaces(subject, progress)
    progress.report(STAGE, 0.7, "drawing the overview")
    picture = folder / OVERVIEW_FILE
    save_overview(draw_overview(subject, projections, surfaces), picture)
    progress.report(STAGE, 0.9, "writing the page")
    words = PageWords(not_assessed=NOT_ASSESSED.get(result.task, ""))
    page = report_page(result, subject.palette, picture.read_bytes(), words)
    (folder / REPORT_FILE).write_text(page, encoding="utf-8")
    progress.report(STAGE, 1.0)
