"""Simulated CT of the lower limbs with known femora.

``simulate_limb(LimbRecipe(), seed=7)`` gives one case; the same recipe, seed and device give the same voxels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from orthoai.dataset.layout import TASK_KEY
from orthoai.errors import InputError
from orthoai.geometry import Geometry, Triple
from orthoai.volume import Source, Volume
from scipy.spatial.transform import Rotation

from orthoai_training.synth.acquisition import Scanner, scan
from orthoai_training.synth.implants import Implant, hip_nail, hip_prosthesis, knee_prosthesis, without_head
from orthoai_training.synth.leg_shape import LegSize
from orthoai_training.synth.render import render
from orthoai_training.synth.scene import Scene
from orthoai_training.synth.shape_library import ShapeLibrary, bone_files, load_library
from orthoai_training.synth.skeleton import Skeleton, draw_skeleton
from orthoai_training.synth.soft_tissue import BodySize
from orthoai_training.synth.texture import ct_files, load_textures
from orthoai_training.synth.warp import Warp

FIELDS = ("full", "thighs", "hips", "knees", "femur")
"""What a scan covers: pelvis to feet, hips to knees, hips, knees, or one femur with a margin."""


@dataclass(frozen=True)
class LimbRecipe:
    """What kind of case to simulate; None means "draw it".

    Attributes:
        field: one of :data:`FIELDS`.
        spacing: mm (i, j, k) of the scan.
        width: mm from left to right and from front to back of the field of view.
        shapes: folders with real surfaces (:mod:`shape_library`); empty for parametric bones.
        real_share: the chance that a case uses a real femur when there are ``shapes``; for "knees" a whole one, and
            parametric ones where there is none.
        textures: folders with CT to take texture from (:mod:`texture`).
        metal: chance, per leg, of a prosthesis or a nail. one_sided: chance that only one leg is there.
        warp: mm (root mean square) by which a smooth deformation moves all bones.
        oblique: largest tilt in degrees of the scan's axes. any_axes: store the axes in one of the 48 orders.
    """

    field: str | None = None
    spacing: Triple | None = None
    width: tuple[float, float] | None = None
    shapes: tuple[Path, ...] = ()
    real_share: float = 0.5
    textures: tuple[Path, ...] = ()
    metal: float = 0.12
    one_sided: float = 0.06
    warp: float = 2.5
    oblique: float = 0.0
    any_axes: bool = False


@dataclass(frozen=True)
class LimbCase:
    """One simulated case.

    Attributes:
        volume: CT in HU, int16 (K, J, I).
        labels: uint8 (K, J, I): 1 femur_left, 2 femur_right.
        bones: uint8 (K, J, I): other bones, values of ``skeleton.CONTEXT_LABELS``.
        meta: seed, field, real shapes used, metal; goes into case.json.
    """

    volume: Volume
    labels: NDArray[np.uint8]
    bones: NDArray[np.uint8]
    meta: dict[str, object]


def require_sources(recipe: LimbRecipe) -> None:
    """Raise InputError where shapes or textures of ``recipe`` are not there: not every case asks for them."""
    for folder in recipe.shapes:
        bone_files(folder)
    for folder in recipe.textures:
        ct_files(folder)


def simulate_limb(recipe: LimbRecipe, seed: int, device: str = "cpu") -> LimbCase:
    """Simulate one case.

    Raises:
        InputError: unknown field, or a shapes or texture folder that holds nothing usable.
    """
    if recipe.field is not None and recipe.field not in FIELDS:
        raise InputError(f"There is no field of view named {recipe.field}: choose one of {', '.join(FIELDS)}.")
    rng = np.random.default_rng(seed)
    generator = torch.Generator(device=device).manual_seed(seed)
    library = load_library(recipe.shapes) if recipe.shapes and rng.random() < recipe.real_share else None
    # A scan of proximal femora ends above their cut, far above the knees.
    if library is not None and recipe.field == "knees":
        library = library.with_knees()
    scene = draw_scene(rng, generator, recipe, library)
    field = recipe.field or _draw_field(rng, scene.skeleton)
    geometry = _grid(rng, scene.skeleton, recipe, field)
    rendered = render(scene, geometry, load_textures(recipe.textures), generator)
    hu = scan(rendered, geometry.spacing, Scanner.draw(rng), generator)
    volume = Volume(hu.cpu().numpy(), geometry, "CT", Source(kind="simulated"))
    labels, bones = rendered.labels.cpu().numpy(), rendered.bones.cpu().numpy()
    if recipe.any_axes:
        codes = _draw_codes(rng)
        labels = Volume(labels, geometry).reoriented(codes).voxels
        bones = Volume(bones, geometry).reoriented(codes).voxels
        volume = volume.reoriented(codes)
    meta = {
        TASK_KEY: "femur",
        "seed": seed,
        "field": field,
        "shapes": list(scene.skeleton.shapes),
        "textures": [folder.name for folder in recipe.textures],
        "metal": [implant.name for implant in scene.implants],
        "axes": volume.geometry.axis_codes,
    }
    return LimbCase(volume, labels, bones, meta)


def draw_scene(
    rng: np.random.Generator, generator: torch.Generator, recipe: LimbRecipe, library: ShapeLibrary | None
) -> Scene:
    """A random person with random implants, lying on a table or not."""
    sides: tuple[str, ...] = ("left", "right")
    if rng.random() < recipe.one_sided:
        sides = (("left",), ("right",))[rng.integers(2)]
    skeleton = draw_skeleton(rng, library, sides)
    bounds = [bone.lps_bounds() for bone in skeleton.bones]
    low = np.min([b[0] for b in bounds], axis=0) - 30
    high = np.max([b[1] for b in bounds], axis=0) + 30
    warp = Warp.draw(tuple(low), tuple(high), recipe.warp, generator, generator.device)
    skeleton, implants = _operated(rng, skeleton, recipe.metal)
    return Scene(skeleton, tuple(implants), BodySize.draw(rng), warp, table=bool(rng.random() < 0.8))


def _operated(rng: np.random.Generator, skeleton: Skeleton, chance: float) -> tuple[Skeleton, list[Implant]]:
    """The skeleton after surgery, and the metal in it."""
    implants: list[Implant] = []
    bones = list(skeleton.bones)
    for side in skeleton.legs:
        if rng.random() >= chance:
            continue
        at, femur = next((n, bone) for n, bone in enumerate(bones) if bone.name == f"femur_{side}")
        kind = rng.random()
        if kind < 0.35:
            implants += hip_prosthesis(femur, rng)
            bones[at] = without_head(femur, rng)
        elif kind < 0.65 or skeleton.usable_below is not None:
            implants += hip_nail(femur, rng)
        else:
            legs = [bone for bone in bones if bone.name == "tibia"]
            shank = legs[list(skeleton.legs).index(side)].pose
            implants += knee_prosthesis(femur, replace(shank, scale=(1.0, 1.0, 1.0)), LegSize().plateau)
    return replace(skeleton, bones=tuple(bones)), implants


def _draw_field(rng: np.random.Generator, skeleton: Skeleton) -> str:
    if skeleton.usable_below is not None:
        return "hips"
    return str(rng.choice(["full", "thighs", "hips", "knees"], p=[0.42, 0.28, 0.18, 0.12]))


def _grid(rng: np.random.Generator, skeleton: Skeleton, recipe: LimbRecipe, field: str) -> Geometry:
    """The scan's grid: field of view, spacing and tilt."""
    low, high = _extent(rng, skeleton, recipe, field)
    if skeleton.usable_below is not None:
        low[2] = max(low[2], skeleton.usable_below)
    spacing = recipe.spacing
    if spacing is None:
        pixel = float(rng.uniform(0.7, 1.0))
        spacing = (pixel, pixel, float(rng.choice([0.6, 0.8, 1.0, 1.5, 2.0, 3.0])))
    size = np.maximum(np.ceil((high - low) / np.asarray(spacing)).astype(int), 4)
    turn = Rotation.from_euler("xyz", rng.uniform(-1, 1, 3) * recipe.oblique, degrees=True).as_matrix()
    center = (low + high) / 2
    origin = center - turn @ (np.asarray(spacing) * (size - 1) / 2)
    return Geometry(
        shape=(int(size[2]), int(size[1]), int(size[0])),
        spacing=spacing,
        origin=(float(origin[0]), float(origin[1]), float(origin[2])),
        direction=tuple(float(v) for v in turn.ravel()),
    )


def _extent(
    rng: np.random.Generator, skeleton: Skeleton, recipe: LimbRecipe, field: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    knee = float(np.mean([leg.knee[2] for leg in skeleton.legs.values()]))
    ankle = float(np.mean([leg.ankle[2] for leg in skeleton.legs.values()]))
    if field == "femur":
        side = sorted(skeleton.legs)[int(rng.integers(len(skeleton.legs)))]
        low, high = next(b for b in skeleton.bones if b.name == f"femur_{side}").lps_bounds()
        return low - rng.uniform(8, 32, 3), high + rng.uniform(8, 32, 3)
    ends = {
        "full": (ankle - rng.uniform(40, 95), rng.uniform(110, 230)),
        "thighs": (knee - rng.uniform(50, 140), rng.uniform(70, 190)),
        "hips": (-rng.uniform(55, 200), rng.uniform(70, 230)),
        "knees": (knee - rng.uniform(90, 200), knee + rng.uniform(50, 220)),
    }[field]
    width, depth = recipe.width or (float(rng.uniform(400, 500)), float(rng.uniform(320, 480)))
    x, y = rng.normal(0, 8), rng.normal(10, 15)
    low = np.array([x - width / 2, y - depth / 2, ends[0]])
    return low, np.array([x + width / 2, y + depth / 2, ends[1]])


def _draw_codes(rng: np.random.Generator) -> str:
    orders = ["".join(axes) for axes in product("RL", "AP", "IS")]
    letters = list(orders[rng.integers(len(orders))])
    rng.shuffle(letters)
    return "".join(letters)
