"""What reviewed cases teach a network: those that teach it nothing are not counted among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

from orthoai.dataset.store import DatasetCase
from orthoai.models.learned import LearnedFrom

from orthoai_training.dataset import CaseFolder
from orthoai_training.disc.data.reviewed import ReviewedCase, ReviewedParts, read_reviewed
from orthoai_training.learned import learned_from

Lesson = TypeVar("Lesson")


@dataclass(frozen=True)
class Lessons(Generic[Lesson]):
    """One entry for each case that trains, and for each that validates.

    Attributes:
        learned_from: which cases those are.
    """

    train: tuple[Lesson, ...]
    validation: tuple[Lesson, ...]
    learned_from: LearnedFrom

    @classmethod
    def of(
        cls,
        parts: ReviewedParts,
        train: Callable[[ReviewedCase], Lesson | None],
        validation: Callable[[ReviewedCase], Lesson | None],
    ) -> Self:
        """What the cases of ``parts`` teach, as ``train`` and ``validation`` read it. Raises as :func:`taught`."""
        taught_by, held_out = _with_lesson(parts.train, train), _with_lesson(parts.validation, validation)
        sides = [[CaseFolder(case.path) for case, _ in side] for side in (taught_by, held_out)]
        return cls(tuple(each for _, each in taught_by), tuple(each for _, each in held_out), learned_from(*sides))

    @property
    def counts(self) -> dict[str, int]:
        """How many cases taught, for a model's card."""
        return {"reviewed_train_cases": len(self.train), "reviewed_validation_cases": len(self.validation)}

    def __bool__(self) -> bool:
        """Whether any case teaches."""
        return bool(self.train or self.validation)


def taught(cases: Sequence[DatasetCase], lesson: Callable[[ReviewedCase], Lesson | None]) -> tuple[Lesson, ...]:
    """The ``lesson`` of each of ``cases`` that has one. Raises InputError as :func:`read_reviewed`."""
    return tuple(each for _, each in _with_lesson(cases, lesson))


def _with_lesson(
    cases: Sequence[DatasetCase], lesson: Callable[[ReviewedCase], Lesson | None]
) -> list[tuple[DatasetCase, Lesson]]:
    """Each of ``cases`` that has a ``lesson``, with that."""
    found = zip(cases, map(lesson, read_reviewed(cases)), strict=True)
    return [(case, each) for case, each in found if each is not None]
