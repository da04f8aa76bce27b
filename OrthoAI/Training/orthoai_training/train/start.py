"""The model that a training starts from: corrected cases make the shipped model better, not a new one from nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from orthoai.models.store import Model, ModelStore


@dataclass(frozen=True)
class Start:
    """A model of the store in the role of a starting point."""

    model: Model

    @classmethod
    def of(cls, name: str) -> Self:
        """The model called ``name``, or in the folder ``name``. Raises InputError when there is none."""
        return cls(ModelStore.default().get(name))

    def lineage(self, role: str) -> Mapping[str, Any]:
        """What the card of a model says of this one, whose ``role`` it went on from or took over."""
        return {
            "model": self.model.name,
            f"{role}_sha256": self.model.network(role).sha256,
            "data": self.model.metadata.training.get("data", {}),
        }
