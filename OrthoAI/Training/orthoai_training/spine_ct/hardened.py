"""Dense bone beneath an endplate: impacted by a fracture, around a Schmorl node, or under a worn disc.

Did fractures alone show it, a network would take it for one: the rim of a Schmorl node in a real CT was.
"""

from __future__ import annotations

import numpy as np

from orthoai_training.spine_ct.endplate_moves import Fracture
from orthoai_training.spine_ct.shapes import Field
from orthoai_training.spine_ct.spine import Vertebra
from orthoai_training.spine_ct.vertebral_body import VertebralBody

NODE, PLATE = "sclerotic_schmorl", "sclerosis"
"""Mimics: a Schmorl node with a dense rim, and an endplate that is dense all over."""

MOVED_MM = 4.0
"""An endplate that has come down so far has impacted all it could."""

PIT_MM = 1.5
"""Where a Schmorl node is so deep, its floor is as dense as it gets."""


def gained_hu(vertebra: Vertebra, x: Field, y: Field, z: Field) -> Field | float:
    """HU by which the bone at ``x``, ``y``, ``z``, in mm in the frame of ``vertebra``, is denser than marrow."""
    body = vertebra.body
    gain: Field | float = 0.0
    if vertebra.dense and body.fracture is not None:
        return _impacted(body, body.fracture, vertebra.dense, (x, y, z))
    upper, lower = body.plates(x, y)
    for hard, below, is_upper in zip(vertebra.hard, (upper - z, z - lower), (True, False), strict=True):
        if hard and vertebra.mimic == NODE:
            gain = gain + (200 + 450 * hard) * _band(below, 1.5, 1.2 + 2 * hard) * _pits(body, is_upper, x, y)
        elif hard:
            gain = gain + (60 + 240 * hard) * _band(below, 2.0, 1.5 + 3 * hard)
    return gain


def _impacted(body: VertebralBody, fracture: Fracture, dense: float, at: tuple[Field, Field, Field]) -> Field:
    """A band below the broken endplate."""
    x, y, z = at
    upper, lower = body.plates(x, y)
    down, up = fracture.moves(x, y / body.depth + 0.5, body.width)
    from_above = fracture.upper >= 0.5
    moved = np.clip((down if from_above else up) / MOVED_MM, 0, 1)
    band: Field = (120 + 140 * dense) * (_band(upper - z if from_above else z - lower, 2.5, 2.2) * moved * dense)
    return band


def _pits(body: VertebralBody, is_upper: bool, x: Field, y: Field) -> Field | float:
    """0..1: how much of a Schmorl node of this endplate there is at ``x``, ``y``."""
    deep = sum(dent.pit(x, y / body.depth + 0.5, body.depth) for dent in body.dents if dent.upper == is_upper)
    share: Field = np.clip(deep / PIT_MM, 0, 1)
    return share


def _band(below: Field, middle: float, half: float) -> Field:
    """1 at ``middle`` mm ``below`` an endplate, fading over ``half`` mm."""
    band: Field = np.exp(-(((below - middle) / half) ** 2))
    return band
