"""The overview of sagittal MR: the slice that was read, with boxes, masks and attention, and a table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from orthoai.result import Result

from orthoai_report import panels, theme
from orthoai_report.overview import BOTTOM, CAPTION, GAP, TOP, add_panel, empty_page
from orthoai_report.panels import BoxOutline
from orthoai_report.planes import SAGITTAL, PlanePicture, flat_picture, slice_picture
from orthoai_report.subject import Subject
from orthoai_report.table_panel import draw_table

ATTENTION = "attention"
"""The extra of a result that says where its classifier looked, 0..255."""

TABLE_PX = 560
"""Width of the table."""

HEAT_OPACITY = 0.65

SHOWN = (
    "The mid-sagittal slice with the boxes of the region and the discs, the masks of vertebrae, discs and canal, where "
    "the classifier looked, and a table of the discs."
)


def draw_sagittal_page(subject: Subject) -> Figure:
    """The page as a figure; axes carry the label of what they show, such as "masks"."""
    figure = empty_page(subject)
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
    panels.draw_plane(boxes, clear, subject.palette, title, tuple(box for box in outlines if "/" not in box[0]))
    _draw_discs(boxes, [box for box in outlines if "/" in box[0]], subject)
    masks = add_panel(figure, (lefts[1], TOP, width, height), "masks")
    panels.draw_plane(masks, plane, subject.palette, "Masks")
    heat = _attention(subject, aspect)
    if heat is not None:
        attention = add_panel(figure, (lefts[2], TOP, width, height), "attention")
        panels.draw_plane(attention, clear, subject.palette, "What speaks for a herniation (Grad-CAM)")
        _draw_heat(attention, heat)
    draw_table(add_panel(figure, (lefts[2] + width + GAP, TOP, TABLE_PX, height), "table"), subject)
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
    x, y, mm = SAGITTAL.across, SAGITTAL.up, subject.geometry.spacing
    return tuple(
        (
            box.label,
            box.score,
            (box.index_min[x] * mm[x], box.index_min[y] * mm[y], box.index_max[x] * mm[x], box.index_max[y] * mm[y]),
        )
        for box in subject.boxes
    )


def _read_index(subject: Subject) -> int:
    size = subject.geometry.size[SAGITTAL.axis]
    if not subject.boxes:
        return size // 2
    box = subject.boxes[0]
    middle = (box.index_min[SAGITTAL.axis] + box.index_max[SAGITTAL.axis]) / 2
    return min(max(0, round(middle)), size - 1)


def _attention(subject: Subject, aspect: float) -> PlanePicture | None:
    """The attention on the pixels of the slice, as the labels of a picture; None where the result has none."""
    result: Result = subject.result
    extra = next((extra for extra in result.extras if extra.name == ATTENTION), None)
    if extra is None:
        return None
    return read_plane(Subject(subject.original, replace(result, segmentation=extra.voxels), subject.profiles), aspect)


def _draw_discs(axes: Axes, discs: list[BoxOutline], subject: Subject) -> None:
    """Outlines with their names beside them: one above the other, discs leave no room over their boxes."""
    for label, _, (x0, y0, x1, y1) in discs:
        color = subject.palette.rgb(label)
        axes.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, edgecolor=color, linewidth=1.2))
        axes.annotate(
            label, (x1, (y0 + y1) / 2), (4, 0), textcoords="offset points", color=color, size=8.5,
            ha="left", va="center", path_effects=panels.SHADOW,
        )  # fmt: skip


def _draw_heat(axes: Axes, picture: PlanePicture) -> None:
    heat = picture.labels.astype(np.float32) / 255
    axes.imshow(
        heat, cmap="inferno", vmin=0, vmax=1, alpha=HEAT_OPACITY * heat, extent=picture.extent, aspect="auto",
        interpolation="bilinear",
    )  # fmt: skip
