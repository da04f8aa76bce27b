"""The first look at a stack: is there a lumbar spine, in which slices, and does the image stand upright?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orthoai.progress import Progress
from orthoai.tasks.disc.engines import Engines
from orthoai.tasks.disc.labels import CANAL, DISC
from orthoai.tasks.disc.locate import Located, locate
from orthoai.tasks.disc.plane import SagittalStack

STAGE = "Detect"
"""Name of this stage in progress reports."""

LOOKS = (1 / 2, 1 / 3, 2 / 3)
"""Slices looked at first, as shares of the stack: one of them shows the canal unless the series is far off center."""

TURNS = ((True, False), (False, True), (True, True))
"""(upside down, back to front): the ways in which an image can be shown wrongly."""

CLEARLY_BETTER = 2.0
"""The detectors' score of a turned slice over that of the slice as it is, from which the turned one is right: a wrong
turn spoils all that follows, and a doubtful one is better left to the masks."""

LEAST_PIXELS = 50
"""Of canal and of disc in a slice, at least, to tell front from back by them."""

UPSIDE_DOWN = "image was upside down: turned"
BACK_TO_FRONT = "image was flipped back to front: turned"


@dataclass(frozen=True)
class Look:
    """What the first look found.

    Attributes:
        stack: turned upright where it was not.
        index: the slice that looks most like a lumbar spine.
        located: what the detectors found in it.
        flags: how the image was turned.
    """

    stack: SagittalStack
    index: int
    located: Located
    flags: tuple[str, ...] = ()


def first_look(stack: SagittalStack, engines: Engines, progress: Progress) -> Look:
    """Try a few slices as they are, then the best of them turned; turns only count when they are clearly better."""
    count = len(stack.voxels)
    indices = list(dict.fromkeys(min(count - 1, int(share * count)) for share in LOOKS))
    looks = []
    for n, index in enumerate(indices):
        progress.report(STAGE, n / (len(indices) + len(TURNS)), "first look")
        looks.append(Look(stack, index, find(stack, index, engines)))
    best = max(looks, key=lambda look: look.located.score)
    least = CLEARLY_BETTER * best.located.score
    for n, (upside_down, back_to_front) in enumerate(TURNS):
        progress.report(STAGE, (len(indices) + n) / (len(indices) + len(TURNS)), "first look")
        turned = stack.turned(upside_down, back_to_front)
        located = find(turned, best.index, engines)
        if located.score > least:
            flags = (UPSIDE_DOWN,) * upside_down + (BACK_TO_FRONT,) * back_to_front
            best, least = Look(turned, best.index, located, flags), located.score
    return best


def find(stack: SagittalStack, index: int, engines: Engines) -> Located:
    """Both detectors on slice ``index``."""
    pixel_mm = stack.pixel_mm if stack.has_scale else (1.0, 1.0)
    return locate(stack.picture(index), pixel_mm, engines.lumbar, engines.discs, engines.confidence)


def toggled(flags: tuple[str, ...], flag: str) -> tuple[str, ...]:
    """``flags`` with ``flag``, or without it where it was: two turns are none."""
    return tuple(each for each in flags if each != flag) if flag in flags else (*flags, flag)


def is_back_to_front(labels: NDArray[np.uint8]) -> bool:
    """Whether the canal lies in front of the discs (toward column 0) in ``labels`` (H, W) of a mid-sagittal slice."""
    rows = np.flatnonzero((labels == DISC).any(axis=1) & (labels == CANAL).any(axis=1))
    discs, canal = (np.nonzero(labels[rows] == value)[1] for value in (DISC, CANAL))
    if min(discs.size, canal.size) < LEAST_PIXELS:
        return False
    return float(canal.mean()) < float(discs.mean())
