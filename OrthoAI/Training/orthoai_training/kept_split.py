"""The split that a training folder keeps, so that no later call tests or validates on what was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orthoai.errors import InputError

from orthoai_training.dataset import CaseFolder, Split, split_cases

SPLIT_FILE = "split.json"


def kept_split(
    folder: Path,
    cases: Sequence[CaseFolder],
    seed: int,
    validation_share: float,
    test_share: float = 0.0,
    *,
    may_grow: bool = False,
) -> Split:
    """The split in ``folder``; a new one is dealt (see :func:`split_cases`) and kept there where there is none.

    Args:
        may_grow: cases that came later belong to no part; else they are refused.

    Raises:
        InputError: the earlier split is of other cases, or cannot be read.
    """
    file = folder / SPLIT_FILE
    if not file.exists():
        split_cases(cases, seed, validation_share, test_share).save(file)
    split = Split.load(file)
    dealt, found = {*split.train, *split.validation, *split.test}, {case.name for case in cases}
    if missing := sorted(dealt - found):
        raise InputError(
            f"Case {missing[0]} of {file} is missing: give the cases that the run began with, or choose another --out."
        )
    if not may_grow and (added := sorted(found - dealt)):
        raise InputError(
            f"The data set has grown since {file} dealt its cases ({added[0]} is new): choose another --out to train "
            "on all of them, or take the new ones away to go on."
        )
    return split
