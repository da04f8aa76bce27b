"""Paint a whole spine in the order in which its parts cover each other."""

from __future__ import annotations

import numpy as np

from orthoai_training.spine_ct.arch import Rod, ribs
from orthoai_training.spine_ct.paint import Painter
from orthoai_training.spine_ct.spine import Vertebra


def paint_spine(painter: Painter, vertebrae: list[Vertebra], sacrum: int, rng: np.random.Generator) -> None:
    """All of ``vertebrae``, cranial first; from number ``sacrum`` of the list on they are sacral and have no label."""
    for n, vertebra in enumerate(vertebrae):
        painter.canal(vertebra, vertebra.body.height * 0.78 + 3)
        if n + 1 < len(vertebrae):
            painter.disc(vertebra, vertebrae[n + 1])
    for n, vertebra in enumerate(vertebrae):
        if n >= sacrum:
            painter.rods(vertebra.frame, _alae(vertebra), 1.2)
        elif vertebra.level.id <= 19:
            painter.rods(vertebra.frame, ribs(vertebra.level, vertebra.body, rng))
        painter.arch(vertebra)
    for n, vertebra in enumerate(vertebrae):
        painter.body(vertebra)
        if vertebra.mimic == "osteophytes":
            painter.rods(vertebra.frame, _osteophytes(vertebra, rng), 0.8)
        if n >= sacrum:
            painter.canvas.bodies[painter.canvas.bodies == vertebra.level.id] = 0
    for vertebra in vertebrae:
        if vertebra.mimic == "screws":
            painter.screws(vertebra)


def _alae(vertebra: Vertebra) -> list[Rod]:
    body = vertebra.body
    return [
        Rod(
            (side * body.width * 0.35, body.depth * 0.1, 0.1 * body.back),
            (side * (body.width * 0.5 + 26), body.depth * 0.5 + 6, -0.15 * body.back),
            (0.5 * body.back, 0.42 * body.back),
        )
        for side in (-1.0, 1.0)
    ]


def _osteophytes(vertebra: Vertebra, rng: np.random.Generator) -> list[Rod]:
    """Beaks at the front rims: outside of the labeled body, as they do not count for its depth."""
    body = vertebra.body
    (top, slope), (bottom, low_slope) = body.rims()
    found = []
    for z, tilt, up in ((top, slope, 1.0), (bottom, low_slope, -1.0)):
        for x in rng.uniform(-0.3, 0.3, 2) * body.width:
            y = -body.depth / 2 * float(np.sqrt(max(0.1, 1 - (2 * x / body.width) ** 2)))
            edge = z + tilt * y - up * 2.4
            reach = float(rng.uniform(2, 6))
            found.append(Rod((float(x), y + 1.5, edge), (float(x), y - reach, edge + up * reach * 0.7), (2.4, 0.9)))
    return found
