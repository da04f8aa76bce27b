"""Draw one person: which vertebrae there are, and where all of them lie; parametric ones, or those of a real spine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from orthoai_training.spine_ct.arch import Arch
from orthoai_training.spine_ct.body import Body
from orthoai_training.spine_ct.fate import Fate, draw_fate
from orthoai_training.spine_ct.hardened import NODE, PLATE
from orthoai_training.spine_ct.label_map import RealSpine, resized
from orthoai_training.spine_ct.morphometry import LEVELS, Level
from orthoai_training.spine_ct.options import SpineOptions
from orthoai_training.spine_ct.real_body import RealArch, RealBody
from orthoai_training.spine_ct.real_vertebra import PlacedBody, RealVertebra
from orthoai_training.spine_ct.spine import Curve, Frame, Vertebra, below, stacked
from orthoai_training.spine_ct.vertebral_body import VertebralBody

SACRAL = (
    Level(26, "S1", 24.0, 1.1, 48.0, 33.0, 2.5, 28.0, 14.0),
    Level(27, "S2", 18.0, 0.9, 42.0, 26.0, 0.0, 26.0, 12.0),
)
"""The sacrum's upper segments. Their sizes are a guess; they only end the spine."""

REAL_SIZE = (0.94, 1.06)
"""Factors on a real spine's size."""

REAL_STRETCH, MOST_STRETCH = 0.05, 0.09
"""Standard deviation and limit of the share by which all real bodies of one person are made higher than they were."""

FEWEST_SHOWN = 3


@dataclass(frozen=True)
class Person:
    """A spine.

    Attributes:
        vertebrae: cranial first, the sacral segments last.
        sacrum: index of the first sacral segment.
        shown: indices of the first and the last vertebra that the field is laid around.
        sources: names of the real shapes.
    """

    vertebrae: list[Vertebra]
    sacrum: int
    shown: tuple[int, int]
    sources: tuple[str, ...] = ()


def draw_person(
    rng: np.random.Generator,
    options: SpineOptions,
    shown: tuple[int, int],
    shapes: Mapping[int, Sequence[PlacedBody]] | None = None,
    source: str = "",
) -> Person:
    """A person of whom the field will show the vertebrae ``shown`` (VerSe numbers, first and last) whole.

    Args:
        shapes: real vertebrae, or bodies alone, by VerSe number, from ``source``, in the place of parametric ones.
    """
    # Two more above, since the field's border shows some of what lies beyond.
    levels = [level for level in LEVELS if level.id >= max(8, shown[0] - 2)]
    indices = tuple(next(n for n, level in enumerate(levels) if level.id == end) for end in shown)
    scale = float(np.clip(rng.normal(1.1 if rng.random() < 0.5 else 1.0, 0.05), 0.88, 1.25))
    real: list[PlacedBody | None] = [None] * len(levels)
    for n, level in enumerate(levels):
        choice = (shapes or {}).get(level.id, ())
        if choice:
            real[n] = choice[int(rng.integers(len(choice)))]

    stretch = _stretch(rng, options)

    def bodies(vary: float) -> list[VertebralBody]:
        made: list[VertebralBody] = []
        for level, found in zip(levels, real, strict=True):
            if found is None:
                made.append(Body.of_level(level, scale, rng, vary))
            else:
                own = found.body.resized(_fit(level, scale, found) * float(rng.uniform(0.98, 1.02)))
                made.append(_varied(own, stretch, rng, vary * options.shape_variety))
        return made

    fate = draw_fate(bodies, (indices[0], indices[1]), rng, options)
    arches: list[Arch | RealArch] = []
    for level, body, found in zip(levels, fate.bodies, real, strict=True):
        if isinstance(body, RealBody) and isinstance(found, RealVertebra):
            arches.append(found.arch.resized(body.scale))
        else:
            arches.append(Arch.of(level, body, rng))
    sacral = [Body.of_level(level, scale, rng) for level in SACRAL]
    frames = stacked([*levels, *SACRAL], [*fate.bodies, *sacral], Curve.draw(rng), rng)
    vertebrae = _living(levels, fate, frames, arches, rng) + _sacrum(sacral, frames[-2:], rng)
    used = (source,) if any(real) else ()
    return Person(vertebrae, len(levels), (indices[0], indices[1]), used)


def _stretch(rng: np.random.Generator, options: SpineOptions) -> float:
    if not options.shape_variety:
        return 0.0
    return options.shape_variety * float(np.clip(rng.normal(0, REAL_STRETCH), -MOST_STRETCH, MOST_STRETCH))


def _varied(body: RealBody, stretch: float, rng: np.random.Generator, amount: float) -> RealBody:
    return body.varied(stretch, rng, amount) if amount or stretch else body


def _fit(level: Level, scale: float, found: PlacedBody) -> float:
    """Factor that gives a real vertebra the height that this person's should have, so that neighbors go together."""
    return level.posterior * (1 + level.ratio) / 2 * scale / found.body.height


def real_person(rng: np.random.Generator, options: SpineOptions, shown: tuple[int, int], spine: RealSpine) -> Person:
    """The person of a label map, vertebrae where they lie, some more of them broken.

    Where a fracture takes height, all that lies above comes down.
    """
    spine = resized(spine, float(rng.uniform(*REAL_SIZE)))
    levels = [v.level for v in spine.vertebrae]
    first = next((n for n, level in enumerate(levels) if level.id >= shown[0]), 0)
    last = max((n for n, level in enumerate(levels) if level.id <= shown[1]), default=len(levels) - 1)
    if last - first + 1 < FEWEST_SHOWN:
        first, last = 0, len(levels) - 1

    stretch = _stretch(rng, options)

    def bodies(vary: float) -> list[VertebralBody]:
        return [_varied(v.body, stretch, rng, vary * options.shape_variety) for v in spine.vertebrae]

    fate = draw_fate(bodies, (first, last), rng, options, spine.broken)
    frames = _come_down([v.frame for v in spine.vertebrae], bodies(0.0), fate.bodies)
    arches: list[Arch | RealArch] = [v.arch for v in spine.vertebrae]
    vertebrae = _living(levels, fate, frames, arches, rng)
    if levels[-1].id == LEVELS[-1].id:
        scale = fate.bodies[-1].depth / levels[-1].depth
        sacral = [Body.of_level(level, scale, rng) for level in SACRAL]
        under = below(frames[-1], [levels[-1], *SACRAL], [fate.bodies[-1], *sacral], rng)
        vertebrae += _sacrum(sacral, under, rng)
    return Person(vertebrae, len(levels), (first, last), (spine.name,))


def _come_down(frames: list[Frame], before: Sequence[VertebralBody], after: Sequence[VertebralBody]) -> list[Frame]:
    """``frames`` (cranial first) after endplates have moved."""
    moved, shift = list(frames), np.zeros(3)
    for n in range(len(frames) - 1, -1, -1):
        (top, _), (bottom, _) = before[n].rims()
        (new_top, _), (new_bottom, _) = after[n].rims()
        axis = frames[n].axes[:, 2]
        moved[n] = replace(frames[n], center=frames[n].center + shift + axis * (bottom - new_bottom))
        shift = shift + axis * ((bottom - new_bottom) - (top - new_top))
    return moved


def _living(
    levels: Sequence[Level],
    fate: Fate,
    frames: Sequence[Frame],
    arches: Sequence[Arch | RealArch],
    rng: np.random.Generator,
) -> list[Vertebra]:
    made = []
    for n, (level, body) in enumerate(zip(levels, fate.bodies, strict=True)):
        plan, mimic = fate.plans[n], fate.mimics[n]
        vertebra = Vertebra(level, body, frames[n], arches[n], mimic)
        if plan is not None:
            fresh = body.fracture is not None and mimic != "old" and rng.random() < 0.5
            vertebra = replace(
                vertebra,
                label=plan.label,
                grade=plan.grade,
                dense=float(rng.uniform(0.3, 1.0)) if fresh else 0.0,
                vacuum=bool(fresh and rng.random() < 0.12),
            )
        if mimic in (NODE, PLATE):
            vertebra = replace(vertebra, hard=_hard(mimic, rng))
        made.append(vertebra)
    return made


def _hard(mimic: str, rng: np.random.Generator) -> tuple[float, float]:
    """See :class:`Vertebra`; around nodes wherever they are, else beneath one endplate or both."""
    dense = float(rng.uniform(0.3, 1.0))
    upper, lower = (1, 1) if mimic == NODE else ((1, 0), (0, 1), (1, 1))[int(rng.integers(3))]
    return dense * upper, dense * lower


def _sacrum(bodies: Sequence[Body], frames: Sequence[Frame], rng: np.random.Generator) -> list[Vertebra]:
    return [
        Vertebra(level, body, frame, Arch.of(level, body, rng))
        for level, body, frame in zip(SACRAL, bodies, frames, strict=True)
    ]
