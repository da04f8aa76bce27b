"""Rare classes weigh more in a detector's loss."""

from __future__ import annotations

import pytest
from orthoai_training.detector.class_weights import class_weights
from orthoai_training.ovf.recipe import PAPER_COUNTS


def test_class_weights_are_inverse_frequencies_with_mean_one() -> None:
    weights = class_weights(PAPER_COUNTS, 4)
    assert weights[:3].mean() == pytest.approx(1.0) and weights[3] == 1.0
    assert weights[0] / weights[2] == pytest.approx(325 / 120)
    assert class_weights([5, 0, 5], 3).tolist() == [1.0, 1.0, 1.0]
