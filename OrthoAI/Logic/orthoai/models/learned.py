"""Which reviewed cases a network learned from, as its model's card names them: no patient, and no image."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orthoai.errors import InputError
from orthoai.foreign_json import take

Revisions = Mapping[str, tuple[int, ...]]
"""Numbers of the revisions of each case, by its name in its data set, ascending."""

CASE_NAME = re.compile(r"[\w-]{1,64}-[0-9a-f]{16}")
"""See :func:`orthoai.dataset.identity.case_id`: the same image and task have the same name in every data set."""


@dataclass(frozen=True)
class LearnedFrom:
    """The reviewed cases behind one network.

    Attributes:
        train: that taught it, or a network that it went on from.
        validation: by which its best weights were chosen, or what it says was fitted.
        whole: False where further cases may be behind it: one that it went on from does not say which taught it, or
            there were cases or pictures of people that neither a review nor a public set, such as SPIDER, names.

    Example:
        >>> LearnedFrom({"femur-3f0c9a1be2d47756": (2,)}).to_json()
        {'train': {'femur-3f0c9a1be2d47756': [2]}, 'validation': {}, 'whole': True}
    """

    train: Revisions = field(default_factory=dict)
    validation: Revisions = field(default_factory=dict)
    whole: bool = True

    def to_json(self) -> dict[str, Any]:
        """The network's entry "learned_from" in the card."""
        parts = {name: {case: list(each) for case, each in sorted(part.items())} for name, part in self._parts.items()}
        return {**parts, "whole": self.whole}

    @classmethod
    def from_json(cls, entry: Any) -> LearnedFrom:
        """Undo :meth:`to_json`. Raises ValueError that names what is wrong."""
        # Not by take, which takes no truth values.
        whole = entry.get("whole") if isinstance(entry, dict) else None
        if not isinstance(whole, bool):
            raise ValueError('"whole" is neither true nor false')
        return cls(_revisions(entry, "train"), _revisions(entry, "validation"), whole)

    @property
    def _parts(self) -> dict[str, Revisions]:
        return {"train": self.train, "validation": self.validation}


UNKNOWN = LearnedFrom(whole=False)
"""Of a network whose card does not say it, as those of earlier versions."""


def joined(parts: Iterable[LearnedFrom | None]) -> LearnedFrom:
    """What a network learned from that has something of each of ``parts``; None for one that does not say it."""
    told = [UNKNOWN if part is None else part for part in parts]
    return LearnedFrom(
        _all_revisions(part.train for part in told),
        _all_revisions(part.validation for part in told),
        all(part.whole for part in told),
    )


def check_case_name(name: str) -> str:
    """``name``, of a reviewed case. Raises InputError for what no data set calls a case: nothing learned from it."""
    if not CASE_NAME.fullmatch(name):
        raise InputError(f"{name} is no name of a reviewed case; orthoai dataset list names those of a data set.")
    return name


def _all_revisions(parts: Iterable[Revisions]) -> Revisions:
    found: dict[str, set[int]] = {}
    for part in parts:
        for case, numbers in part.items():
            found.setdefault(case, set()).update(numbers)
    return {case: tuple(sorted(numbers)) for case, numbers in sorted(found.items())}


def _revisions(entry: Any, key: str) -> Revisions:
    found = {}
    for case, numbers in take(entry, key, dict).items():
        if not isinstance(numbers, list) or not all(type(number) is int for number in numbers):
            raise ValueError(f'"{key}" holds {case!r}: {numbers!r}, not a case and its revisions')
        found[case] = tuple(numbers)
    return found
