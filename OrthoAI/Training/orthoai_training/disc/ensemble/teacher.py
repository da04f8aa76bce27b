"""An ensemble of segmenters as the teacher of a small one (distillation)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from orthoai.errors import InputError
from safetensors.torch import load_file
from torch import Tensor, nn

from orthoai_training.disc.segmentation.networks import build_segmenter
from orthoai_training.disc.segmentation.trainer import Teacher


@dataclass(frozen=True)
class TeacherMember:
    """One trained segmenter and its weight in the average."""

    architecture: str
    weights: Path
    share: float


def ensemble_teacher(members: Sequence[TeacherMember], device: torch.device) -> Teacher:
    """The weighted average of the members' probabilities. Raises InputError when all weights are 0."""
    used = [(_frozen(member, device), member.share) for member in members if member.share > 0]
    total = sum(share for _, share in used)
    if total <= 0:
        raise InputError("The teacher has no member with a weight above 0.")

    @torch.no_grad()
    def teach(picture: Tensor) -> Tensor:
        answers = [share / total * network(picture).float().softmax(1) for network, share in used]
        return torch.stack(answers).sum(0)

    return teach


def _frozen(member: TeacherMember, device: torch.device) -> nn.Module:
    network = build_segmenter(member.architecture).network
    network.load_state_dict(load_file(member.weights))
    return network.to(device).to(memory_format=torch.channels_last).eval().requires_grad_(False)
