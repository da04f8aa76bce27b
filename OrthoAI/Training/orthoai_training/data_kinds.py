"""Kinds of data, by where a case comes from. No figure on the first two says how accurate a model is in patients."""

from __future__ import annotations

SIMULATED = "simulated"
FROM_REAL_SHAPES = "simulated from real shapes"
REAL = "real"
