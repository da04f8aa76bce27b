"""What a run has brought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orthoai.tasks import Task

    from OrthoAILib.Bridge.ResultNodes import ResultNodes


@dataclass(frozen=True)
class RunOutcome:
    """A finished run.

    Attributes:
        nodes: the result in the scene.
        volumeNode: the image that it was made from.
        task: that was run.
        message: the result's sentence for the user.
    """

    nodes: ResultNodes
    volumeNode: Any
    task: Task
    message: str
