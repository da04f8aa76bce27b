"""Small scenes and cases that the simulator's tests share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from orthoai_training.synth.limbs import LimbCase, LimbRecipe, draw_scene, simulate_limb
from orthoai_training.synth.scene import Scene
from torch import Tensor

COARSE = (6.0, 6.0, 8.0)


@pytest.fixture(scope="session")
def coarse_case() -> Callable[..., LimbCase]:
    """simulate_limb on a coarse grid, both legs and no metal unless the test says otherwise; each case made once."""
    made: dict[tuple, LimbCase] = {}

    def simulate(seed: int = 3, **changes: object) -> LimbCase:
        options = {"field": "full", "spacing": COARSE, "metal": 0.0, "one_sided": 0.0} | changes
        key = (seed, *sorted(options.items()))
        if key not in made:
            made[key] = simulate_limb(LimbRecipe(**options), seed)  # type: ignore[arg-type]
        return made[key]

    return simulate


@pytest.fixture(scope="session")
def make_scene() -> Callable[..., Scene]:
    """A random parametric person with both legs."""

    def draw(seed: int = 0, **changes: float) -> Scene:
        recipe = LimbRecipe(**({"metal": 0.0, "one_sided": 0.0} | changes))  # type: ignore[arg-type]
        return draw_scene(np.random.default_rng(seed), torch.Generator().manual_seed(seed), recipe, None)

    return draw


@pytest.fixture(scope="session")
def lattice() -> Callable[..., Tensor]:
    """Points (Z, Y, X, 3) every ``step`` mm in a box from ``low`` to ``high``, both xyz."""

    def build(low: tuple[float, ...], high: tuple[float, ...], step: float) -> Tensor:
        x, y, z = (torch.arange(first, last, step) for first, last in zip(low, high, strict=True))
        grid = torch.meshgrid(z, y, x, indexing="ij")
        return torch.stack(grid[::-1], dim=-1)

    return build
