"""Real bodies made somebody else's, and persons who are drawn anew."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.geometry import Geometry
from orthoai_training.spine_ct import clear_person as choice
from orthoai_training.spine_ct.body import Body
from orthoai_training.spine_ct.fate import NoClearSpineError
from orthoai_training.spine_ct.fractures import APART, MIXED, Break
from orthoai_training.spine_ct.morphometry import LEVELS
from orthoai_training.spine_ct.options import SpineOptions
from orthoai_training.spine_ct.person import Person
from orthoai_training.spine_ct.real_body import RealBody
from orthoai_training.spine_ct.real_vertebra import real_vertebra


@pytest.fixture(scope="module")
def body() -> RealBody:
    """As read from a mask, here that of a parametric one."""
    level = LEVELS[14]
    own = Body.of_level(level, 1.0, np.random.default_rng(1))
    x, y, z = (np.arange(low, high, dtype=np.float32) for low, high in ((-35, 35), (-25, 25), (-25, 25)))
    k, j, i = np.meshgrid(z, y, x, indexing="ij")
    solid = own.distance(i, j, k)[0] < 0
    geometry = Geometry(solid.shape, (1.0,) * 3, (float(x[0]), float(y[0]), float(z[0])))
    found = real_vertebra(solid, geometry, level, np.array([0.0, 0.0, 1.0]), solid)
    assert found is not None
    return found.body


def test_a_stretched_body_is_higher_by_its_share_in_plates_heights_and_voxels(body: RealBody) -> None:
    taller = body.varied(0.1, np.random.default_rng(0), amount=0.0)
    added = 0.1 * body.height
    assert np.subtract(taller.heights(), body.heights()) == pytest.approx([added] * 3, abs=0.05)
    z = np.arange(-30, 30, 0.25, dtype=np.float32)
    zero = np.zeros_like(z)
    columns = [np.count_nonzero(one.distance(zero, zero, z)[0] < 0) * 0.25 for one in (body, taller)]
    assert columns[1] - columns[0] == pytest.approx(added, abs=0.6)


def test_relief_differs_by_seed_and_stays_small(body: RealBody) -> None:
    one, again, other = (body.varied(0.0, np.random.default_rng(seed)).heights() for seed in (3, 3, 4))
    assert one == again != other
    assert np.abs(np.subtract(one, body.heights())).max() < 3.0


def test_an_unclear_person_is_drawn_anew_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    true_draw, drawn = choice._person, []

    def draw(rng: np.random.Generator, options: SpineOptions) -> Person:
        drawn.append(1)
        if len(drawn) < 3:
            raise NoClearSpineError
        return true_draw(rng, options)

    monkeypatch.setattr(choice, "_person", draw)
    assert choice.clear_person(np.random.default_rng(0), SpineOptions()).vertebrae
    assert len(drawn) == 3
    monkeypatch.setattr(choice, "_person", lambda rng, options: (_ for _ in ()).throw(NoClearSpineError))
    with pytest.raises(NoClearSpineError):
        choice.clear_person(np.random.default_rng(0), SpineOptions())


@pytest.mark.parametrize("label", ["wedge", "biconcave", "crush"])
def test_a_mixed_fracture_loses_nearly_as_much_at_the_other_site(label: str) -> None:
    rng = np.random.default_rng(5)
    for mixed in (False, True):
        drawn = [Break.draw(rng, label, mixed=mixed) for _ in range(30)]
        assert {each.label for each in drawn} == {label}
        apart = [abs(each.lost.anterior - each.lost.middle) for each in drawn]
        if label == "crush":
            continue
        # The larger loss names it, by however little.
        assert all((each.lost.middle > each.lost.anterior) == (label == "biconcave") for each in drawn)
        assert min(apart) >= (MIXED[0] if mixed else APART)
        assert (max(apart) <= MIXED[1]) == mixed


def test_no_fracture_is_mixed_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    true_draw = Break.draw

    def draw(rng: np.random.Generator, *args: object, mixed: bool = False) -> Break:
        asked.append(mixed)
        return true_draw(rng, mixed=mixed)

    monkeypatch.setattr(Break, "draw", draw)
    for share, expected in ((0.0, {False}), (1.0, {True})):
        asked.clear()
        choice.clear_person(np.random.default_rng(2), SpineOptions(fracture_rate=0.5, mixed=share))
        assert set(asked) == expected
