"""A person on a table: everything that has a place, before it becomes voxels."""

from __future__ import annotations

from dataclasses import dataclass

from orthoai_training.synth.implants import Implant
from orthoai_training.synth.skeleton import Skeleton
from orthoai_training.synth.soft_tissue import BodySize
from orthoai_training.synth.warp import Warp


@dataclass(frozen=True)
class Scene:
    """A person on a table: everything that has a place."""

    skeleton: Skeleton
    implants: tuple[Implant, ...]
    body: BodySize
    warp: Warp
    table: bool
