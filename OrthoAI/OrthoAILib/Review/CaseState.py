"""How far one case of a worklist is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from orthoai.review import Verdict, utc_now


@dataclass(frozen=True)
class CaseState:
    """What was decided about a case.

    Attributes:
        verdict: None while it is open.
        revision: of its newest export to the training set; 0 before the first.
        reviewer: as the person wrote it.
        comment: the reviewer's, for a case that does not go into the training set.
        updated: UTC time in ISO 8601; empty for a case that nobody has looked at.
    """

    verdict: Verdict | None = None
    revision: int = 0
    reviewer: str = ""
    comment: str = ""
    updated: str = ""

    def toJson(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "verdict": None if self.verdict is None else self.verdict.value,
            "revision": self.revision,
            "reviewer": self.reviewer,
            "comment": self.comment,
            "updated": self.updated,
        }

    @classmethod
    def fromJson(cls, content: Any) -> CaseState:
        """Undo :meth:`toJson`. Raises one of orthoai.foreign_json.JSON_ERRORS for anything else."""
        verdict = content["verdict"]
        return cls(
            verdict=None if verdict is None else Verdict(verdict),
            revision=int(content["revision"]),
            reviewer=str(content["reviewer"]),
            comment=str(content["comment"]),
            updated=str(content["updated"]),
        )


def timeAfter(known: str) -> str:
    """The time now, or the second after ``known`` where that is not in the past, both UTC in ISO 8601.

    The clocks of two computers differ, and one may be set back: what is decided last must be the newer all the same.
    """
    now = utc_now()
    if now > known:
        return now
    try:
        return (datetime.fromisoformat(known) + timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):  # No time at all, which somebody wrote there by hand.
        return now
