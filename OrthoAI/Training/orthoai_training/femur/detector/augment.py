"""Random fields of view, slice ranges, contrast and noise for the detector's training pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from orthoai.geometry import Triple

from orthoai_training.femur.detector.labeled_case import Field, LabeledCase
from orthoai_training.femur.detector.views import LabeledView, ProjectedField

Range = tuple[float, float]


@dataclass(frozen=True)
class ViewRecipe:
    """How far training pictures stray from the plain ones.

    Attributes:
        crop_probability: per axis (i, j, k), how often the field of view is cut.
        least_mm: per axis (i, j, k), the shortest field that a cut leaves.
        slice_margin_mm: outward shift of each end of the axial picture's slices; negative cuts into the femur, as a
            coronal box that is a little short does.
        whole_probability: how often there is also an axial picture of all slices, as drawn at inference when the
            coronal picture shows no femur.
        fitted_probability: how often a picture is drawn in pixels that fit the detector's input, each the mean of what
            it covers, rather than in the projection's own pixels, of which the letterbox then picks some.
        gain: factor on the path through bone: bone density and scanner calibration.
        noise: standard deviation of noise in gray values.
    """

    crop_probability: Triple = (0.35, 0.25, 0.7)
    least_mm: Triple = (110.0, 110.0, 70.0)
    slice_margin_mm: Range = (-15.0, 60.0)
    whole_probability: float = 0.3
    fitted_probability: float = 0.5
    gain: Range = (0.6, 1.6)
    noise: Range = (0.0, 6.0)


def training_views(
    case: LabeledCase, image_size: int, rng: np.random.Generator, recipe: ViewRecipe | None = None
) -> list[LabeledView]:
    """One random field of view of ``case``: a coronal and one or two axial pictures.

    Args:
        case: the labeled CT.
        image_size: side of the detector's input in pixels.
        rng: the only source of chance.
        recipe: how far to stray.
    """
    recipe = recipe or ViewRecipe()
    field = random_field(case.volume.geometry.size, case.volume.geometry.spacing, rng, recipe)
    projected = ProjectedField.of(case, field, image_size if rng.random() < recipe.fitted_probability else None)
    slices = projected.femoral_slices()
    views = [projected.coronal()]
    if slices is not None:
        margins = rng.uniform(*recipe.slice_margin_mm, size=2) / case.volume.geometry.spacing[2]
        low = float(np.clip(slices[0] - margins[0], 0, projected.drrs.geometry.shape[0] - 1))
        high = float(np.clip(slices[1] + margins[1], low + 1, projected.drrs.geometry.shape[0]))
        views.append(projected.axial((low, high)))
    if slices is None or rng.random() < recipe.whole_probability:
        views.append(projected.axial())
    return [_changed(view, rng, recipe) for view in views]


def random_field(size: tuple[int, int, int], spacing: Triple, rng: np.random.Generator, recipe: ViewRecipe) -> Field:
    """A random box of voxels; each axis (i, j, k) is cut or left whole on its own.

    A cut leaves at least ``least_mm``; an axis that is shorter than that stays whole.
    """
    starts, stops = [], []
    for axis in range(3):
        count = size[axis]
        least = min(count, int(np.ceil(recipe.least_mm[axis] / spacing[axis])))
        is_cut = rng.random() < recipe.crop_probability[axis]
        kept = int(rng.integers(least, count + 1)) if is_cut else count
        start = int(rng.integers(0, count - kept + 1))
        starts.append(start)
        stops.append(start + kept)
    return Field((starts[0], starts[1], starts[2]), (stops[0], stops[1], stops[2]))


def change_appearance(pixels: NDArray[np.uint8], gain: float, noise: NDArray) -> NDArray[np.uint8]:
    """Multiply the path that a picture shows by ``gain`` and add ``noise`` (H, W) in gray values.

    Gray is 255 * (1 - exp(-path / scale)), so a longer path is a power of the part that is still dark.
    """
    dark = (1 - pixels.astype(np.float64) / 255) ** gain
    return np.clip(np.rint(255 * (1 - dark) + noise), 0, 255).astype(np.uint8)


def _changed(view: LabeledView, rng: np.random.Generator, recipe: ViewRecipe) -> LabeledView:
    pixels = view.image.pixels
    # Even in the logarithm: half as much bone is as likely as twice as much.
    gain = float(np.exp(rng.uniform(*np.log(recipe.gain))))
    noise = rng.normal(0.0, rng.uniform(*recipe.noise), pixels.shape)
    return replace(view, image=replace(view.image, pixels=change_appearance(pixels, gain, noise)))
