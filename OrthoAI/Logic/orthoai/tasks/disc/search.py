"""The first look at a stack: is there a lumbar spine, in which slice, and does the image stand upright?"""

from __future__ import annotations

from dataclasses import dataclass

from orthoai.progress import Progress
from orthoai.tasks.disc.engines import Engines, SliceLabeler
from orthoai.tasks.disc.locate import Located, locate
from orthoai.tasks.disc.picture import PixelMm
from orthoai.tasks.disc.plane import SagittalStack

STAGE = "Detect"
"""Name of this stage in progress reports."""

LOOKS = (1 / 2, 1 / 3, 2 / 3)
"""Slices looked at first, as shares of the stack: one of them shows the canal unless the series is far off center."""

AS_IS = (False, False)
TURNS = (AS_IS, (True, False), (False, True), (True, True))
"""(upside down, back to front): the ways in which an image may be shown."""

CLEARLY_SURER = 0.005
"""By how much the segmenter must be surer of a turned slice than of the slice as it is. In 83 images of SPIDER
(24 volumes and 59 pictures of training and validation patients) it was surest of the upright one each time; turned by
hand in the three ways, 247 of 249 were put right and two were left as they were."""

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
    """The best of a few slices."""
    count = len(stack.voxels)
    indices = list(dict.fromkeys(min(count - 1, int(share * count)) for share in LOOKS))
    looks = []
    for n, index in enumerate(indices):
        progress.report(STAGE, n / (len(LOOKS) + 1), "first look")
        looks.append(Look(stack, index, find(stack, index, engines)))
    return max(looks, key=lambda look: look.located.score)


def find(stack: SagittalStack, index: int, engines: Engines) -> Located:
    """Both detectors on slice ``index``."""
    pixel_mm = stack.pixel_mm if stack.has_scale else (1.0, 1.0)
    return locate(stack.picture(index), pixel_mm, engines.lumbar, engines.discs, engines.confidence)


def upright(
    look: Look, pixel_mm: PixelMm, segmenter: SliceLabeler, progress: Progress
) -> tuple[SagittalStack, tuple[str, ...]]:
    """The stack as the segmenter is surest of it, and flags that say how it was turned; as it is unless another way is
    clearly better. The detectors cannot tell: they find discs whichever way an image stands.

    Args:
        pixel_mm: of the stack, estimated for a picture.
    """
    stack, middle = look.stack, len(look.stack.voxels) // 2
    turn = _surest_turn(stack, look.index, pixel_mm, segmenter, progress)
    # Beside the spine an upright slice may look turned: the middle one must agree.
    if turn != AS_IS and look.index != middle:
        turn = turn if turn == _surest_turn(stack, middle, pixel_mm, segmenter, progress) else AS_IS
    upside_down, back_to_front = turn
    flags = (UPSIDE_DOWN,) * upside_down + (BACK_TO_FRONT,) * back_to_front
    return (stack.turned(*turn) if flags else stack), flags


def _surest_turn(
    stack: SagittalStack, index: int, pixel_mm: PixelMm, segmenter: SliceLabeler, progress: Progress
) -> tuple[bool, bool]:
    sure = {}
    for upside_down, back_to_front in TURNS:
        progress.report(STAGE, len(LOOKS) / (len(LOOKS) + 1), "which way up")
        rows, columns = (-1 if turned else 1 for turned in (upside_down, back_to_front))
        sure[upside_down, back_to_front] = segmenter.certainty(stack.pictures[:, ::rows, ::columns], index, pixel_mm)
    surest = max(TURNS, key=lambda turn: sure[turn])
    return surest if sure[surest] >= sure[AS_IS] + CLEARLY_SURER else AS_IS
