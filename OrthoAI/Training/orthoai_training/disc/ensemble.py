"""The networks of a run with their weights, and their average as the teacher of a small one (distillation)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from orthoai.errors import InputError
from orthoai.foreign_json import JSON_ERRORS
from torch import Tensor

from orthoai_training.disc.segmentation.saved import SavedSegmenter
from orthoai_training.disc.segmentation.trainer import Teacher
from orthoai_training.text_files import read_json

ENSEMBLE_FILE = "ensemble.json"
"""In the folder of a run of several networks: their names and weights."""


@dataclass(frozen=True)
class Member:
    """The folder of one trained network and its weight in the average."""

    folder: Path
    share: float


def members_of(run: Path) -> list[Member]:
    """The networks of a training run with the weights of its ensemble. Raises InputError where it has none."""
    content = read_json(run / ENSEMBLE_FILE)
    try:
        shares = zip(content["members"], map(float, content["weights"]), strict=True)
        return [Member(run / name, share) for name, share in shares]
    except JSON_ERRORS:
        raise InputError(f"{run} holds no {ENSEMBLE_FILE}, or a damaged one: give a run of several networks.") from None


def ensemble_teacher(members: Sequence[Member], device: torch.device) -> Teacher:
    """The weighted average of the segmenters' probabilities. Raises InputError when all weights are 0."""
    used = [(SavedSegmenter.load(member.folder, device), member.share) for member in members if member.share > 0]
    total = sum(share for _, share in used)
    if total <= 0:
        raise InputError("The teacher has no member with a weight above 0.")

    def teach(picture: Tensor) -> Tensor:
        return torch.stack([share / total * network.shares(picture) for network, share in used]).sum(0)

    return teach
