"""What the loop asks of whatever is learned."""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol, TypeVar

from torch import Tensor, nn

from orthoai_training.learning.precision import Precision

B = TypeVar("B")


class Lesson(Protocol[B]):
    """What is learned: a network, batches, a loss and a score."""

    network: nn.Module
    """On its device."""

    precision: Precision

    def batches(self, first_step: int) -> Generator[B, None, None]:
        """Without end, from number ``first_step`` on; each depends on its number alone, so that a resumed run goes on
        as it would have.
        """
        ...

    def loss(self, batch: B) -> Tensor:
        """Of the network, which is in training mode."""
        ...

    def score(self) -> float | None:
        """Dice 0..1 of the network on what it does not learn from; None where there is no such thing."""
        ...
