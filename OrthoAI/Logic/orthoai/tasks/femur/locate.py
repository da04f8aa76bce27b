"""Stage 1: where the femora are, from the coronal and the axial projection.

The coronal view goes first. The axial view then shows only the slices in which it found femora: over a whole body the
pelvis and the shins lie in front of them.
"""

from __future__ import annotations

from orthoai.detect.detector import Detection, Detector
from orthoai.drr.image import DrrImage, axial_image, coronal_image
from orthoai.drr.parallel import ParallelDrrs
from orthoai.progress import Progress
from orthoai.tasks.femur.body import bone_extent
from orthoai.tasks.femur.candidates import clean_view
from orthoai.tasks.femur.fuse import Field, FusedFemur, fuse
from orthoai.tasks.femur.view_box import Span, ViewBox, hull

STAGE = "Detect"
"""Name of this stage in progress reports."""

AXIAL_MARGIN_MM = 10.0
"""Slices above and below the femora that the axial view shows too, against a box that is a little short."""


def locate(
    drrs: ParallelDrrs, detector: Detector, midline: float | None, confidence: float, progress: Progress
) -> list[FusedFemur]:
    """The femora, left before right; none when neither view shows one.

    Args:
        drrs: both projections of a volume in LPS order.
        detector: finds "femur_left" and "femur_right" in either picture.
        midline: the body's midline along i in mm, None when unknown.
        confidence: smallest score that counts.
        progress: hears of each view and may cancel there.
    """
    field = Field.of(drrs.geometry)
    progress.report(STAGE, 0.0, "coronal view")
    coronal = clean_view(_boxes(coronal_image(drrs), detector, _coronal_scale(drrs)), True, confidence)
    progress.report(STAGE, 0.5, "axial view")
    axial = clean_view(
        _boxes(axial_image(drrs, _femoral_slices(coronal, drrs)), detector, _axial_scale(drrs)), False, confidence
    )
    femora = fuse(coronal, axial, field, midline, bone_extent(drrs))
    progress.report(STAGE, 1.0, f"found {len(femora)}")
    return femora


def _femoral_slices(coronal: list[ViewBox], drrs: ParallelDrrs) -> tuple[float, float] | None:
    """Slices k0 <= k < k1 around the boxes of the coronal view; None, all slices, where it has none."""
    span = hull(box.along for box in coronal)
    if span is None:
        return None
    step = drrs.geometry.spacing[2]
    low = max(0.0, (span.low - AXIAL_MARGIN_MM) / step + 0.5)
    return low, min(float(drrs.geometry.shape[0]), (span.high + AXIAL_MARGIN_MM) / step + 0.5)


def _boxes(image: DrrImage, detector: Detector, scale: tuple[float, float]) -> list[ViewBox]:
    """What the detector finds in one picture, in mm along the volume's axes."""
    return [_view_box(found, image, scale) for found in detector.detect(image.pixels)]


def _view_box(found: Detection, image: DrrImage, scale: tuple[float, float]) -> ViewBox:
    column_mm, row_mm = scale
    corners = [image.to_index(found.x0, found.y0), image.to_index(found.x1, found.y1)]
    columns = sorted(column * column_mm for column, _ in corners)
    rows = sorted(row * row_mm for _, row in corners)
    return ViewBox(found.label, found.score, Span(*columns), Span(*rows), image.pixel_mm)


def _coronal_scale(drrs: ParallelDrrs) -> tuple[float, float]:
    step_i, _, step_k = drrs.geometry.spacing
    return step_i, step_k


def _axial_scale(drrs: ParallelDrrs) -> tuple[float, float]:
    step_i, step_j, _ = drrs.geometry.spacing
    return step_i, step_j
