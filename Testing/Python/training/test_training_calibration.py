"""Scores become shares of right answers."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.models.calibration import Calibration
from orthoai_training.train.calibration import FittedCalibration, calibration_error


def test_overconfident_scores_are_lowered_to_their_worth() -> None:
    random = np.random.default_rng(3)
    true = random.uniform(0.05, 0.95, 4000)
    right = random.random(4000) < true
    # Twice the logit: too sure on both sides.
    shown = 1 / (1 + np.exp(-2 * np.log(true / (1 - true))))
    found = FittedCalibration.fitted(shown.tolist(), right.tolist())
    assert found.formula.a == pytest.approx(0.5, abs=0.05) and found.formula.b == pytest.approx(0.0, abs=0.1)
    assert found.error_after < 0.03 < found.error_before


def test_scores_that_are_all_too_low_are_raised() -> None:
    random = np.random.default_rng(4)
    true = random.uniform(0.05, 0.95, 4000)
    right = random.random(4000) < true
    shown = 1 / (1 + np.exp(-(np.log(true / (1 - true)) - 1.5)))
    found = FittedCalibration.fitted(shown.tolist(), right.tolist())
    assert found.formula.a == pytest.approx(1.0, abs=0.1) and found.formula.b == pytest.approx(1.5, abs=0.15)
    assert found.formula(0.5) == pytest.approx(1 / (1 + np.exp(-found.formula.b)))


def test_answers_that_are_all_right_give_finite_numbers() -> None:
    found = FittedCalibration.fitted([0.9] * 50, [True] * 50)
    assert np.isfinite([found.formula.a, found.formula.b]).all() and found.formula(0.9) > 0.95


def test_few_answers_leave_scores_as_they_are() -> None:
    assert FittedCalibration.fitted([0.7] * 3, [True] * 3).formula(0.7) == pytest.approx(0.7)


def test_a_card_keeps_what_was_fitted() -> None:
    scores = np.linspace(0, 1, 40)
    fitted = FittedCalibration.fitted(scores.tolist(), (scores > 0.4).tolist())
    said = fitted.to_json()
    assert set(said) == {"a", "b", "answers", "error_before", "error_after"} and said["answers"] == 40
    assert FittedCalibration.from_card(said) == fitted
    read = Calibration.from_card(said)
    assert read(scores).tolist() == pytest.approx([read(float(score)) for score in scores])
    assert np.isfinite(read(scores)).all() and (np.diff(read(scores)) >= 0).all()


def test_the_error_of_a_calibration_is_the_gap_in_its_bins() -> None:
    assert calibration_error([0.25, 0.25, 0.85, 0.85], [0, 1, 1, 1]) == pytest.approx(0.2)
