"""What may be wrong with a spine as a whole, in sentences that follow a task's answer."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from orthoai.spine.facing import seems_turned
from orthoai.spine.measured import B, MeasuredBody
from orthoai.spine.stack import Stack

LEAST_DEPTH_MM = 20.0
"""From front to back the fourth thoracic body has 23 mm on average (Panjabi et al. 1991) and the lower ones more; in
the smallest person who was simulated it has 20.5 mm."""

FEWEST = 3
"""Bodies whose depth must be known."""

TURNED = (
    "Bone lies in front of the vertebrae and hardly any behind them: the image may be stored back to front, with "
    "anterior and posterior heights exchanged."
)


def doubts(bodies: Sequence[MeasuredBody[B]], stack: Stack) -> tuple[str, ...]:
    """Sentences on ``bodies`` of the sagittal ``stack``, each a reason to look at all of them; empty for none."""
    told = [TURNED] if seems_turned([each.body for each in bodies], stack) else []
    depths = [each.size.depth_mm for each in bodies if each.size is not None and not each.is_cut]
    if len(depths) >= FEWEST and median(depths) < LEAST_DEPTH_MM:
        told.append(small(median(depths)))
    return tuple(told)


def small(depth_mm: float) -> str:
    """The sentence on bodies of that depth."""
    return (
        f"The vertebrae are only {depth_mm:.0f} mm deep, as those of a neck or a child, which the networks have never "
        "seen: look again at all of them."
    )
