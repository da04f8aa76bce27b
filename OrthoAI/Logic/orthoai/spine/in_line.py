"""Which of the bodies that a network drew belong to the spine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from orthoai.spine.chain import one_spine
from orthoai.spine.stack import Stack


class Located(Protocol):
    """What lies on a stack's grid."""

    @property
    def mask(self) -> NDArray[np.bool_]:
        """bool (s, h, w)."""
        ...

    @property
    def center(self) -> tuple[float, float, float]:
        """(column, row, slice) of the mask's centroid, continuous indices."""
        ...


L = TypeVar("L", bound=Located)


def in_line(bodies: Sequence[L], stack: Stack) -> list[L]:
    """Those of ``bodies`` on the line of :func:`orthoai.spine.chain.one_spine`, from the lowest upward.

    What is left out lies beside it, such as a part of a hip bone or of the sacrum's wing, or in a larger one's place.
    """
    sizes = [float(np.count_nonzero(body.mask)) for body in bodies]
    return [bodies[n] for n in one_spine(centers(bodies, stack), sizes)]


def centers(bodies: Sequence[Located], stack: Stack) -> NDArray[np.float64]:
    """(N, 3) LPS mm."""
    return np.array([stack.grid.index_to_lps(body.center) for body in bodies]).reshape(-1, 3)
