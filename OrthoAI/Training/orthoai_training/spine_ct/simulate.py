"""A simulated spine CT from a seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from orthoai.geometry import Geometry
from orthoai.volume import Source, Volume
from scipy.spatial.transform import Rotation

from orthoai_training.data_kinds import FROM_REAL_SHAPES, SIMULATED
from orthoai_training.spine_ct.canvas import Canvas
from orthoai_training.spine_ct.case import SpineCase, VertebraTruth
from orthoai_training.spine_ct.fate import NoClearSpineError
from orthoai_training.spine_ct.label_map import read_spine
from orthoai_training.spine_ct.mesh_map import read_meshes
from orthoai_training.spine_ct.mr_map import MR_SUFFIX, TooFewBodiesError, read_mr_bodies
from orthoai_training.spine_ct.options import SpineOptions
from orthoai_training.spine_ct.paint import Painter
from orthoai_training.spine_ct.paint_spine import paint_spine
from orthoai_training.spine_ct.person import Person, draw_person, real_person
from orthoai_training.spine_ct.real_shapes import find_shapes, is_mesh, is_mr
from orthoai_training.spine_ct.scan import Scanner, scan
from orthoai_training.spine_ct.soft import Axis, Torso, plaques, soft_tissue
from orthoai_training.spine_ct.spine import Vertebra
from orthoai_training.spine_ct.tissue import Tissue
from orthoai_training.synth.texture import ct_files, load_textures

KINDS = ("whole", "thoracolumbar", "lumbar", "thoracic")
KIND_SHARES = (0.15, 0.4, 0.25, 0.2)

MOST_VOXELS = (220, 220, 300)
"""Along i, j and k for the fields around the spine; a spacing that is drawn grows where more would be needed."""

MOST_PERSONS = 10
"""One in some hundred persons has no fate that is clear: then another is drawn, but not for ever."""

THIN_MM = 1.7
"""Slices are painted at most so far apart, and averaged."""

FEWEST_VOXELS = 30
"""A body of which less is in the field is no vertebra of the case."""


CUT_MM = 4.0
"""So much at least the border cuts off the vertebrae beyond those that are shown."""

BARE_MM = 3.0
"""The field ends so close to the last vertebra where none is known beyond."""


@dataclass(frozen=True)
class Field:
    """Box of the scan around the shown vertebrae, LPS mm, and its voxels."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]
    pixel_mm: float
    slice_mm: float
    thin: int

    def geometry(self, tilt: np.ndarray) -> Geometry:
        """The grid that is painted, its axes turned by ``tilt`` (3x3) about the box's center."""
        low, high = np.asarray(self.low), np.asarray(self.high)
        spacing = (self.pixel_mm, self.pixel_mm, self.slice_mm / self.thin)
        size = np.maximum(8, np.round((high - low) / (self.pixel_mm, self.pixel_mm, self.slice_mm))).astype(int)
        shape = (int(size[2]) * self.thin, int(size[1]), int(size[0]))
        middle = (low + high) / 2
        origin = middle - tilt @ ((np.array([size[0], size[1], shape[0]]) - 1) / 2 * spacing)
        return Geometry(
            shape,
            spacing,
            (float(origin[0]), float(origin[1]), float(origin[2])),
            tuple(float(v) for v in tilt.ravel()),
        )


def require_sources(options: SpineOptions) -> None:
    """Raise InputError where shapes or textures of ``options`` are not there: not every case asks for them."""
    find_shapes(options.shapes)
    for folder in options.texture:
        ct_files(folder)


def simulate(seed: int, options: SpineOptions = SpineOptions()) -> SpineCase:  # noqa: B008 (frozen)
    """One simulated CT; the same seed and options give the same voxels.

    Raises:
        InputError: a folder of textures or shapes holds none.
    """
    rng = np.random.default_rng(seed)
    generator = torch.Generator().manual_seed(seed)
    person = _clear_person(rng, options)
    field = _field(person, rng, options)
    painted = field.geometry(_tilt(rng, options.tilt))
    axis = _axis(person)
    torso = Torso.draw(rng, options.contrast)
    canvas = Canvas.blank(painted, soft_tissue(painted, axis, torso, generator))
    painter = Painter(canvas, Tissue.draw(rng), load_textures(options.texture), generator, rng)
    painter.plaques(plaques(axis, torso, rng))
    paint_spine(painter, person.vertebrae, person.sacrum, rng)
    scanner = Scanner.draw(rng, options.noise, field.slice_mm)
    voxels = scan(canvas, scanner, field.thin, rng)
    bodies = canvas.bodies[field.thin // 2 :: field.thin]
    geometry = _thick(painted, field.thin)
    volume = Volume(voxels, geometry, "CT", Source("simulated"))
    vertebrae = _truths(person.vertebrae[: person.sacrum], bodies, geometry)
    fine = _kept(canvas.bodies, painted, vertebrae) if field.thin > 1 else None
    if options.any_axes:
        codes = _codes(rng)
        bodies = np.ascontiguousarray(Volume(bodies, geometry).reoriented(codes).voxels)
        turned = volume.reoriented(codes)
        volume = replace(turned, voxels=np.ascontiguousarray(turned.voxels))
    kind = FROM_REAL_SHAPES if person.sources else SIMULATED
    textures = tuple(folder.name for folder in options.texture)
    return SpineCase(volume, np.ascontiguousarray(bodies), vertebrae, kind, seed, person.sources, textures, fine)


def _clear_person(rng: np.random.Generator, options: SpineOptions) -> Person:
    for _ in range(MOST_PERSONS - 1):
        try:
            return _person(rng, options)
        except NoClearSpineError:
            continue
    return _person(rng, options)


def _person(rng: np.random.Generator, options: SpineOptions) -> Person:
    shown = _shown(rng, options)
    real = list(find_shapes(options.shapes))
    if not real or rng.random() >= options.real_share:
        return draw_person(rng, options, shown)
    while True:
        chosen = real[int(rng.integers(len(real)))]
        try:
            return _shaped_person(rng, options, shown, chosen)
        except TooFewBodiesError:
            # Of a folder of patients, some may be unusable.
            real.remove(chosen)
            if not real:
                raise


def _shaped_person(rng: np.random.Generator, options: SpineOptions, shown: tuple[int, int], chosen: Path) -> Person:
    """A person with the real shapes of ``chosen``, of :func:`find_shapes`."""
    if is_mesh(chosen):
        return draw_person(rng, options, shown, read_meshes(chosen), chosen.stem)
    if is_mr(chosen):
        patient = chosen.name.removesuffix(MR_SUFFIX)
        return draw_person(rng, options, shown, read_mr_bodies(chosen), f"{chosen.parent.name}_{patient}")
    return real_person(rng, options, shown, read_spine(chosen))


def _shown(rng: np.random.Generator, options: SpineOptions) -> tuple[int, int]:
    """VerSe numbers of the first and the last vertebra that the field is meant to show whole."""
    kind = str(rng.choice(KINDS, p=KIND_SHARES)) if options.field == "random" else options.field
    if kind == "whole":
        return int(rng.integers(11, 14)), 24
    if kind == "lumbar":
        return int(rng.integers(18, 21)), int(rng.integers(23, 25))
    if kind == "thoracic":
        first = int(rng.integers(11, 14))
        return first, int(rng.integers(first + 5, first + 8))
    if kind == "torso":
        return 16, 24
    first = int(rng.integers(15, 19))
    return first, int(rng.integers(22, 25))


def _field(person: Person, rng: np.random.Generator, options: SpineOptions) -> Field:
    first, last = person.shown
    shown = person.vertebrae[first : last + 1]
    corners = np.concatenate([_corners(v) for v in shown])
    low, high = corners.min(axis=0), corners.max(axis=0)
    # The border cuts the neighbors somewhere, but shows none of them whole: they are no part of the known classes.
    low[2] = max(low[2] - float(rng.uniform(2, 22)), _nearest(person, last + 1, low[2], 1.0))
    high[2] = min(high[2] + float(rng.uniform(2, 18)), _nearest(person, first - 1, high[2], -1.0))
    if options.field == "torso":
        low[:2] -= (140, 170)
        high[:2] += (140, 110)
    else:
        low[:2] -= rng.uniform((25, 12), (60, 70))
        high[:2] += rng.uniform((25, 55), (60, 95))
    slice_mm = float(rng.uniform(*options.slice_mm))
    if options.thick_mm is not None and rng.random() < 0.25:
        slice_mm = float(rng.uniform(*options.thick_mm))
    pixel = float(rng.uniform(*options.pixel_mm))
    if options.field != "torso":
        least = (high - low) / MOST_VOXELS
        pixel = max(pixel, least[0], least[1]) if _is_drawn(options.pixel_mm) else pixel
        slice_mm = max(slice_mm, least[2]) if _is_drawn(options.slice_mm) else slice_mm
    thin = 2 * int(np.ceil((slice_mm / THIN_MM - 1) / 2 - 1e-9)) + 1 if slice_mm > THIN_MM else 1
    return Field((low[0], low[1], low[2]), (high[0], high[1], high[2]), pixel, slice_mm, thin)


def _is_drawn(sizes_mm: tuple[float, float]) -> bool:
    return sizes_mm[0] < sizes_mm[1]


def _nearest(person: Person, index: int, border: float, inward: float) -> float:
    """How far up or down the field may reach beyond ``border`` without a whole vertebra ``index``, LPS z in mm."""
    if index >= person.sacrum:
        return border - 60.0 if index < len(person.vertebrae) else border - BARE_MM
    if index < 0:
        return border + BARE_MM
    reach = _corners(person.vertebrae[index])[:, 2]
    return float((reach.min() if inward > 0 else reach.max()) + inward * CUT_MM)


def _corners(vertebra: Vertebra) -> np.ndarray:
    body = vertebra.body
    half = np.array([body.width, body.depth, max(body.front, body.back)]) / 2
    signs = np.array([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)])
    return vertebra.frame.place(signs * half)


def _axis(person: Person) -> Axis:
    rows = [
        [
            v.frame.center[2],
            v.frame.center[0],
            v.frame.center[1],
            v.body.depth / 2,
            v.body.width / 2,
            min(v.level.id, 26),
        ]
        for v in person.vertebrae
    ]
    return Axis(np.array(sorted(rows)))


def _tilt(rng: np.random.Generator, most: float) -> np.ndarray:
    return Rotation.from_euler("XYZ", rng.uniform(-most, most, 3), degrees=True).as_matrix()


def _thick(painted: Geometry, thin: int) -> Geometry:
    """The grid of the finished slices, each centered in its ``thin`` painted ones."""
    start = painted.index_to_lps([0, 0, (thin - 1) / 2])
    return replace(
        painted,
        shape=(painted.shape[0] // thin, *painted.shape[1:]),
        spacing=(painted.spacing[0], painted.spacing[1], painted.spacing[2] * thin),
        origin=(float(start[0]), float(start[1]), float(start[2])),
    )


def _kept(bodies: np.ndarray, geometry: Geometry, vertebrae: tuple[VertebraTruth, ...]) -> Volume:
    """The ``vertebrae`` as they were painted."""
    table = np.zeros(256, np.uint8)
    for vertebra in vertebrae:
        table[vertebra.id] = vertebra.id
    return Volume(table[bodies], geometry)


def _codes(rng: np.random.Generator) -> str:
    letters = [str(rng.choice(list(pair))) for pair in ("RL", "AP", "IS")]
    return "".join(letters[n] for n in rng.permutation(3))


def _truths(vertebrae: list[Vertebra], bodies: np.ndarray, geometry: Geometry) -> tuple[VertebraTruth, ...]:
    """What is known of the vertebrae in the field. Slivers of bodies lose their label."""
    counts = np.bincount(bodies.ravel(), minlength=256)
    found = []
    for vertebra in vertebrae:
        number = vertebra.level.id
        if counts[number] < FEWEST_VOXELS:
            bodies[bodies == number] = 0
            continue
        anterior, middle, posterior = (round(height, 3) for height in vertebra.body.heights())
        index = geometry.lps_to_index(_corners(vertebra))
        inside = bool((index > -0.5).all() and (index < np.asarray(geometry.size) - 0.5).all())
        found.append(
            VertebraTruth(
                number,
                vertebra.level.name,
                vertebra.label,
                vertebra.grade,
                anterior,
                middle,
                posterior,
                mimic=vertebra.mimic,
                whole=inside,
            )
        )
    return tuple(found)
