"""What the tests of the bridge share."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.geometry import Geometry


@pytest.fixture
def workplace(tmp_path):
    """An empty scene in its application."""
    from bridge_scene import Workplace

    return Workplace(tmp_path)


@pytest.fixture
def oblique() -> Geometry:
    """A small anisotropic grid, turned about two axes."""
    a, b = np.deg2rad(20), np.deg2rad(-35)
    about_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    return Geometry((9, 11, 14), (0.7, 1.3, 2.5), (-31.0, 17.5, 240.0), tuple((about_z @ about_x).ravel()))
