"""``orthoai evaluate fracture --calibrate yes``: a model's card says what its votes are worth on given cases."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from orthoai.cli.exits import BAD_INPUT, DONE
from orthoai.cli.main import main
from orthoai.errors import Canceled, InputError
from orthoai.models.calibration import Calibration
from orthoai.models.card import read_card
from orthoai.models.learned import LearnedFrom
from orthoai.models.store import Model, ModelStore
from orthoai.progress import Progress
from orthoai.tasks.fracture.engines import LIKELY_KEY, Engines, Plane
from orthoai.tasks.fracture.evidence import BOTH, VOTE, Evidence, WithHeight
from orthoai_training.fracture import fitting
from orthoai_training.fracture.cases import find_spine_cases
from orthoai_training.fracture.evaluation import measure
from orthoai_training.fracture.evaluation.measure import EvaluationRequest, evaluate_fracture
from orthoai_training.fracture.evaluation.sources import Folders
from orthoai_training.fracture.fitted_evidence import FittedEvidence
from orthoai_training.fracture.fitting import fit_model
from orthoai_training.fracture.fusion import Fusion
from orthoai_training.fracture.model_folder import write_fracture_model
from orthoai_training.fracture.plane_network import PlaneNetwork
from orthoai_training.fracture.slices import PLANES
from orthoai_training.train.calibration import FittedCalibration
from reviewed_meta import mark_reviewed


class Low:
    """Calls every bright pixel a body, and a fracture with 0.6."""

    outputs = 2

    def __call__(self, tiles: NDArray[np.float32]) -> NDArray[np.float32]:
        bright = tiles > 0.3
        return np.concatenate([np.where(bright, 0.6, 0.05), bright], axis=1).astype(np.float32)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """One with two planes, of which only the sagittal one has a weight."""
    (tmp_path / "network.onnx").write_bytes(b"weights")
    planes = dict.fromkeys(PLANES, PlaneNetwork(tmp_path / "network.onnx", {"steps": 5}))
    fusion = Fusion({"sagittal": 1.0}, 0.4, 0.9, {}, FittedEvidence(FittedCalibration(), None), 5)
    write_fracture_model(planes, fusion, {"train_cases": 7}, ("a maker",), tmp_path / "model")
    engines = Engines({"sagittal": Plane(Low(), 1.0)}, threshold=0.4)
    monkeypatch.setattr(fitting, "load_engines", lambda options: engines)
    return ModelStore.default().get(str(tmp_path / "model"))


def test_both_planes_say_what_the_heights_are_worth(case_folder: Path, model: Model) -> None:
    before = read_card(model.folder)
    fitted = fit_model(model, find_spine_cases(case_folder), Progress())
    card = read_card(model.folder)
    assert fitted.cases == 10 and fitted.bodies >= 20
    assert set(fitted.settings) == {VOTE, BOTH, LIKELY_KEY} and fitted.settings[VOTE]["answers"] >= fitted.bodies
    for role, network in card.networks.items():
        # Nothing else changes.
        assert network.settings == {**before.networks[role].settings, **fitted.settings}
    assert replace(card, networks={}) == replace(before, networks={})


def test_the_card_names_the_reviewed_cases_that_it_was_fitted_to(case_folder: Path, model: Model) -> None:
    case = copytree(case_folder / "spine_0000", case_folder / "reviewed")
    (case / "bodies.nii.gz").rename(case / "labels.nii.gz")
    name = mark_reviewed(case, 1, revision=2, task="fracture")
    fit_model(model, find_spine_cases(case_folder), Progress())
    learned = [network.learned_from for network in read_card(model.folder).networks.values()]
    # What taught the networks themselves, their card had not said.
    assert learned == [LearnedFrom({}, {name: (2,)}, whole=False)] * 2


def test_too_few_bodies_or_a_cancel_leave_the_card_as_it_is(case_folder: Path, model: Model) -> None:
    before = (model.folder / "metadata.json").read_bytes()
    cases = find_spine_cases(case_folder)
    with pytest.raises(InputError, match="too few vertebral bodies"):
        fit_model(model, cases[:2], Progress())
    calls = iter(range(100))
    with pytest.raises(Canceled):
        fit_model(model, cases, Progress(is_canceled=lambda: next(calls) >= 4))
    assert (model.folder / "metadata.json").read_bytes() == before


def test_the_command_says_what_it_wrote(case_folder: Path, model: Model, tmp_path: Path) -> None:
    words = ["evaluate", "fracture", "--calibrate", "yes", "--data", str(case_folder), "--model", str(model.folder)]
    assert main([*words, "-o", str(tmp_path / "out"), "--quiet"]) == DONE
    said = json.loads((tmp_path / "out" / "fitted.json").read_text())
    settings = read_card(model.folder).networks["sagittal"].settings
    assert said["cases"] == 10 and said["settings"] == {key: settings[key] for key in (VOTE, BOTH, LIKELY_KEY)}


def test_a_fitted_model_never_gets_the_figures_of_before(
    case_folder: Path, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = SimpleNamespace(segmentation=np.zeros((40, 30, 20), np.uint8), timings_s={})
    task = SimpleNamespace(default_model="", run=lambda volume, options, progress: answer)
    monkeypatch.setattr(measure, "get_task", lambda name: task)
    request = EvaluationRequest(tmp_path / "out", Folders(case_folder), str(model.folder), limit=1)
    assert evaluate_fracture(request) == evaluate_fracture(request)
    fit_model(model, find_spine_cases(case_folder), Progress())
    with pytest.raises(InputError, match="another model"):
        evaluate_fracture(request)


def test_cases_to_fit_to_must_be_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", "fracture", "--calibrate", "yes", "--simulate", "3", "-o", str(tmp_path / "out")]
    assert main(words) == BAD_INPUT
    assert "--data" in capsys.readouterr().err


def test_a_fitted_card_and_what_was_fitted_say_the_same() -> None:
    fitted = FittedEvidence(FittedCalibration(Calibration(2.0, 0.5)), WithHeight(1.0, -4.0, 20.0), 0.3, 40)
    evidence = Evidence.from_card(fitted.settings)
    assert evidence(0.3, None) == pytest.approx(fitted.calibration.formula(0.3))
    assert evidence(0.3, 0.2) == pytest.approx(WithHeight(1.0, -4.0, 20.0)(0.3, 0.2))
