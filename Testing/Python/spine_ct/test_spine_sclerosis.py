"""Dense bone beneath endplates that are not broken: where it lies, and who has it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from orthoai_training.spine_ct.arch import Arch
from orthoai_training.spine_ct.body import Body
from orthoai_training.spine_ct.clear_person import clear_person
from orthoai_training.spine_ct.endplate_moves import Dent
from orthoai_training.spine_ct.hardened import NODE, PLATE, gained_hu
from orthoai_training.spine_ct.morphometry import LEVELS
from orthoai_training.spine_ct.options import SpineOptions
from orthoai_training.spine_ct.spine import Frame, Vertebra


def _vertebra(mimic: str, hard: tuple[float, float], dents: tuple[Dent, ...] = ()) -> Vertebra:
    rng = np.random.default_rng(1)
    level = LEVELS[14]
    body = replace(Body.of_level(level, 1.0, rng), dents=dents)
    return Vertebra(level, body, Frame(np.eye(3), np.zeros(3)), Arch.of(level, body, rng), mimic, hard=hard)


def _gained(vertebra: Vertebra, x: float, y: float, below: float, upper: bool = True) -> float:
    """HU so far from an endplate, inside the body."""
    at = np.array([x], np.float32), np.array([y], np.float32)
    top, bottom = vertebra.body.plates(*at)
    return float(np.ravel(gained_hu(vertebra, *at, top - below if upper else bottom + below))[0])


def test_a_worn_endplate_is_dense_all_over_and_the_other_as_before() -> None:
    worn = _vertebra(PLATE, (0.8, 0.0))
    for x, y in ((0, 0), (10, -8), (-12, 8)):
        assert _gained(worn, x, y, 2.0) > 150
        assert _gained(worn, x, y, 12.0) < 10
        assert _gained(worn, x, y, 2.0, upper=False) < 10


def test_the_rim_of_a_schmorl_node_is_dense_and_nothing_else() -> None:
    node = _vertebra(NODE, (0.8, 0.8), (Dent(upper=True, x=0.0, s=0.5, radius=4.0, depth=4.0),))
    assert _gained(node, 0, 0, 1.5) > 300
    assert _gained(node, 0, 0, 12.0) < 10
    assert _gained(node, 0, 11, 1.5) < 10
    assert _gained(node, 0, 0, 1.5, upper=False) < 10


def test_a_sound_vertebra_gains_nothing() -> None:
    assert gained_hu(_vertebra("", (0.0, 0.0)), *(np.zeros(1, np.float32),) * 3) == 0.0


@pytest.mark.parametrize("fractures", [0.0, 0.5])
def test_all_sound_vertebrae_without_another_mimic_have_it_when_asked_for_and_no_broken_one(fractures: float) -> None:
    options = SpineOptions(fracture_rate=fractures, mimic_rate=0.0, metal=0.0)
    for sclerosis in (0.0, 1.0):
        person = clear_person(np.random.default_rng(3), replace(options, sclerosis=sclerosis))
        assert fractures == 0 or any(vertebra.grade for vertebra in person.vertebrae[: person.sacrum])
        for vertebra in person.vertebrae[: person.sacrum]:
            has_it = bool(sclerosis) and not vertebra.grade
            assert (vertebra.mimic in (NODE, PLATE)) == has_it == any(vertebra.hard)
            assert bool(vertebra.body.dents) == (vertebra.mimic == NODE)
        # The sacrum has no endplates to confuse anyone with.
        assert not any(any(vertebra.hard) for vertebra in person.vertebrae[person.sacrum :])
