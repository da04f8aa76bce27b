"""The report of the tasks fracture and ovf: entry points of those names in the group orthoai.reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orthoai.spine.genant import GRADE_CUTS

from orthoai_report.page_words import PageWords

if TYPE_CHECKING:
    from orthoai.progress import Progress
    from orthoai.result import Result
    from orthoai.volume import Volume

NOTE = (
    "The networks that come with OrthoAI learned from simulated fractures, and their figures were measured on "
    "simulated data: nothing is known of their accuracy in patients."
)

HEIGHTS_NOTE = "Heights and grades are measured in the mask and are as good as it is."

MILD, MODERATE, SEVERE = (f"{cut:.0%}".replace("%", " %") for cut in GRADE_CUTS)

READING = (
    "Ratios are of heights of the same vertebra; expected heights are the mean of the nearest unfractured vertebrae "
    "above and below. Height loss is the largest of the three against those. Genant's grades go by it: 1 (mild) from "
    f"{MILD}, 2 (moderate) from {MODERATE}, 3 (severe) from {SEVERE}."
)

NOT_ASSESSED = (
    "Only the shape of vertebral bodies was judged. Not judged were fractures without loss of height, arches and "
    "processes, sacrum, ribs and pelvis, the age and the cause of a fracture, fragments in the spinal canal, bone "
    "density, and everything else in the scan."
)

PROBABILITIES = (
    "Probabilities were calibrated on simulated data only, if at all. Uncertainty: how far the slices of one vertebra "
    "disagree, 0 to 50 %. Slices near a body's rim often look sound, so 40 % is common; it is not the chance of being "
    "wrong."
)


def page_words(result: Result) -> PageWords:
    """Sentences that hold for ``result``: of heights, attention and close-ups only where it has them."""
    # Heavy: matplotlib.
    from orthoai_report.body_heights import HEIGHTS
    from orthoai_report.heat import ATTENTION
    from orthoai_report.spine_page import CLOSE_UPS, pictured
    from orthoai_report.vertebra_numbers import levels_text

    has_heights = any(name in finding.measurements for finding in result.findings for name in HEIGHTS)
    parts = ["a sagittal slice with boxes and masks"]
    parts += ["where the network looked"] if result.extra(ATTENTION) else []
    shown = len(pictured(result.findings))
    if shown:
        which = "each finding" if shown < CLOSE_UPS else f"the upper {CLOSE_UPS} findings, each"
        heights = ", with their heights" if has_heights else ""
        parts.append(f"{which} in a sagittal slice through its middle with the outline of its mask{heights}")
    parts += ["a table of the findings"] if result.findings else []
    told = ", and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]
    has_heights |= any(name in measured for measured in result.structures.values() for name in HEIGHTS)
    note = f"{NOTE} {HEIGHTS_NOTE}" if has_heights else NOTE
    return PageWords(
        f"{told[0].upper()}{told[1:]}.",
        note,
        PROBABILITIES,
        has_measurement_table=True,
        has_levels=True,
        levels=levels_text(result),
        reading=READING if has_heights else "",
        not_assessed=NOT_ASSESSED,
    )


def write_report(volume: Volume, result: Result, folder: Path, progress: Progress | None = None) -> None:
    """Write overview.png and report.html into ``folder``; see :func:`orthoai_report.write_report`."""
    # Heavy: matplotlib.
    from orthoai_report.picture_report import write_picture_report
    from orthoai_report.spine_page import draw_spine_page

    write_picture_report(volume, result, folder, progress, draw_spine_page, page_words(result))
