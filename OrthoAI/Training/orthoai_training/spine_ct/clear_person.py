"""Whom a simulated CT shows: which vertebrae, of real shapes or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from orthoai_training.spine_ct.fate import NoClearSpineError
from orthoai_training.spine_ct.label_map import read_spine
from orthoai_training.spine_ct.mesh_map import read_meshes
from orthoai_training.spine_ct.mr_map import MR_SUFFIX, TooFewBodiesError, read_mr_bodies
from orthoai_training.spine_ct.options import SpineOptions
from orthoai_training.spine_ct.person import Person, draw_person, real_person
from orthoai_training.spine_ct.real_shapes import find_shapes, is_mesh, is_mr

KINDS = ("whole", "thoracolumbar", "lumbar", "thoracic")
KIND_SHARES = (0.15, 0.4, 0.25, 0.2)

MOST_PERSONS = 10
"""One in some hundred persons has no fate that is clear: then another is drawn, but not for ever."""


def clear_person(rng: np.random.Generator, options: SpineOptions) -> Person:
    """A person with or without real shapes whose vertebrae are clearly fractured or clearly not.

    Raises:
        InputError: a folder of shapes holds none.
    """
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
