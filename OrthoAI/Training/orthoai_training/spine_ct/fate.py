"""What has happened to a person's vertebrae: which are broken, and which only look like it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from orthoai.spine.genant import Heights, classify, losses, reference

from orthoai_training.spine_ct.body import Body, Dent
from orthoai_training.spine_ct.fractures import Break, broken
from orthoai_training.spine_ct.options import SpineOptions
from orthoai_training.spine_ct.real_body import RealBody

SPARED = 0.2
"""Share of the patients without any simulated fracture."""

MOST_NATURAL_LOSS = 0.165
"""No normal vertebra is drawn shorter than this against its neighbors: grade 1 begins at 0.20."""

PATIENCE = 40
"""After so many tries real vertebrae may be as they are: nobody draws them anew."""

AnyBody = Body | RealBody


@dataclass(frozen=True)
class Fate:
    """By vertebra: its body as it is now, its fracture or None, and its mimic or ""."""

    bodies: list[AnyBody]
    plans: list[Break | None]
    mimics: list[str]


def draw_fate(
    bodies: Callable[[float], list[AnyBody]],
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
    """
    vary, tries = 1.0, 0
    while True:
        limit = MOST_NATURAL_LOSS if tries < PATIENCE else 1.0
        made = _try(bodies(vary), shown, rng, options, known, limit)
        if made is not None:
            return made
        vary, tries = vary * 0.93, tries + 1


def _try(
    bodies: list[AnyBody],
    shown: tuple[int, int],
    rng: np.random.Generator,
    options: SpineOptions,
    known: Sequence[tuple[str, int] | None],
    limit: float,
) -> Fate | None:
    """None where a class would not be clear."""
    count = len(bodies)
    plans: list[Break | None] = [None] * count
    mimics = [""] * count
    is_shown = [shown[0] <= n <= shown[1] for n in range(count)]
    real = [n < len(known) and known[n] is not None for n in range(count)]
    has_any = options.fracture_rate > 0 and rng.random() >= SPARED
    for n in range(count):
        fracture = known[n] if real[n] else None
        if fracture is not None:
            plans[n] = Break(*fracture, Heights(0.0, 0.0, 0.0))
        elif has_any and is_shown[n] and rng.random() < options.fracture_rate:
            plans[n] = Break.draw(rng)
        if not real[n] and rng.random() < options.mimic_rate:
            mimics[n] = _mimic(rng, plans[n] is not None)
        if mimics[n] in ("schmorl", "short"):
            bodies[n] = _altered(bodies[n], mimics[n], rng)
    if rng.random() < options.metal:
        start = int(rng.integers(shown[0], shown[1]))
        for n in range(start, min(start + int(rng.integers(2, 4)), shown[1] + 1)):
            mimics[n] = "screws"
    usable = [is_shown[n] and plans[n] is None for n in range(count)]
    if not any(usable):
        return None
    heights = [body.heights() for body in bodies]
    for n in range(count):
        plan, expected = plans[n], reference(heights, usable, n)
        if expected is None or not is_shown[n]:
            continue
        if real[n]:
            plans[n] = _seen_here(plan, losses(heights[n], expected))
            continue
        if plan is None:
            if max(losses(heights[n], expected)) > limit:
                return None
            continue
        made = broken(bodies[n], expected, plan, rng)
        if made is None:
            return None
        bodies[n] = made
        label, grade = classify(losses(made.heights(), expected))
        plans[n] = replace(plan, label=label, grade=grade)
    return Fate(bodies, plans, mimics)


def _seen_here(plan: Break | None, lost: Heights) -> Break | None:
    """A real fracture as the shown neighbors let it appear; one that they hide is still one."""
    label, grade = classify(lost)
    return plan if plan is None or not grade else replace(plan, label=label, grade=grade)


def _mimic(rng: np.random.Generator, is_broken: bool) -> str:
    if is_broken:
        return str(rng.choice(("old", "cement", "osteophytes")))
    return str(rng.choice(("schmorl", "short", "osteophytes", "cement"), p=(0.35, 0.25, 0.3, 0.1)))


def _altered(body: AnyBody, mimic: str, rng: np.random.Generator) -> AnyBody:
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
