"""A simulated spine CT from a seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from orthoai.geometry import Geometry
from orthoai.volume import Source, Volume

from orthoai_training.data_kinds import FROM_REAL_SHAPES, SIMULATED
from orthoai_training.spine_ct.canvas import Canvas
from orthoai_training.spine_ct.case import SpineCase, VertebraTruth
from orthoai_training.spine_ct.clear_person import clear_person
from orthoai_training.spine_ct.field import draw_field, draw_tilt, thick_slices
from orthoai_training.spine_ct.options import SpineOptions
from orthoai_training.spine_ct.paint import Painter
from orthoai_training.spine_ct.paint_spine import paint_spine
from orthoai_training.spine_ct.person import Person
from orthoai_training.spine_ct.real_shapes import find_shapes
from orthoai_training.spine_ct.scan import Scanner, scan
from orthoai_training.spine_ct.spine import Vertebra
from orthoai_training.spine_ct.tissue import Tissue
from orthoai_training.spine_ct.torso import Axis, Torso, plaques, soft_tissue
from orthoai_training.synth.texture import ct_files, load_textures

FEWEST_VOXELS = 30
"""A body of which less is in the field is no vertebra of the case."""


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
    person = clear_person(rng, options)
    field = draw_field(person, rng, options)
    painted = field.geometry(draw_tilt(rng, options.tilt))
    axis = _axis(person)
    torso = Torso.draw(rng, options.contrast)
    canvas = Canvas.blank(painted, soft_tissue(painted, axis, torso, generator))
    painter = Painter(canvas, Tissue.draw(rng), load_textures(options.texture), generator, rng)
    painter.plaques(plaques(axis, torso, rng))
    paint_spine(painter, person.vertebrae, person.sacrum, rng)
    scanner = Scanner.draw(rng, options.noise, field.slice_mm)
    voxels = scan(canvas, scanner, field.thin, rng)
    bodies = canvas.bodies[field.thin // 2 :: field.thin]
    geometry = thick_slices(painted, field.thin)
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
        index = geometry.lps_to_index(vertebra.corners)
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
