"""Sizes of normal vertebrae by level, T1 to L5.

Heights, widths and depths of the bodies, canal and pedicles: rounded means of Panjabi et al., Spine 1991 (thoracic) and
1992 (lumbar); ratios of anterior to posterior height after Masharawi et al., 2008. Everything is mm at a person's
scale 1.
"""

from __future__ import annotations

from dataclasses import dataclass

NAMES = tuple([f"T{n}" for n in range(1, 13)] + [f"L{n}" for n in range(1, 6)])
FIRST_ID = 8
"""VerSe number of T1; the others follow."""

_POSTERIOR = (14.1, 15.6, 15.7, 16.2, 16.2, 17.4, 18.2, 18.7, 19.3, 20.2, 21.3, 22.7, 23.8, 24.3, 23.8, 24.1, 22.9)
_WIDTH = (27.0, 25.5, 25.0, 25.0, 25.4, 26.6, 28.2, 30.0, 31.2, 32.6, 35.5, 39.0, 41.2, 42.6, 44.1, 46.6, 48.3)
_DEPTH = (18.5, 19.6, 22.7, 23.3, 24.3, 26.0, 27.4, 27.9, 29.3, 30.5, 31.9, 32.8, 34.1, 34.6, 35.2, 35.5, 34.7)
_RATIO = (0.97, 0.96, 0.95, 0.95, 0.94, 0.94, 0.93, 0.93, 0.94, 0.95, 0.94, 0.94, 0.96, 0.99, 1.01, 1.04, 1.13)
_DISC = (4.0, 3.6, 3.4, 3.4, 3.5, 3.7, 4.0, 4.3, 4.6, 5.0, 5.6, 6.6, 7.8, 8.8, 9.8, 10.6, 9.6)
_CANAL = (21.0, 18.5, 17.5, 17.0, 17.0, 17.0, 17.0, 17.0, 17.5, 18.0, 19.0, 21.5, 23.0, 23.0, 23.5, 24.0, 26.0)
_PEDICLE = (8.0, 7.0, 5.2, 4.6, 4.8, 5.0, 5.2, 5.6, 6.2, 7.0, 8.0, 8.2, 8.2, 8.4, 9.8, 12.0, 16.0)


@dataclass(frozen=True)
class Level:
    """Mean sizes of one level in mm.

    Attributes:
        id: VerSe number.
        posterior: height of the body's back.
        ratio: anterior to posterior height.
        width, depth: of the endplates.
        disc: height of the disc below.
        canal: width of the spinal canal.
        pedicle: width of a pedicle.
    """

    id: int
    name: str
    posterior: float
    ratio: float
    width: float
    depth: float
    disc: float
    canal: float
    pedicle: float

    @property
    def lumbar(self) -> float:
        """0 for T1 to T10, 1 for L1 to L5, between them at T11 and T12."""
        return min(1.0, max(0.0, (self.id - 17) / 3))


LEVELS = tuple(
    Level(FIRST_ID + n, NAMES[n], _POSTERIOR[n], _RATIO[n], _WIDTH[n], _DEPTH[n], _DISC[n], _CANAL[n], _PEDICLE[n])
    for n in range(len(NAMES))
)
