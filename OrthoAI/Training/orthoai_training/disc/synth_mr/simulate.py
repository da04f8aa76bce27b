"""A simulated patient: a sagittal series of the lumbar spine, its masks, and what is known of each disc."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from orthoai.geometry import Geometry
from orthoai.progress import Progress
from orthoai.volume import Source, Volume

from orthoai_training.disc.synth_mr.render import CONTRASTS, Grid, Look, render
from orthoai_training.disc.synth_mr.spine import Disc, Spine, random_spine
from orthoai_training.simulated_cases import fill_cases, write_simulated

BAND_SHARE = 2 / 3
"""Of half a disc's length: where its anterior and posterior height are taken (see ``orthoai.tasks.disc.measure``)."""

BULGING_MM = 1.0
"""From this reach on a disc counts as bulging."""

FLUID_VALUE = 900.0
"""Gray value of fluid in the files, as a scanner might have it."""


@dataclass(frozen=True)
class SeriesRecipe:
    """What is simulated.

    Attributes:
        pixel_mm, slice_mm, slices: of the series; 15 slices of 4 mm are a usual clinical one.
        field_mm: height and width.
        contrast: "t2" or "t1".
        grades: Pfirrmann grades from L5/S1 upward; drawn where None.
        noise: as a share of fluid; drawn where None.
    """

    pixel_mm: float = 0.8
    slice_mm: float = 4.0
    slices: int = 15
    field_mm: tuple[float, float] = (280.0, 200.0)
    contrast: str = "t2"
    grades: tuple[int, ...] | None = None
    noise: float | None = None


@dataclass(frozen=True)
class DiscTruth:
    """What is known of a disc; lengths in mm in the mid-sagittal plane.

    Attributes:
        level: such as "L5/S1".
        anterior_mm, middle_mm, posterior_mm: heights.
        bulge_mm: reach beyond the line between the endplates' posterior corners.
        bulging, herniated: what that reach means.
        pfirrmann: 1 to 5.
        row, column: of its middle in the slices, in pixels from the outer corner.
        visible: whether it lies in the field whole.
    """

    level: str
    anterior_mm: float
    middle_mm: float
    posterior_mm: float
    bulge_mm: float
    bulging: bool
    herniated: bool
    pfirrmann: int
    row: float
    column: float
    visible: bool


@dataclass(frozen=True)
class SimulatedSpine:
    """A series and all that is known of it.

    Attributes:
        volume: MR; k runs over the slices to the patient's right, j caudal, i posterior.
        labels: (K, J, I) uint8, 1 vertebra, 2 disc, 3 canal.
        middle: the slice nearest to the mid-sagittal plane.
        canal_mm: depth of the canal where no disc narrows it.
        discs: from L5/S1 upward.
    """

    volume: Volume
    labels: NDArray[np.uint8]
    middle: int
    canal_mm: float
    discs: tuple[DiscTruth, ...]

    @property
    def meta(self) -> dict[str, Any]:
        """The content of case.json."""
        return {
            "task": "disc",
            "simulated": True,
            "middle_slice": self.middle,
            "canal_mm": self.canal_mm,
            "discs": [asdict(disc) for disc in self.discs],
        }


def simulate_spine(recipe: SeriesRecipe, seed: int) -> SimulatedSpine:
    """One patient; the same recipe and seed give the same voxels."""
    random = np.random.default_rng(seed)
    spine = random_spine(random, recipe.grades)
    grid = _grid(spine, recipe, random)
    brightness = {
        tissue: value * float(random.uniform(0.85, 1.15)) for tissue, value in CONTRASTS[recipe.contrast].items()
    }
    look = Look(
        brightness,
        fat_mm=float(random.uniform(8, 28)),
        back_mm=float(random.uniform(36, 52)),
        coil=float(random.uniform(0.6, 0.95)),
        noise=float(random.uniform(0.01, 0.04)) if recipe.noise is None else recipe.noise,
    )
    image, labels = render(spine, grid, look, random)
    geometry = Geometry(
        shape=(grid.slices, *grid.shape),
        spacing=(grid.pixel_mm, grid.pixel_mm, grid.slice_mm),
        origin=(grid.x(0), grid.front + grid.pixel_mm / 2, grid.top - grid.pixel_mm / 2),
        # i to the back, j downward, k to the right.
        direction=(0.0, 0.0, -1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0),
    )
    voxels = np.rint(image * FLUID_VALUE).clip(0, np.iinfo(np.int16).max).astype(np.int16)
    return SimulatedSpine(
        volume=Volume(voxels, geometry, "MR", Source("simulated")),
        labels=labels,
        middle=int(np.argmin([abs(grid.x(n) - spine.middle) for n in range(grid.slices)])),
        canal_mm=spine.canal_mm,
        discs=tuple(_truth(disc, grid) for disc in spine.discs),
    )


def simulate_cases(folder: Path, count: int, seed: int, recipe: SeriesRecipe, progress: Progress | None = None) -> None:
    """Write ``count`` cases into ``folder``; those that are complete are kept, so that a stopped run goes on."""

    def simulate(one_seed: int, case: Path) -> None:
        made = simulate_spine(recipe, one_seed)
        write_simulated(made.volume, made.labels, made.meta, case)

    fill_cases(folder, "spine", count, seed, simulate, progress)


def _grid(spine: Spine, recipe: SeriesRecipe, random: np.random.Generator) -> Grid:
    """The field around the middle of the lumbar spine, a little off as in practice."""
    lumbar = np.array([disc.center for disc in spine.discs[:6]])
    middle = (lumbar.min(axis=0) + lumbar.max(axis=0)) / 2 + random.uniform(-6, 6, 2)
    height, width = recipe.field_mm
    shape = (round(height / recipe.pixel_mm), round(width / recipe.pixel_mm))
    # Two fifths of the field lie in front of the spine.
    front, top = float(middle[0] - 0.4 * width), float(middle[1] + height / 2)
    return Grid(recipe.slices, shape, recipe.pixel_mm, recipe.slice_mm, front, top)


def _truth(disc: Disc, grid: Grid) -> DiscTruth:
    reach = disc.reach_at(0.0)
    band = BAND_SHARE * disc.half_depth
    row, column = (grid.top - disc.center[1]) / grid.pixel_mm, (disc.center[0] - grid.front) / grid.pixel_mm
    margin = disc.height_at(0.0) / grid.pixel_mm + disc.half_depth / grid.pixel_mm * abs(np.sin(disc.slope))
    return DiscTruth(
        level=disc.level,
        anterior_mm=disc.height_at(-band),
        middle_mm=disc.height_at(0.0),
        posterior_mm=disc.height_at(band),
        bulge_mm=reach,
        bulging=reach >= BULGING_MM,
        herniated=disc.herniation > 0,
        pfirrmann=disc.grade,
        row=row,
        column=column,
        visible=bool(margin <= row <= grid.shape[0] - margin),
    )
