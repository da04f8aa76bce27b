"""The overview of sagittal MR: the slice that was read, with boxes, masks and attention, and a table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from orthoai_report import panels, theme
from orthoai_report.heat import attention_of, draw_heat
from orthoai_report.legend import draw_legend
from orthoai_report.overview import BOTTOM, CAPTION, GAP, TOP, add_panel, empty_page
from orthoai_report.panels import BoxOutline
from orthoai_report.planes import SAGITTAL, PlanePicture, flat_picture, slice_picture
from orthoai_report.subject import Subject
from orthoai_report.table_panel import DISC_COLUMNS, draw_table

TABLE_PX = 590
"""Width of the table."""

DISC = "disc"
"""The label whose color boxes of discs have."""

REGION_COLOR = (230, 234, 240)
"""Red, green, blue of the box around all discs: none of the masks'."""

LEVELS = (
    "Levels are counted upward from the lowest disc, which is taken for L5/S1, or for S1/S2 where it is small. With a "
    "transitional vertebra, or without five lumbar ones, all names shift: check them."
)

SHOWN = (
    "The mid-sagittal slice with the boxes of the region and the discs, the masks of vertebrae, discs and canal, where "
    "the classifier looked, and a table of the discs."
)


def draw_sagittal_page(subject: Subject) -> Figure:
    """The page as a figure; axes carry the label of what they show, such as "masks"."""
    figure = empty_page(subject, not subject.profiles)
    width = (theme.WIDTH_PX - TABLE_PX - 5 * GAP) / 3
    height = BOTTOM - TOP
    lefts = [GAP + n * (width + GAP) for n in range(3)]
    aspect = (height - CAPTION) / width
    plane = read_plane(subject, aspect)
    clear = replace(plane, labels=np.zeros_like(plane.labels))
    boxes = add_panel(figure, (lefts[0], TOP, width, height), "boxes")
    # A picture without a place in the patient has no plane, sides or millimeters to show.
    title = "Picture" if subject.is_flat else ""
    outlines = plane_boxes(subject)
    region = replace(subject.palette, colors={box[0]: REGION_COLOR for box in outlines})
    panels.draw_plane(boxes, clear, region, title, tuple(box for box in outlines if "/" not in box[0]))
    for label, _, rectangle in outlines:
        if "/" in label:
            panels.draw_box_beside(boxes, (label,), rectangle, subject.palette.rgb(DISC))
    masks = add_panel(figure, (lefts[1], TOP, width, height), "masks")
    panels.draw_plane(masks, plane, subject.palette, "Masks")
    draw_legend(masks, subject.palette, tuple(profile.name for profile in subject.profiles))
    looked = attention_of(subject)
    if looked is not None:
        attention = add_panel(figure, (lefts[2], TOP, width, height), "attention")
        panels.draw_plane(attention, clear, subject.palette, "For or against a herniation (Grad-CAM)")
        draw_heat(attention, read_plane(looked, aspect))
    table = add_panel(figure, (lefts[2] + width + GAP, TOP, TABLE_PX, height), "table")
    # From the head downward, as in the pictures.
    draw_table(table, subject.result.findings[::-1], DISC_COLUMNS, LEVELS if subject.result.findings else "")
    return figure


def read_plane(subject: Subject, aspect: float) -> PlanePicture:
    """The slice that holds the boxes; the middle one where there are none. The whole of a flat picture."""
    if subject.is_flat:
        return flat_picture(subject)
    return slice_picture(subject, SAGITTAL, _read_index(subject), aspect)


def plane_boxes(subject: Subject) -> tuple[BoxOutline, ...]:
    """The boxes in the mm of the slice's panel."""
    if subject.is_flat:
        return panels.flat_boxes(subject)
    return tuple(panels.box_outline(box, SAGITTAL, subject) for box in subject.boxes)


def _read_index(subject: Subject) -> int:
    size = subject.geometry.size[SAGITTAL.axis]
    if not subject.boxes:
        return size // 2
    box = subject.boxes[0]
    middle = (box.index_min[SAGITTAL.axis] + box.index_max[SAGITTAL.axis]) / 2
    return min(max(0, round(middle)), size - 1)
