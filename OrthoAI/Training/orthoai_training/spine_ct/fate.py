"""What has happened to a person's vertebrae: which are broken, and which only look like it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from orthoai.spine.genant import Heights, classify, losses, reference

from orthoai_training.spine_ct.endplate_moves import Dent
from orthoai_training.spine_ct.fractures import Break, broken
from orthoai_training.spine_ct.hardened import NODE, PLATE
from orthoai_training.spine_ct.options import SpineOptions
from orthoai_training.spine_ct.vertebral_body import VertebralBody

SPARED = 0.2
"""Share of the patients without any simulated fracture."""

MOST_NATURAL_LOSS = 0.165
"""No normal vertebra is drawn shorter than this against its neighbors: grade 1 begins at 0.20."""

PATIENCE = 40
"""After so many tries real vertebrae may be as they are: nobody draws them anew."""

MOST_TRIES = 200
REDRAWN = 10
"""So often a fracture is drawn anew that would leave an impossible body."""


class NoClearSpineError(RuntimeError):
    """No fate leaves the class of every vertebra of a person clear; another person may do."""


@dataclass(frozen=True)
class Fate:
    """By vertebra: its body as it is now, its fracture or None, and its mimic or ""."""

    bodies: list[VertebralBody]
    plans: list[Break | None]
    mimics: list[str]


def draw_fate(
    bodies: Callable[[float], list[VertebralBody]],
    shown: tuple[int, int],
    rng: np.random.Generator,
    options: SpineOptions,
    known: Sequence[tuple[str, int] | None] = (),
) -> Fate:
    """Fractures and mimics such that the class of every vertebra from ``shown`` first to last is clear.

    Fractures are drawn against the heights that the nearest unfractured shown ones let expect
    (:func:`orthoai.spine.genant.reference`); normal ones vary within :data:`MOST_NATURAL_LOSS`.

    Args:
        bodies: draws normal bodies that vary by a factor.
        known: real fractures, which stay as they are.

    Raises:
        NoClearSpineError: not in MOST_TRIES tries.
    """
    count = len(bodies(0.0))
    known = tuple(known) or (None,) * count
    plans = _plans(known, shown, rng, options)
    mimics = _mimics(known, plans, shown, rng, options)
    vary = 1.0
    for tries in range(MOST_TRIES):
        limit = MOST_NATURAL_LOSS if tries < PATIENCE else 1.0
        if tries == PATIENCE:
            mimics = ["" if mimic == "short" else mimic for mimic in mimics]
        made = _try(bodies(vary), Fate([], plans, mimics), known, shown, rng, limit)
        if made is not None:
            return made
        vary *= 0.93
    raise NoClearSpineError("No spine came out in which every class is clear.")


def _plans(
    known: Sequence[tuple[str, int] | None], shown: tuple[int, int], rng: np.random.Generator, options: SpineOptions
) -> list[Break | None]:
    """Who breaks. One of those shown at least stays whole: its neighbors are measured by it."""
    has_any = options.fracture_rate > 0 and rng.random() >= SPARED
    plans: list[Break | None] = []
    for n, fracture in enumerate(known):
        if fracture is not None:
            plans.append(Break(*fracture, Heights(0.0, 0.0, 0.0)))
        else:
            breaks = has_any and shown[0] <= n <= shown[1] and rng.random() < options.fracture_rate
            plans.append(_break(rng, options) if breaks else None)
    inside = [n for n in range(shown[0], shown[1] + 1) if known[n] is None]
    if inside and all(plans[n] is not None for n in inside):
        plans[inside[int(rng.integers(len(inside)))]] = None
    return plans


def _break(rng: np.random.Generator, options: SpineOptions) -> Break:
    return Break.draw(rng, mixed=options.mixed > 0 and rng.random() < options.mixed)


def _mimics(
    known: Sequence[tuple[str, int] | None],
    plans: Sequence[Break | None],
    shown: tuple[int, int],
    rng: np.random.Generator,
    options: SpineOptions,
) -> list[str]:
    mimics = []
    for fracture, plan in zip(known, plans, strict=True):
        has_one = fracture is None and rng.random() < options.mimic_rate
        mimic = _mimic(rng, plan is not None) if has_one else ""
        if options.sclerosis > 0 and not mimic and plan is None and rng.random() < options.sclerosis:
            mimic = str(rng.choice((NODE, PLATE)))
        mimics.append(mimic)
    if rng.random() < options.metal:
        start = int(rng.integers(shown[0], shown[1]))
        for n in range(start, min(start + int(rng.integers(2, 4)), shown[1] + 1)):
            mimics[n] = "screws"
    return mimics


def _try(
    bodies: list[VertebralBody],
    fate: Fate,
    known: Sequence[tuple[str, int] | None],
    shown: tuple[int, int],
    rng: np.random.Generator,
    limit: float,
) -> Fate | None:
    """``fate`` with bodies to which it has happened; None where a class would not be clear."""
    plans = list(fate.plans)
    for n, mimic in enumerate(fate.mimics):
        if mimic in ("schmorl", "short", NODE):
            bodies[n] = _altered(bodies[n], mimic, rng)
    usable = [shown[0] <= n <= shown[1] and plan is None for n, plan in enumerate(plans)]
    heights = [body.heights() for body in bodies]
    for n in range(shown[0], shown[1] + 1):
        plan, expected = plans[n], reference(heights, usable, n)
        if expected is None:
            continue
        if plan is None:
            if max(losses(heights[n], expected)) > limit:
                return None
        elif known[n] is not None:
            plans[n] = _seen_here(plan, losses(heights[n], expected))
        else:
            made = _broken(bodies[n], expected, plan, rng)
            if made is None:
                return None
            bodies[n], plans[n] = made
    return Fate(bodies, plans, fate.mimics)


def _broken(
    body: VertebralBody, expected: Heights, plan: Break, rng: np.random.Generator
) -> tuple[VertebralBody, Break] | None:
    for _ in range(REDRAWN):
        made = broken(body, expected, plan, rng)
        if made is not None:
            label, grade = classify(losses(made.heights(), expected))
            return made, replace(plan, label=label, grade=grade)
        plan = Break.draw(rng, plan.label, plan.grade, mixed=plan.mixed)
    return None


def _seen_here(plan: Break, lost: Heights) -> Break:
    """A real fracture as the shown neighbors let it appear; one that they hide is still one."""
    label, grade = classify(lost)
    return plan if not grade else replace(plan, label=label, grade=grade)


def _mimic(rng: np.random.Generator, is_broken: bool) -> str:
    if is_broken:
        return str(rng.choice(("old", "cement", "osteophytes")))
    return str(rng.choice(("schmorl", "short", "osteophytes", "cement"), p=(0.35, 0.25, 0.3, 0.1)))


def _altered(body: VertebralBody, mimic: str, rng: np.random.Generator) -> VertebralBody:
    if mimic == "short":
        return body.resized(float(rng.uniform(0.86, 0.93)))
    dents = tuple(
        Dent(
            upper=bool(rng.random() < 0.5),
            x=float(rng.uniform(-0.18, 0.18)) * body.width,
            s=float(rng.uniform(0.4, 0.75)),
            radius=float(rng.uniform(2.5, 5.0)),
            depth=float(rng.uniform(2.0, 5.0)),
        )
        for _ in range(int(rng.integers(1, 3)))
    )
    return replace(body, dents=dents)
