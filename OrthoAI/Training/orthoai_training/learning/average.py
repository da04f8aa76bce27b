"""A running average of a network's weights, which validates better than the last step's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from orthoai.segment.tensor_file import save_tensors

STEADY_AFTER = 10
"""Steps over which the average still leans to the newest weights, so that it forgets the start."""


class WeightAverage:
    """The exponential moving average of the weights of a network.

    Args:
        network: on its device already.
        decay: share of the average that stays at each step; 0 keeps the newest weights.

    Attributes:
        values: the averaged weights by name, on the network's device. What is no floating-point number, such as a count
            of batches, is the newest.

    Example:
        >>> average = WeightAverage(torch.nn.Linear(2, 1), 0.999)
        >>> average.update(step=1)
    """

    def __init__(self, network: torch.nn.Module, decay: float) -> None:
        self.network, self.decay = network, decay
        self.values = {name: value.detach().clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Move toward the current weights after ``step`` steps, faster while the average still holds the start."""
        decay = min(self.decay, step / (step + STEADY_AFTER))
        current = self.network.state_dict()
        moving = [name for name, value in current.items() if decay > 0 and value.dtype.is_floating_point]
        if moving:
            torch._foreach_lerp_([self.values[name] for name in moving], [current[name] for name in moving], 1 - decay)
        for name in current.keys() - set(moving):
            self.values[name].copy_(current[name])

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Inside, the network has the averaged weights."""
        current = {name: value.clone() for name, value in self.network.state_dict().items()}
        self.network.load_state_dict(self.values)
        try:
            yield
        finally:
            self.network.load_state_dict(current)

    def save(self, path: Path) -> None:
        """Replace the safetensors file ``path`` by the averaged weights; see :func:`save_tensors`."""
        save_tensors(path, self.values)
