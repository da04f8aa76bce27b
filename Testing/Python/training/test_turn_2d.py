"""Rotation in a plane."""

from __future__ import annotations

import numpy as np
from orthoai_training.turn_2d import turn_2d


def test_x_turns_toward_y_and_no_length_changes() -> None:
    assert np.allclose(turn_2d(np.pi / 6) @ [1, 0], [np.sqrt(3) / 2, 0.5])
    assert np.allclose(turn_2d(np.pi / 6) @ [0, 1], [-0.5, np.sqrt(3) / 2])
    assert np.allclose(turn_2d(0.7) @ turn_2d(-0.7), np.eye(2))
