"""What the training of every network asks for alike: SPIDER's patients by their split, and reviewed cases."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from orthoai_training.disc.data.reviewed import ReviewedParts, reviewed_parts
from orthoai_training.disc.data.split import PatientSplit, split_of


class PatientsRequest:
    """A training on the SPIDER sets in ``data``, the reviewed cases in ``reviewed``, or both; None for none.

    Attributes:
        fold: round of the cross-validation; None is the fixed split.
    """

    data: Path | None
    reviewed: Path | None
    fold: int | None

    @property
    def split(self) -> PatientSplit:
        """Which patients train."""
        return split_of(self.fold)

    @cached_property
    def reviewed_cases(self) -> ReviewedParts:
        """Of ``reviewed``, as first asked for: by the end of a training people may have reviewed more."""
        return reviewed_parts(self.reviewed, self.data, self.split)

    @property
    def training_patients(self) -> tuple[int, ...]:
        """SPIDER's patients who train; none without the sets."""
        return () if self.data is None else tuple(sorted(self.split.part("train")))
