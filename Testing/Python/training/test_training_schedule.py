"""Budgets by steps and by the clock, and the learning rate along them."""

from __future__ import annotations

import pytest
from orthoai_training.learning.pace import Pace, plateau
from orthoai_training.learning.schedule import FINAL_RATE, Budget, learning_rate


def test_steps_alone_end_a_run_without_minutes() -> None:
    budget = Budget(steps=10, clock=lambda: 0.0)
    assert budget.fraction(5) == 0.5
    assert not budget.is_spent(9)
    assert budget.is_spent(10)


def test_the_clock_ends_a_run_before_its_steps() -> None:
    now = [100.0]
    budget = Budget(steps=1000, minutes=2, clock=lambda: now[0])
    now[0] += 60
    assert budget.fraction(1) == 0.5
    now[0] += 60
    assert budget.is_spent(1)


def test_earlier_sittings_and_the_last_validation_count() -> None:
    now = [0.0]
    budget = Budget(steps=1000, minutes=2, before_s=50, reserve_s=20, clock=lambda: now[0])
    assert budget.fraction(0) == pytest.approx(0.5)
    now[0] = 50
    assert budget.is_spent(0)


def test_the_rate_warms_up_and_then_falls_to_its_end() -> None:
    assert learning_rate(1.0, 0.0, step=0, warmup_steps=10) == pytest.approx(0.1)
    assert learning_rate(1.0, 0.0, step=9, warmup_steps=10) == pytest.approx(1.0)
    assert learning_rate(1.0, 0.5, step=500, warmup_steps=10) == pytest.approx((1 + FINAL_RATE) / 2)
    assert learning_rate(1.0, 1.0, step=999, warmup_steps=10) == pytest.approx(FINAL_RATE)
    rates = [learning_rate(1.0, n / 100, 1000, 10) for n in range(101)]
    assert rates == sorted(rates, reverse=True)


def test_plateaus_slow_the_learning_and_many_end_it() -> None:
    assert plateau([], 0.4) == 1.0
    assert plateau([0.1, 0.2, 0.2, 0.1, 0.3], 0.4) == pytest.approx(0.16)
    pace = Pace(100, None, validate_every=10, learning_rate=0.5, cosine=False, plateau_factor=0.4, early_stop=3)
    assert pace.rate(50, 0.5, [0.2, 0.1]) == pytest.approx(0.2)
    assert not pace.has_stalled(29) and pace.has_stalled(30)
    assert not Pace(100, None, 10, learning_rate=0.5).has_stalled(90)
