"""What vote and heights are worth together, fitted to vertebrae whose class is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from orthoai.errors import Canceled
from orthoai.finding import Finding, Place
from orthoai.models.card import read_card
from orthoai.progress import Progress
from orthoai.result import Result
from orthoai.spine.genant import Heights, classify
from orthoai.spine.heights import BodyHeights
from orthoai.tasks.ovf.labels import CLASSES, NORMAL
from orthoai.tasks.ovf.pipeline import Spine
from orthoai.tasks.ovf.weighed import CARD_KEY, Weighed
from orthoai_training.ovf.detector import OvfRun, TrainedOvf
from orthoai_training.ovf.evaluation import fitting
from orthoai_training.ovf.evaluation.fitting import fit_to_cases
from orthoai_training.ovf.evaluation.weighing import ClassAnswer, class_answers, fit_weighed
from orthoai_training.ovf.model_folder import write_ovf_model
from orthoai_training.ovf.recipe import COMPACT
from orthoai_training.ovf.scenes import case_scene
from orthoai_training.spine_ct.case import SpineCase, write_case
from ovf_blocks import BODIES, blocks_case
from test_ovf_evaluation import result_on, seen


def _answers(count: int, rng: np.random.Generator) -> list[ClassAnswer]:
    """Of classes that follow from heights, measured with small errors, and of a network that is right in 7 of 10."""
    answers = []
    for _ in range(count):
        true = Heights(*rng.uniform(0, 0.4, 3).tolist())
        label = classify(true)[0]
        guess = label if rng.random() < 0.7 else str(rng.choice(CLASSES))
        shares = {name: 0.6 if name == guess else 0.4 / 3 for name in CLASSES}
        measured = Heights(*(loss + float(rng.normal(0, 0.01)) for loss in true))
        answers.append(ClassAnswer(shares, measured, label))
    return answers


def test_fitted_weights_are_more_often_right_than_the_vote_on_other_vertebrae() -> None:
    rng = np.random.default_rng(1)
    weighed = fit_weighed(_answers(200, rng))
    assert weighed is not None and min(weighed.vote, weighed.kind, weighed.loss) > 0
    others = _answers(200, rng)
    vote = np.mean([max(each.shares, key=lambda name: each.shares[name]) == each.label for each in others])
    both = [weighed(each.shares, each.lost) for each in others]
    right = np.mean(
        [max(told, key=lambda name: told[name]) == each.label for told, each in zip(both, others, strict=True)]
    )
    assert right > vote + 0.05


def test_too_few_vertebrae_fit_nothing() -> None:
    assert fit_weighed(_answers(5, np.random.default_rng(0))) is None


def test_answers_are_of_whole_vertebrae_with_their_losses_against_sound_ones() -> None:
    case = blocks_case()
    result, spine = _found(case)
    assert class_answers(case, result, None) == []
    found = class_answers(case, result, spine)
    assert sorted(each.label for each in found) == sorted(truth.label for truth in case.vertebrae)
    for each in found:
        assert (max(each.lost) > 0.2) == (each.label != NORMAL)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model whose task finds every body of every case, and is right with half the probability that it deserves."""
    monkeypatch.setattr(fitting, "examined", lambda volume, options, progress, load: _found(blocks_case()))
    file = tmp_path / "detector.onnx"
    file.write_bytes(b"network")
    return write_ovf_model(TrainedOvf(file, {}, 1.0), OvfRun(tmp_path, COMPACT), tmp_path / "model", "compact")


def _cases(folder: Path, count: int) -> list[Path]:
    for number in range(count):
        write_case(blocks_case(), folder / f"case{number}")
    return sorted(folder.iterdir())


def test_a_card_is_fitted_to_the_cases_it_is_validated_on(tmp_path: Path, model: Path) -> None:
    fit_to_cases(model, _cases(tmp_path / "cases", 8), "cpu", Progress())
    settings = read_card(model).networks["detector"].settings
    assert settings["calibration"]["answers"] == 24 and settings["calibration"]["b"] > 2
    weighed = Weighed.from_card(settings[CARD_KEY])
    assert weighed is not None and weighed.loss > 0


def test_too_few_cases_and_a_cancel_leave_the_card_as_it_is(tmp_path: Path, model: Path) -> None:
    before = read_card(model)
    cases = _cases(tmp_path / "cases", 8)
    fit_to_cases(model, cases[:2], "cpu", Progress())
    assert read_card(model) == before
    seen_cases: list[str] = []

    def listen(stage: str, fraction: float, message: str = "") -> None:
        seen_cases.append(message)

    with pytest.raises(Canceled):
        fit_to_cases(model, cases, "cpu", Progress(listen, lambda: len(seen_cases) > 7))
    assert read_card(model) == before


def _found(case: SpineCase) -> tuple[Result, Spine]:
    """Every body of ``case``, the lowest first, with its heights, and a right finding on each."""
    spine = seen(case_scene(case))
    order = sorted(BODIES, reverse=True)
    findings = []
    for truth in case.vertebrae:
        center = np.argwhere(case.bodies == truth.id).mean(axis=0)[::-1]
        place = Place(tuple(case.volume.geometry.index_to_lps(center)))
        findings.append(Finding(truth.name, truth.label, 0.5, 0.1, place=place))
    result = result_on(case, findings, {})
    result = replace(result, extras=(replace(result.extras[0], voxels=_numbered(case.bodies, order)),))
    names = {number: f"L{name - 19}" for number, name in enumerate(order, start=1)}
    result = replace(result, extras=(replace(result.extras[0], labels=names),))
    sized = [replace(body, size=_size(number)) for number, body in zip(order, spine.bodies, strict=True)]
    return result, replace(spine, bodies=tuple(sized))


def _size(number: int) -> BodyHeights:
    low, high = BODIES[number]
    height = float(high - low)
    return BodyHeights(Heights(height, height, height), 30.0, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), np.zeros((3, 2, 3)))


def _numbered(bodies: np.ndarray, order: list[int]) -> np.ndarray:
    table = np.zeros(256, np.uint8)
    for place, number in enumerate(order, start=1):
        table[number] = place
    return table[bodies]
