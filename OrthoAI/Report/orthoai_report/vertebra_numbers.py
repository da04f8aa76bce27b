"""Which vertebra has which number: in the picture, so that a table's row can be found in it, and in a sentence."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from matplotlib.axes import Axes
from orthoai.result import VERTEBRAE, Result
from orthoai.spine.numbered import number_edges

from orthoai_report import theme
from orthoai_report.panels import SHADOW
from orthoai_report.planes import SAGITTAL
from orthoai_report.profiles import label_profiles
from orthoai_report.subject import Subject
from orthoai_report.wording import UNNAMED

NUMBERED = (
    "Vertebrae are numbered, not named: 1 is the lowest one that was found, whichever it is. Count the levels in the "
    "images."
)

NUMBERED_APART = ("fracture_", "suspicion_")
"""How names begin whose number counts what is reported, not the vertebrae."""

REPORTED = (
    "Findings are numbered, not named: fractures and suspicions each from the lowest one that is reported. Count the "
    "levels in the images."
)


def levels_text(result: Result) -> str:
    """How the names of ``result`` came about; empty where nothing has one."""
    if any(finding.structure.startswith(NUMBERED_APART) for finding in result.findings):
        return REPORTED
    is_numbered = any(UNNAMED in finding.flags for finding in result.findings)
    return NUMBERED if result.structures or is_numbered else ""


def vertebrae_of(subject: Subject) -> Subject | None:
    """The subject with all numbered vertebrae in the place of its labels; None where the task numbers none."""
    extra = subject.result.extra(VERTEBRAE)
    if extra is None:
        return None
    result = replace(subject.result, segmentation=extra.voxels, labels=extra.labels)
    return Subject(subject.original, result, label_profiles(result))


def draw_numbers(axes: Axes, vertebrae: Subject, index: int, told: Collection[str]) -> None:
    """The number of each vertebra that sagittal slice ``index`` cuts, in its middle; not of those ``told`` already."""
    across, up, mm = SAGITTAL.across, SAGITTAL.up, vertebrae.geometry.spacing
    for value, (low, high) in number_edges(vertebrae.labels).items():
        name = vertebrae.result.labels.get(value, "")
        if name in told or not low[SAGITTAL.axis] <= index <= high[SAGITTAL.axis]:
            continue
        x, y = ((low[axis] + high[axis]) / 2 * mm[axis] for axis in (across, up))
        axes.text(
            x, y, name.rpartition("_")[2], color=theme.TEXT, size=9.5, ha="center", va="center", path_effects=SHADOW
        )
