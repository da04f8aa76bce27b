"""An ensemble of segmenters as the teacher of a small one (distillation)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from orthoai.errors import InputError
from torch import Tensor

from orthoai_training.disc.segmentation.saved import SavedSegmenter
from orthoai_training.disc.segmentation.trainer import Teacher


@dataclass(frozen=True)
class Member:
    """The folder of one trained network and its weight in the average."""

    folder: Path
    share: float


def members_of(run: Path) -> list[Member]:
    """The networks of a training run with the weights of its ensemble. Raises InputError where it has none."""
    try:
        content = json.loads((run / "ensemble.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(f"{run} holds no ensemble.json: give a run of several networks.") from None
    return [Member(run / name, share) for name, share in zip(content["members"], content["weights"], strict=True)]


def ensemble_teacher(members: Sequence[Member], device: torch.device) -> Teacher:
    """The weighted average of the segmenters' probabilities. Raises InputError when all weights are 0."""
    used = [(SavedSegmenter.load(member.folder, device), member.share) for member in members if member.share > 0]
    total = sum(share for _, share in used)
    if total <= 0:
        raise InputError("The teacher has no member with a weight above 0.")

    def teach(picture: Tensor) -> Tensor:
        return torch.stack([share / total * network.shares(picture) for network, share in used]).sum(0)

    return teach
