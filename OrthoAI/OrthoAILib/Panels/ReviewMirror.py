"""The review on screen as the parameter node tells it; the result's nodes keep it."""

from __future__ import annotations

from typing import Any

import slicer

from OrthoAILib.Review.ReviewState import ReviewState


def mirrorReview(node: Any, state: ReviewState, worklistIndex: int) -> None:
    """Say in ``node``, an OrthoAIParameterNode, where the review stands; its observers hear of it once at most."""
    words = {
        "verdict": state.verdict.value if state.verdict else "",
        "comment": state.comment,
        "reviewer": state.reviewer,
        "revision": state.revision,
        "timeSpent": state.timeSpent,
        "worklistIndex": worklistIndex,
    }
    with slicer.util.NodeModify(node):
        for name, value in words.items():
            if getattr(node, name) != value:
                setattr(node, name, value)
