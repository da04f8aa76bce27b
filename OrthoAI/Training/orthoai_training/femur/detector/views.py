"""The two pictures of a labeled case, drawn as at inference, with a 2D box for each femur."""

from __future__ import annotations

import math
from dataclasses import dataclass

from orthoai.detect.detector import Detection
from orthoai.detect.letterbox import fitting_pixel_mm
from orthoai.drr.image import DrrImage, axial_image, coronal_image
from orthoai.drr.parallel import ParallelDrrs, parallel_drrs

from orthoai_training.femur.detector.labeled_case import Edges, Field, LabeledCase

LEAST_SIDE_MM = 10.0
"""A femur of which less than this is in view along either side of the picture gets no box: nothing to learn from.

Stricter than the paper's "minimum area ratio 0.01" (Xie 2025, Table 2): 10 mm are 2 % of a femur's length.
"""


@dataclass(frozen=True)
class LabeledView:
    """A picture and the femora in it.

    Attributes:
        name: "coronal", "axial" (limited to the femora's slices) or "axial_whole".
        image: the picture and the way back to voxels.
        boxes: in pixel edges, score 1.
    """

    name: str
    image: DrrImage
    boxes: tuple[Detection, ...]


@dataclass(frozen=True)
class ProjectedField:
    """One field of view of a case, projected.

    Attributes:
        case, field: what was projected.
        drrs: its projections; their indices count from the field's first voxel.
        fitted_to: longer side of the pictures in pixels; None draws them in the projection's own pixels, as inference
            does.
    """

    case: LabeledCase
    field: Field
    drrs: ParallelDrrs
    fitted_to: int | None = None

    @classmethod
    def of(cls, case: LabeledCase, field: Field, fitted_to: int | None = None) -> ProjectedField:
        """Project the voxels of ``case`` inside ``field``."""
        return cls(case, field, parallel_drrs(case.volume.cropped(field.start, field.stop)), fitted_to)

    def femoral_slices(self) -> tuple[float, float] | None:
        """Slices k0 <= k < k1 of the field that hold all of the femora's visible parts; None without any."""
        found = [edges for edges in (femur.within(self.field) for femur in self.case.femora) if edges is not None]
        if not found:
            return None
        return min(low[2] for low, _ in found) + 0.5, max(high[2] for _, high in found) + 0.5

    def coronal(self) -> LabeledView:
        """The coronal picture with the boxes of the femora's visible parts."""
        step_i, _, step_k = self.drrs.geometry.spacing
        image = coronal_image(self.drrs, self._pixel_mm(2, 0))
        return LabeledView("coronal", image, self._boxes(image, self.field, 2, (step_i, step_k)))

    def axial(self, between: tuple[float, float] | None = None) -> LabeledView:
        """The axial picture of slices k0 <= k < k1 of the field, or of all; boxes are of the part in these slices."""
        step_i, step_j, _ = self.drrs.geometry.spacing
        image = axial_image(self.drrs, between, self._pixel_mm(1, 0))
        drawn = self.field if between is None else self._slabs(between)
        name = "axial_whole" if between is None else "axial"
        return LabeledView(name, image, self._boxes(image, drawn, 1, (step_i, step_j)))

    def _pixel_mm(self, row_axis: int, col_axis: int) -> float | None:
        if self.fitted_to is None:
            return None
        size, spacing = self.drrs.geometry.size, self.drrs.geometry.spacing
        rows_mm, cols_mm = (size[axis] * spacing[axis] for axis in (row_axis, col_axis))
        return fitting_pixel_mm(rows_mm, cols_mm, self.fitted_to)

    def _slabs(self, between: tuple[float, float]) -> Field:
        """The slices that are in the picture: whole slabs that touch ``between``."""
        slices = self.drrs.slab_slices
        depth = self.drrs.geometry.shape[0]
        first = min(max(0, math.floor(between[0] / slices)) * slices, depth)
        last = min(max(first, math.ceil(between[1] / slices) * slices), depth)
        (i0, j0, k0), (i1, j1, _) = self.field.start, self.field.stop
        return Field((i0, j0, k0 + first), (i1, j1, k0 + last))

    def _boxes(
        self, image: DrrImage, drawn: Field, row_axis: int, step_mm: tuple[float, float]
    ) -> tuple[Detection, ...]:
        """Boxes of the femora inside ``drawn``; its i and j must start where the field's do."""
        boxes = []
        for femur in self.case.femora:
            edges = femur.within(drawn)
            if edges is None or not _is_wide_enough(edges, row_axis, step_mm):
                continue
            low, high = edges
            shift = drawn.start[row_axis] - self.field.start[row_axis]
            corners = [image.from_index(corner[0], corner[row_axis] + shift) for corner in (low, high)]
            (x0, x1), (y0, y1) = (sorted(values) for values in zip(*corners, strict=True))
            boxes.append(Detection(femur.label, 1.0, x0, y0, x1, y1))
        return tuple(boxes)


def _is_wide_enough(edges: Edges, row_axis: int, step_mm: tuple[float, float]) -> bool:
    low, high = edges
    sides = ((high[0] - low[0]) * step_mm[0], (high[row_axis] - low[row_axis]) * step_mm[1])
    return min(sides) >= LEAST_SIDE_MM


def plain_views(case: LabeledCase) -> list[LabeledView]:
    """The coronal and the axial picture of the whole case, as inference draws them when its coronal view is right."""
    projected = ProjectedField.of(case, Field.whole(case.volume))
    return [projected.coronal(), projected.axial(projected.femoral_slices())]
