"""Where a training run can be taken up again: one safetensors file, whose header holds the run's state as JSON.

One file is replaced at once, so tensors and state never belong to two different moments. Nothing is pickled.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import torch
from orthoai.errors import InputError
from orthoai.segment.tensor_file import save_tensors
from safetensors import SafetensorError, safe_open

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FILE_NAME = "checkpoint.safetensors"

NO_SCORE = -1.0
"""Best Dice before the first validation, and where nothing is held out."""


@dataclass
class RunState:
    """Where a run is.

    Attributes:
        step: optimizer steps done.
        elapsed_s: seconds trained so far, over all sittings.
        best_dice: best mean validation Dice, or NO_SCORE.
        best_step: when it was reached.
        start_dice: mean validation Dice of the model whose weights it goes on from; None for none.
        history: one entry per validation: step, elapsed_s, loss, dice, learning_rate, step_cpu_s.
    """

    recipe: dict[str, Any]
    seed: int
    step: int = 0
    elapsed_s: float = 0.0
    best_dice: float = NO_SCORE
    best_step: int = 0
    start_dice: float | None = None
    history: list[dict[str, float]] = field(default_factory=list)


def recorded(recipe: DataclassInstance) -> dict[str, Any]:
    """``recipe`` as the JSON that a checkpoint keeps. What is None is left out: a field that is added later, and says
    nothing by default, does not part a run from its checkpoint.
    """
    return _given(json.loads(json.dumps(asdict(recipe))))


def _given(recipe: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in recipe.items() if value is not None}


def save_checkpoint(
    path: Path,
    state: DataclassInstance,
    network: torch.nn.Module,
    average: dict[str, torch.Tensor],
    optimizer: torch.optim.Optimizer,
) -> None:
    """Replace the checkpoint at ``path`` in one move. Raises InputError where the disk refuses; the old one stays."""
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in average.items()}
    for index, slot in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": torch.as_tensor(value) for name, value in slot.items()}
    save_tensors(path, tensors, {"state": json.dumps(asdict(state))})


@dataclass(frozen=True)
class Checkpoint:
    """What :func:`save_checkpoint` kept at ``path``: the ``state`` as JSON, and the tensors."""

    path: Path
    state: dict[str, Any]
    tensors: dict[str, torch.Tensor]

    @property
    def unfit(self) -> InputError:
        """The error of one that is not what it should be."""
        return _unfit(self.path)

    @classmethod
    def read(cls, path: Path) -> Self:
        """That at ``path``. Raises InputError when it is damaged."""
        try:
            with safe_open(path, framework="pt") as file:
                state = dict(json.loads(file.metadata()["state"]))
                return cls(path, state, {name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118 - no dict
        except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
            raise _unfit(path) from error

    def require_run(self, recipe: dict[str, Any], seed: int) -> None:
        """Raise InputError where it is of a run with another recipe (see :func:`recorded`) or seed."""
        try:
            is_same = _given(self.state["recipe"]) == _given(recipe) and self.state["seed"] == seed
        except (KeyError, AttributeError) as error:
            raise self.unfit from error
        if not is_same:
            raise InputError(
                "The checkpoint belongs to a run with another recipe or seed: use the same, or train without --resume."
            )

    def put_into(
        self, network: torch.nn.Module, average: dict[str, torch.Tensor], optimizer: torch.optim.Optimizer
    ) -> None:
        """Give all three their tensors; InputError when those do not fit."""
        try:
            network.load_state_dict(_part(self.tensors, "network."))
            for name, value in _part(self.tensors, "average.").items():
                average[name].copy_(value)
        except (KeyError, RuntimeError) as error:
            raise self.unfit from error
        slots: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in _part(self.tensors, "optimizer.").items():
            index, key = name.split(".", 1)
            slots.setdefault(int(index), {})[key] = value
        optimizer.load_state_dict({"state": slots, "param_groups": optimizer.state_dict()["param_groups"]})
        _lay_out_as_weights(optimizer)


def _unfit(path: Path) -> InputError:
    return InputError(f"The checkpoint {path.name} is damaged or of another recipe: train without --resume.")


def _lay_out_as_weights(optimizer: torch.optim.Optimizer) -> None:
    """A file holds moments in row order; a fused step goes through memory, so they must lie as their weights do."""
    for group in optimizer.param_groups:
        for weight in group["params"]:
            slot = optimizer.state[weight]
            slot |= {
                name: torch.empty_like(weight, dtype=value.dtype).copy_(value)
                for name, value in slot.items()
                if value.shape == weight.shape
            }


def resume_run(
    path: Path,
    own: RunState,
    network: torch.nn.Module,
    average: dict[str, torch.Tensor],
    optimizer: torch.optim.Optimizer,
) -> RunState:
    """Put the checkpoint at ``path`` into network, average and optimizer; returns where its run is.

    Raises:
        InputError: it does not fit them, or its recipe or seed is not that of ``own``.
    """
    kept = Checkpoint.read(path)
    kept.put_into(network, average, optimizer)
    kept.require_run(own.recipe, own.seed)
    try:
        return RunState(**kept.state)
    except TypeError as error:
        raise kept.unfit from error


def _part(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}
