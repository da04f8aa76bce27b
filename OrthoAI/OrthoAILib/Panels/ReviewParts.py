"""What the review panel takes from Slicer when nothing else is handed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slicer.i18n import tr as _

from OrthoAILib.Review.ExportController import ExportController
from OrthoAILib.Run.GuiTimer import guiTimer
from OrthoAILib.Run.WorkerInSlicer import workerInSlicer

if TYPE_CHECKING:
    from orthoai.dataset.exporters import Exporter
    from orthoai.review import Review

    from OrthoAILib.Review.ReviewState import ReviewState


def exportsInSlicer() -> ExportController:
    """With Slicer's timer and Python. Close it when it is not needed anymore."""
    from orthoai.dataset import save_case

    return ExportController(save_case, workerInSlicer, guiTimer)


def exportersOfRegistry() -> list[Exporter]:
    """Every format, those of other packages included."""
    from orthoai.dataset.exporters import all_exporters

    return all_exporters()


def stateLine(state: ReviewState) -> str:
    """Revision, time, and whether everything is saved, as one line; of a case that nobody touched nothing is."""
    revision = _("Revision {number}").format(number=state.revision) if state.revision else _("Not exported yet")
    minutes, seconds = divmod(round(state.timeSpent), 60)
    saved = _("saved") if state.isSaved else _("unsaved changes")
    untouched = state.isSaved and not state.revision and state.verdict is None
    return f"{revision} · {minutes}:{seconds:02d} min" + ("" if untouched else f" · {saved}")


def reviewLine(review: Review) -> str:
    """Whose review of the training set is shown, and what becomes of another one."""
    sentence = _("Revision {number} of the training set is shown ({verdict}{by}): decide again to replace it.")
    by = _(" by {reviewer}").format(reviewer=review.reviewer) if review.reviewer else ""
    return str(sentence.format(number=review.revision, verdict=review.verdict or "", by=by))
