"""Vertebral bodies of known shape, and fractures of known height loss."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.geometry import Geometry
from orthoai.spine.genant import Heights, classify, losses
from orthoai.spine.heights import measure_body
from orthoai_training.spine_ct.body import Body
from orthoai_training.spine_ct.endplate_moves import Fracture
from orthoai_training.spine_ct.fractures import TYPES, Break, broken
from orthoai_training.spine_ct.morphometry import LEVELS

FLAT = Body(depth=34.0, width=45.0, front=24.25, back=24.25, dish=(0.0, 0.0), waist=0.0, hollow=0.0)
STEP = 0.5


def _mask(body: Body) -> tuple[np.ndarray, Geometry]:
    x, y, z = (np.arange(-reach, reach, STEP, dtype=np.float32) for reach in (32.0, 28.0, 22.0))
    k, j, i = np.meshgrid(z, y, x, indexing="ij")
    distance, _ = body.distance(i, j, k)
    return distance < 0, Geometry(distance.shape, (STEP,) * 3, (float(x[0]), float(y[0]), float(z[0])))


def test_a_flat_body_has_the_heights_that_it_was_given() -> None:
    assert FLAT.heights() == pytest.approx((24.25, 24.25, 24.25), abs=1e-6)
    measured = measure_body(*_mask(FLAT))
    assert measured is not None
    assert measured.heights == pytest.approx((24.25, 24.25, 24.25), abs=0.3)
    assert measured.depth_mm == pytest.approx(34.0, abs=0.8)


def test_a_natural_wedge_loses_its_height_in_front() -> None:
    wedge = Body(depth=34.0, width=45.0, front=20.0, back=24.0, dish=(0.0, 0.0))
    front, middle, back = wedge.heights()
    assert front == pytest.approx(20.4, abs=0.1)
    assert middle == pytest.approx(22.0, abs=0.1)
    assert back == pytest.approx(23.6, abs=0.1)


@pytest.mark.parametrize("share", [(0.6, 0.8, 0.95), (0.9, 0.65, 0.92), (0.6, 0.6, 0.7)])
def test_a_fracture_leaves_exactly_the_wanted_heights(share: tuple[float, float, float]) -> None:
    body = Body.of_level(LEVELS[12], 1.05, np.random.default_rng(3))
    wanted = Heights(*(own * part for own, part in zip(body.heights(), share, strict=True)))
    made = body.broken_to(wanted, Fracture(0.0, 0.0, 0.0))
    assert made.heights() == pytest.approx(wanted, abs=0.01)
    measured = measure_body(*_mask(made))
    assert measured is not None
    assert measured.heights == pytest.approx(wanted, abs=1.2)


@pytest.mark.parametrize("label", TYPES)
@pytest.mark.parametrize("grade", [1, 2, 3])
def test_drawn_fractures_are_of_the_wanted_type_and_grade(label: str, grade: int) -> None:
    rng = np.random.default_rng(grade)
    body = Body.of_level(LEVELS[11], 1.0, rng)
    expected = body.heights()
    for _ in range(8):
        plan = Break.draw(rng, label, grade)
        assert classify(plan.lost) == (label, grade)
        made = broken(body, expected, plan, rng)
        if made is not None:
            lost = losses(made.heights(), expected)
            assert classify(lost)[0] == label
            assert lost == pytest.approx(plan.lost, abs=0.005)


def test_normal_bodies_grow_toward_the_sacrum_and_lose_little_in_front() -> None:
    rng = np.random.default_rng(0)
    depths = [np.mean([Body.of_level(level, 1.0, rng).depth for _ in range(20)]) for level in LEVELS[3:]]
    assert depths[0] < depths[6] < depths[12]
    for level in LEVELS[3:12]:
        front, _, back = Body.of_level(level, 1.0, rng).heights()
        assert 0.84 < front / back < 1.06
