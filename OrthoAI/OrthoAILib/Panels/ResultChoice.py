"""Which of the results of an image is shown, and how a list names them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from OrthoAILib.Bridge.ResultNodes import ResultNodes

if TYPE_CHECKING:
    from OrthoAILib.Bridge.ResultBridge import ResultBridge


def resultsOf(volumeNode: Any | None, bridge: ResultBridge) -> list[ResultNodes]:
    """The results in the scene that were made from ``volumeNode``, oldest first."""
    return [nodes for nodes in bridge.load() if nodes.volumeNode is volumeNode] if volumeNode is not None else []


def resultToShow(own: Sequence[ResultNodes], resultId: str) -> ResultNodes | None:
    """The one of ``own`` with that id, else the newest; None where there is none."""
    named = [nodes for nodes in own if nodes.resultId == resultId]
    return next(reversed(named or own), None)


def titlesOf(own: Sequence[ResultNodes], bridge: ResultBridge) -> dict[str, str]:
    """What made each of ``own``, by its id: "Segment Femur", "Segment Femur (2)"."""
    titles: dict[str, str] = {}
    counts = Counter[str]()
    for nodes in own:
        title = bridge.terminology.title(nodes.taskName)
        counts[title] += 1
        titles[nodes.resultId] = f"{title} ({counts[title]})" if counts[title] > 1 else title
    return titles
