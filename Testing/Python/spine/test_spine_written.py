"""What stands beside a grade is never rounded across a cut-off of the grades."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.spine.genant import grade
from orthoai.spine.written import LOSS, RATIO, written


@pytest.mark.parametrize(
    ("loss", "percent"),
    [
        (0.248, "24.8%"),
        (0.2496, "24.96%"),
        (0.1951, "19.5%"),
        (0.2, "20%"),
        (0.2004, "20%"),
        (0.247, "24.7%"),
        (0.244, "24%"),
    ],
)
def test_a_loss_gets_a_decimal_more_where_it_would_round_across_a_cut(loss: float, percent: str) -> None:
    assert written(LOSS, loss, 0, "%") == percent


def test_every_text_has_the_grade_of_its_value() -> None:
    near = [cut + side * 10.0**power for cut in (0.2, 0.25, 0.4) for side in (-1, 1) for power in range(-7, -1)]
    for loss in (*near, *np.linspace(-0.1, 0.9, 401)):
        for digits, kind in ((0, "%"), (2, "f"), (3, "f"), (3, "g"), (4, "g")):
            told = float(written(LOSS, loss, digits, kind).rstrip("%")) / (100 if kind == "%" else 1)
            assert grade(told) == grade(loss), (loss, told)
            told = float(written(RATIO, 1 - loss, digits, kind).rstrip("%")) / (100 if kind == "%" else 1)
            assert grade(1 - told) == grade(loss), (loss, told)


def test_a_height_on_the_limit_needs_no_more_digits() -> None:
    for own, wanted in ((15.3, 20.4), (16.0, 20.0), (12.24, 20.4)):
        assert len(written(LOSS, 1 - own / wanted, 0, "%")) == 3


def test_what_no_grade_is_told_by_is_rounded_as_ever() -> None:
    assert written("anterior_ratio", 0.2496, 2) == "0.25"
    assert written("volume", 24.96, 3, "g") == "25"
