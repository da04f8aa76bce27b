"""Where the training of a classifier is, for its checkpoint: with the state of all random numbers, so that one that is
taken up again ends as one that was never stopped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch


@dataclass
class RandomState:
    """Of the generators that a training draws from.

    Attributes:
        batches: of them and their crops, as NumPy gives it.
        cpu, cuda: of dropout, as hex digits; "" for no graphics card.
    """

    batches: dict[str, Any] = field(default_factory=dict)
    cpu: str = ""
    cuda: str = ""

    @classmethod
    def of(cls, random: np.random.Generator, device: torch.device) -> RandomState:
        """As they are now."""
        cuda = _digits(torch.cuda.get_rng_state(device)) if device.type == "cuda" else ""
        return cls(dict(random.bit_generator.state), _digits(torch.get_rng_state()), cuda)

    def set(self, random: np.random.Generator, device: torch.device) -> None:
        """Go on from here; on another kind of device with the same batches alone."""
        random.bit_generator.state = self.batches
        torch.set_rng_state(_state(self.cpu))
        if self.cuda and device.type == "cuda":
            torch.cuda.set_rng_state(_state(self.cuda), device)


@dataclass
class GraderState:
    """Where a run is, after a whole number of epochs.

    Attributes:
        recipe, seed: of the run.
        first_weights: how it began.
        part: 0 while the head alone is trained, then 1.
        epoch: those of the part that are done; best_epoch: the one that was best.
        best: the best quality, of all parts; is_scored: whether held-out discs tell it, else it is minus the loss.
        elapsed_s: seconds trained so far, over all sittings.
        history: loss and quality of each epoch.
    """

    recipe: dict[str, Any]
    seed: int
    first_weights: str
    part: int = 0
    epoch: int = 0
    best_epoch: int = 0
    best: float | None = None
    is_scored: bool = False
    elapsed_s: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    random: RandomState = field(default_factory=RandomState)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> GraderState:
        """From a checkpoint's. Raises TypeError or KeyError for another's."""
        return cls(**{**content, "random": RandomState(**content["random"])})


def _digits(state: torch.Tensor) -> str:
    return bytes(state.numpy()).hex()


def _state(digits: str) -> torch.Tensor:
    return torch.frombuffer(bytearray.fromhex(digits), dtype=torch.uint8)
