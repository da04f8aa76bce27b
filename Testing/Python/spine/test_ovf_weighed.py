"""The class of a body from the network's vote and its heights together."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai.finding import Place
from orthoai.models.calibration import Calibration
from orthoai.spine.genant import Grading, Heights, classify
from orthoai.spine.measured import DISAGREE, MeasuredBody
from orthoai.tasks.ovf.engines import Engines
from orthoai.tasks.ovf.findings import finding, fractured, label_of
from orthoai.tasks.ovf.join import JoinedBody
from orthoai.tasks.ovf.labels import CLASSES
from orthoai.tasks.ovf.slices import SliceBody
from orthoai.tasks.ovf.weighed import Weighed

WEIGHED = Weighed(vote=1.0, crush=25.0, kind=20.0, loss=24.0)

SOUND, WEDGED, BOWL, CRUSHED = (
    Heights(0.02, 0.03, 0.01),
    Heights(0.32, 0.22, 0.05),
    Heights(0.2, 0.32, 0.05),
    Heights(0.35, 0.35, 0.3),
)


def _shares(**told: float) -> dict[str, float]:
    return {name: told.get(name, 0.0) for name in CLASSES}


def _body(lost: Heights | None, cut: bool = False, **told: float) -> MeasuredBody[JoinedBody]:
    scores = tuple(told.get(name, 0.0) for name in CLASSES)
    outline = SliceBody(0, max(scores), scores, 0, 0, np.ones((4, 4), bool))
    grading = lost and Grading(Heights(20, 20, 20), lost, *classify(lost))
    return MeasuredBody("vertebra_1", JoinedBody((outline,)), (0.0, 0.0, 0.0), None, cut, grading, False)


def test_without_weights_on_heights_the_vote_stays_as_it_is() -> None:
    shares = _shares(wedge=0.6, biconcave=0.3, normal=0.1)
    chances = Weighed()(shares, CRUSHED)
    assert sum(chances.values()) == pytest.approx(1)
    assert {name: chances[name] for name in ("wedge", "biconcave", "normal")} == pytest.approx(
        {"wedge": 0.6, "biconcave": 0.3, "normal": 0.1}, abs=2e-3
    )


@pytest.mark.parametrize(("lost", "label"), [(WEDGED, "wedge"), (BOWL, "biconcave"), (CRUSHED, "crush")])
def test_heights_tell_which_kind_a_doubtful_fracture_is(lost: Heights, label: str) -> None:
    chances = WEIGHED(_shares(crush=0.3, wedge=0.35, biconcave=0.3, normal=0.05), lost)
    assert max(chances, key=lambda name: chances[name]) == label


def test_the_more_height_is_lost_the_less_normal_a_body_is() -> None:
    shares = _shares(wedge=0.4, normal=0.6)
    normal = [WEIGHED(shares, Heights(loss, 0.0, 0.0))["normal"] for loss in (0.0, 0.1, 0.2, 0.3, 0.4)]
    assert normal == sorted(normal, reverse=True) and normal[0] > 0.9 and normal[-1] < 0.1


@pytest.mark.parametrize(
    ("body", "label"),
    [
        (_body(BOWL, wedge=0.5, biconcave=0.4), "biconcave"),
        # The network calls it fractured, the heights do not.
        (_body(SOUND, wedge=0.5, normal=0.3), "unclear"),
        (_body(SOUND, normal=0.9), "normal"),
        (_body(WEDGED, normal=0.55, wedge=0.45), "wedge"),
        # So sure a vote for normal stands, and somebody should look.
        (_body(Heights(0.28, 0.1, 0.0), normal=0.999), "unclear"),
        (_body(None, wedge=0.9), "wedge"),
        (_body(None, cut=True, wedge=0.9), "unclear"),
        (_body(None, cut=True, normal=0.9), "normal"),
    ],
)
def test_the_class_is_that_of_both_and_unclear_where_they_say_the_opposite(body, label: str) -> None:
    assert label_of(body, WEIGHED) == label


def test_a_finding_has_the_probability_of_both_and_tells_that_they_disagree() -> None:
    engines = Engines(detector=None, calibration=Calibration(1.0, 5.0), weighed=WEIGHED)  # type: ignore[arg-type]
    place = Place((0.0, 0.0, 0.0), 0)
    body = _body(WEDGED, normal=0.55, wedge=0.45)
    found = finding(body, "wedge", engines, place)
    assert found.probability == pytest.approx(WEIGHED(body.body.vote.shares, WEDGED)["wedge"])
    assert DISAGREE in found.flags
    assert DISAGREE not in finding(_body(WEDGED, wedge=0.9), "wedge", engines, place).flags
    # Without heights it is the calibrated vote.
    alone = finding(_body(None, wedge=0.5), "wedge", engines, place)
    assert alone.probability == pytest.approx(Calibration(1.0, 5.0)(0.5))


def test_without_weights_a_fracture_is_what_the_vote_says() -> None:
    body = _body(SOUND, wedge=0.5, normal=0.3)
    assert fractured(body.body, body.grading, None) == 1.0
    assert fractured(body.body, None, WEIGHED) == 1.0
    assert fractured(body.body, body.grading, WEIGHED) < 0.5


def test_a_card_keeps_the_weights_and_what_is_none_gives_none() -> None:
    assert Weighed.from_card(WEIGHED.to_json()) == WEIGHED
    for entry in (None, "x", {"vote": 1.0}, {**WEIGHED.to_json(), "kind": "much"}):
        assert Weighed.from_card(entry) is None
