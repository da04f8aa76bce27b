"""What the review panel works on at the moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from OrthoAILib.Review.ReviewSession import ReviewSession


@dataclass(frozen=True)
class OnScreen:
    """Handed to the panel's parts whenever it changes.

    Attributes:
        node: OrthoAIParameterNode; None while a scene is closed.
        session: the review of the result that is shown; None without one.
        volumeNode: the image of that result.
        isEnabled: whether something may be changed; False during a run.
    """

    node: Any = None
    session: ReviewSession | None = None
    volumeNode: Any = None
    isEnabled: bool = True
