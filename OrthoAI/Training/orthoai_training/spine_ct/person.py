"""Draw one person: which vertebrae there are, which are broken, which only look like it, and where all of them lie."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from orthoai.spine.genant import classify, losses, reference

from orthoai_training.spine_ct.body import Body, Dent
from orthoai_training.spine_ct.fractures import Break, broken
from orthoai_training.spine_ct.morphometry import LEVELS, Level
from orthoai_training.spine_ct.options import SpineOptions
from orthoai_training.spine_ct.spine import Curve, Vertebra, stacked

SPARED = 0.2
"""Share of the patients of :attr:`SpineOptions.fracture_rate` without any fracture."""

MOST_NATURAL_LOSS = 0.165
"""No normal vertebra is drawn shorter than this against its neighbors: grade 1 begins at 0.20."""

MIMICS = ("schmorl", "short", "osteophytes", "cement", "old")

SACRAL = Level(26, "S1", 24.0, 1.1, 48.0, 33.0, 0.0, 28.0, 14.0)


@dataclass(frozen=True)
class Person:
    """Vertebrae, cranial first, two sacral ones last; ``shown`` are the indices the field is laid around."""

    vertebrae: list[Vertebra]
    shown: tuple[int, int]

    @property
    def sacrum(self) -> int:
        """Index of the first sacral segment."""
        return len(self.vertebrae) - 2


def draw_person(rng: np.random.Generator, options: SpineOptions, shown: tuple[int, int]) -> Person:
    """A person whose vertebrae ``shown`` (VerSe numbers, first and last) the field will show whole.

    Every shown vertebra is of a clear class: fractures are drawn against the heights that the nearest unfractured shown
    ones let expect (:func:`orthoai.spine.genant.reference`), normal ones vary within :data:`MOST_NATURAL_LOSS`.
    """
    levels = [level for level in LEVELS if level.id >= max(8, shown[0] - 2)]
    first = next(n for n, level in enumerate(levels) if level.id == shown[0])
    last = next(n for n, level in enumerate(levels) if level.id == shown[1])
    scale = float(np.clip(rng.normal(1.1 if rng.random() < 0.5 else 1.0, 0.05), 0.88, 1.25))
    vary = 1.0
    while True:
        made = _bodies(levels, (first, last), scale, vary, rng, options)
        if made is not None:
            break
        vary *= 0.9
    bodies, plans, mimics = made
    sacral = [
        Body.of_level(SACRAL, scale, rng),
        replace(Body.of_level(SACRAL, scale * 0.8, rng), front=17.0 * scale, back=19.0 * scale),
    ]
    curve = Curve.draw(rng)
    names = [*levels, SACRAL, replace(SACRAL, name="S2", id=27, disc=0.0)]
    names[-2] = replace(SACRAL, disc=2.5)
    frames = stacked(names, [*bodies, *sacral], curve, rng)
    vertebrae = []
    for n, (level, body, frame) in enumerate(zip(names, [*bodies, *sacral], frames, strict=True)):
        plan, mimic = (plans[n], mimics[n]) if n < len(levels) else (None, "")
        vertebra = Vertebra(level, body, frame, mimic)
        if plan is not None:
            fresh = mimic != "old" and rng.random() < 0.5
            vertebra = replace(
                vertebra,
                label=plan.label,
                grade=plan.grade,
                dense=float(rng.uniform(0.3, 1.0)) if fresh else 0.0,
                vacuum=bool(fresh and rng.random() < 0.12),
            )
        vertebrae.append(vertebra)
    return Person(vertebrae, (first, last))


Drawn = tuple[list[Body], list[Break | None], list[str]]


def _bodies(
    levels: list[Level],
    shown: tuple[int, int],
    scale: float,
    vary: float,
    rng: np.random.Generator,
    options: SpineOptions,
) -> Drawn | None:
    """Bodies, fractures and mimics of all levels; None where a class would not be clear."""
    count = len(levels)
    bodies = [Body.of_level(level, scale, rng, vary) for level in levels]
    is_shown = [shown[0] <= n <= shown[1] for n in range(count)]
    plans: list[Break | None] = [None] * count
    mimics = [""] * count
    has_any = options.fracture_rate > 0 and rng.random() >= SPARED
    for n in range(count):
        if has_any and is_shown[n] and rng.random() < options.fracture_rate:
            plans[n] = Break.draw(rng)
        if rng.random() < options.mimic_rate:
            mimics[n] = _mimic(rng, plans[n] is not None)
        if mimics[n] in ("schmorl", "short"):
            bodies[n] = _altered(bodies[n], mimics[n], rng)
    if rng.random() < options.metal and shown[1] - shown[0] >= 2:
        start = int(rng.integers(shown[0], shown[1]))
        for n in range(start, min(start + int(rng.integers(2, 4)), shown[1] + 1)):
            mimics[n] = "screws"
    usable = [is_shown[n] and plans[n] is None for n in range(count)]
    if not any(usable):
        return None
    heights = [body.heights() for body in bodies]
    for n in range(count):
        expected = reference(heights, usable, n)
        plan = plans[n]
        if expected is None or not is_shown[n]:
            continue
        if plan is None:
            if max(losses(heights[n], expected)) > MOST_NATURAL_LOSS:
                return None
        else:
            made = broken(bodies[n], expected, plan, rng)
            if made is None:
                return None
            bodies[n] = made
            label, grade = classify(losses(made.heights(), expected))
            plans[n] = replace(plan, label=label, grade=grade)
    return bodies, plans, mimics


def _mimic(rng: np.random.Generator, is_broken: bool) -> str:
    if is_broken:
        return str(rng.choice(("old", "cement", "osteophytes")))
    return str(rng.choice(("schmorl", "short", "osteophytes", "cement"), p=(0.35, 0.25, 0.3, 0.1)))


def _altered(body: Body, mimic: str, rng: np.random.Generator) -> Body:
    if mimic == "short":
        by = float(rng.uniform(0.86, 0.93))
        return replace(body, front=body.front * by, back=body.back * by, depth=body.depth * by, width=body.width * by)
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
