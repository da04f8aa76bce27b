"""Where a review stands, as the scene keeps it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from orthoai.foreign_json import JSON_ERRORS
from orthoai.review import Verdict

from OrthoAILib.Bridge.ImageStamp import ImageStamp

ATTRIBUTE = "OrthoAI.Review"
"""Node attribute that holds the state. It is saved with the scene, and each result of a scene has its own."""


@dataclass(frozen=True)
class ReviewState:
    """What the reviewer said so far about one result. The edits themselves are in the result's nodes.

    Attributes:
        verdict: None while nothing is decided.
        comment: free text.
        reviewer: as the person writes it.
        revision: of the newest export; 0 before the first.
        timeSpent: seconds.
        isSaved: whether everything is in the training set (or, for a case that does not belong there, in the worklist).
        boxes: that the result had when this was kept, so that one deleted while nobody watches is noticed; -1 where an
            older scene does not say.
        madeOf: stamp of the image that the result was made of, while the volume holds another one; else ().
        trainingSets: folders of those that the case was exported to, each once.
    """

    verdict: Verdict | None = None
    comment: str = ""
    reviewer: str = ""
    revision: int = 0
    timeSpent: float = 0.0
    isSaved: bool = True
    boxes: int = -1
    madeOf: ImageStamp = ()
    trainingSets: tuple[str, ...] = ()

    def toText(self) -> str:
        """The state as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def fromText(cls, text: str) -> ReviewState | None:
        """Undo :meth:`toText`; None for what is no state, so that a damaged scene still opens."""
        try:
            content = json.loads(text)
            verdict = content["verdict"]
            return cls(
                verdict=None if verdict is None else Verdict(verdict),
                comment=str(content["comment"]),
                reviewer=str(content["reviewer"]),
                revision=max(0, int(content["revision"])),
                timeSpent=max(0.0, float(content["timeSpent"])),
                isSaved=bool(content["isSaved"]),
                boxes=int(content.get("boxes", -1)),
                madeOf=tuple(int(time) for time in content.get("madeOf", ())),
                trainingSets=tuple(str(folder) for folder in content.get("trainingSets", ())),
            )
        except JSON_ERRORS:
            return None

    def write(self, node: Any) -> None:
        """Keep the state with ``node`` (a vtkMRMLNode)."""
        node.SetAttribute(ATTRIBUTE, self.toText())

    @classmethod
    def read(cls, node: Any) -> ReviewState | None:
        """The state kept with ``node``; None when it has none, as a fresh result."""
        return cls.fromText(node.GetAttribute(ATTRIBUTE) or "")
