"""Where a network looked, over a picture."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from orthoai_report.legend import HEAT, draw_heat_scale
from orthoai_report.planes import PlanePicture
from orthoai_report.subject import Subject, with_extra

ATTENTION = "attention"
"""The extra of a result that says where its network looked, 0..255."""

OPACITY = 0.65
"""Of the hottest place."""


def attention_of(subject: Subject) -> Subject | None:
    """The subject with its attention in the place of its labels; None where the result has none."""
    return with_extra(subject, ATTENTION)


def draw_heat(axes: Axes, picture: PlanePicture) -> None:
    """The labels of ``picture``, 0..255, as heat that lets the image through where it is cold, and its scale."""
    heat = picture.labels.astype(np.float32) / 255
    axes.imshow(
        heat, cmap=HEAT, vmin=0, vmax=1, alpha=OPACITY * heat, extent=picture.extent, aspect="auto",
        interpolation="bilinear",
    )  # fmt: skip
    draw_heat_scale(axes)
