"""The report of a run: overview.png and report.html.

A package of its own, because the engine (``orthoai``) imports no vtk. Everything heavy is imported when a report is
written, not before.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orthoai.drr.parallel import ParallelDrrs
    from orthoai.progress import Progress
    from orthoai.result import Result
    from orthoai.volume import Volume

OVERVIEW_FILE = "overview.png"
REPORT_FILE = "report.html"


def write_report(
    volume: Volume,
    result: Result,
    folder: Path,
    progress: Progress | None = None,
    *,
    drrs: ParallelDrrs | None = None,
) -> None:
    """Write overview.png and report.html into ``folder``.

    Args:
        volume: the input of the run; any axis order.
        result: what the run found, on the grid of ``volume``.
        folder: an existing folder, usually the staged one.
        progress: told how far it is; a cancel stops it within a second.
        drrs: the projections of the LPS-ordered volume, when the caller still has them; else they are made here.

    Raises:
        Canceled: a cancel was asked for.
        OSError: ``folder`` cannot be written.
    """
    from orthoai_report.write import write

    write(volume, result, folder, progress, drrs)
