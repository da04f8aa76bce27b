"""Means over few subjects, and how sure they are."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai_training.evaluate.intervals import Summary


def test_the_interval_holds_the_mean_and_shrinks_with_subjects() -> None:
    few, many = Summary.of([0.8, 1.0] * 2), Summary.of([0.8, 1.0] * 50)
    assert few is not None and few.low is not None and few.high is not None
    assert many is not None and many.low is not None and many.high is not None
    assert few.mean == many.mean == pytest.approx(0.9)
    assert 0.8 <= few.low < many.low < 0.9 < many.high < few.high <= 1.0
    # 1.96 standard errors of 100 values of standard deviation 0.1.
    assert many.high - many.low == pytest.approx(2 * 1.96 * 0.1 / 10, rel=0.1)
    assert Summary.of([0.8, 1.0] * 2) == few


def test_the_interval_lies_evenly_around_the_mean_of_many_subjects() -> None:
    values = np.random.default_rng(3).normal(10.0, 2.0, 400)
    found = Summary.of(values)
    assert found is not None and found.low is not None and found.high is not None
    reach = 1.96 * values.std() / np.sqrt(len(values))
    assert (found.count, found.mean) == (400, pytest.approx(values.mean()))
    assert found.low == pytest.approx(values.mean() - reach, abs=0.1 * reach)
    assert found.high == pytest.approx(values.mean() + reach, abs=0.1 * reach)
    assert (found.median, found.smallest, found.largest) == (np.median(values), values.min(), values.max())


def test_what_is_not_defined_does_not_count() -> None:
    assert Summary.of([None, 1.0, None, 3.0]) == Summary(2, 2.0, 1.0, 3.0, 2.0, 1.0, 3.0)
    assert Summary.of([None]) is None and Summary.of([]) is None


def test_one_subject_has_no_interval() -> None:
    assert Summary.of([0.5, None]) == Summary(1, 0.5, None, None, 0.5, 0.5, 0.5)
