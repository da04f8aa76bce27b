"""What a table says of a model's files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from orthoai.models.store import Model


def network_facts(model: Model, roles: Iterable[str] | None = None) -> dict[str, Any]:
    """Name, version, hashes and sizes on disk in MB (1e6 bytes) of the networks in ``roles``; None for all of them."""
    card = model.metadata
    networks = {role: card.networks[role] for role in (card.networks if roles is None else roles)}
    return {
        "model": model.name,
        "version": card.version,
        "sha256": {role: network.sha256 for role, network in networks.items()},
        "size_mb": {role: (model.folder / network.file).stat().st_size / 1e6 for role, network in networks.items()},
    }


def fingerprint(model: Model) -> str:
    """8 hex digits that change with the weights and the settings of any network, and with nothing else of the card."""
    networks = {role: network.to_json() for role, network in model.metadata.networks.items()}
    return hashlib.sha256(json.dumps(networks, sort_keys=True).encode()).hexdigest()[:8]
