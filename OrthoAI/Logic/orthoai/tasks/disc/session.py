"""The task's ONNX networks: the members of an ensemble, opened from a model folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from orthoai.errors import InputError
from orthoai.models.choose import ensemble_weight
from orthoai.models.onnx_network import OnnxNetwork
from orthoai.models.store import Model


@dataclass(frozen=True)
class Member:
    """One network of an ensemble and its share of the result; the shares of all members sum to 1."""

    network: OnnxNetwork
    share: float


def member_roles(roles: Iterable[str], role: str) -> list[str]:
    """Of ``roles``, those of the ensemble ``role``: it itself, and what begins with it and "_".

    Example:
        >>> member_roles(["classifier_1", "classifier", "lumbar"], "classifier")
        ['classifier', 'classifier_1']
    """
    return sorted(name for name in roles if name == role or name.startswith(f"{role}_"))


def ensemble(model: Model, role: str) -> list[Member]:
    """The networks of ``model`` with the role ``role`` or one that begins with it and "_", weighted as the card says.

    A card entry without "weight" counts 1. Raises InputError when there is none, or when one is damaged.
    """
    roles = member_roles(model.metadata.networks, role)
    weights = [ensemble_weight(model, name) for name in roles]
    if sum(weights) <= 0:
        raise InputError(f'The model "{model.name}" has no {role}: choose another model.')
    # A member of weight zero would cost time and change nothing.
    used = [(name, weight) for name, weight in zip(roles, weights, strict=True) if weight > 0]
    return [Member(OnnxNetwork(model.weights(name)), weight / sum(weights)) for name, weight in used]
