"""What reviewed cases teach a network: those that teach it nothing are not counted among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from orthoai.dataset.store import DatasetCase

from orthoai_training.disc.data.reviewed import ReviewedCase, read_reviewed

Lesson = TypeVar("Lesson")


@dataclass(frozen=True)
class Lessons(Generic[Lesson]):
    """One entry for each case that trains, and for each that validates."""

    train: tuple[Lesson, ...] = ()
    validation: tuple[Lesson, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many cases taught, for a model's card."""
        return {"reviewed_train_cases": len(self.train), "reviewed_validation_cases": len(self.validation)}

    def __bool__(self) -> bool:
        """Whether any case teaches."""
        return bool(self.train or self.validation)


def taught(cases: Sequence[DatasetCase], lesson: Callable[[ReviewedCase], Lesson | None]) -> tuple[Lesson, ...]:
    """The ``lesson`` of each of ``cases`` that has one. Raises InputError as :func:`read_reviewed`."""
    found = (lesson(case) for case in read_reviewed(cases))
    return tuple(each for each in found if each is not None)
