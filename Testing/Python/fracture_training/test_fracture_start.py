"""Training goes on from a model: its networks come back from their files, and the others are taken over."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from onnx_parity import assert_same_answers
from orthoai.errors import InputError
from orthoai.models.calibration import Calibration
from orthoai.models.card import read_card, write_card
from orthoai.models.hashing import file_sha256
from orthoai.models.learned import LearnedFrom
from orthoai.progress import Progress
from orthoai.tasks.fracture.evidence import WithHeight
from orthoai_training.fracture.assemble import assemble
from orthoai_training.fracture.export import Probabilities, export_fracture
from orthoai_training.fracture.fitted_evidence import FittedEvidence
from orthoai_training.fracture.fusion import Fusion
from orthoai_training.fracture.model_folder import write_fracture_model
from orthoai_training.fracture.networks import build_network
from orthoai_training.fracture.plane_network import FIRST_FILE, PlaneNetwork, start_from
from orthoai_training.fracture.recipe import COMPACT, CropAugmentation
from orthoai_training.fracture.request import FractureRequest
from orthoai_training.fracture.slices import PLANES, PlaneSlices
from orthoai_training.fracture.train import prepared_cases, train_planes
from orthoai_training.fracture.trainer import FractureLesson, FractureRun
from orthoai_training.half_onnx import stored_weights
from orthoai_training.learning.first_weights import WRAPPED, load_folded
from orthoai_training.learning.run_folder import START_DICE, Learned
from orthoai_training.train.blend import SHARE
from orthoai_training.train.calibration import FittedCalibration
from reviewed_meta import mark_reviewed
from safetensors.torch import save_file

EVIDENCE = FittedEvidence(FittedCalibration(Calibration(2.0, 0.5), 40, 0.1, 0.1), WithHeight(1.0, -1.0, 8.0), 0.3)
FUSION = Fusion({"sagittal": 1.0, "axial": 0.0}, 0.4, 0.9, {}, EVIDENCE, 5)

MakeDiscs = Callable[[int], PlaneSlices]


def _trained_network(network: str, folder: Path) -> Path:
    """An exported one in which no two weights are alike, as after training."""
    torch.manual_seed(4)
    built = build_network(network, "compact")
    weights = {
        name: values + 0.002 * torch.rand(values.shape) if values.is_floating_point() else values
        for name, values in built.state_dict().items()
    }
    save_file(weights, folder / "weights.safetensors")
    return export_fracture(network, "compact", folder / "weights.safetensors", folder / f"{network}.onnx")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _trained_network("msff", tmp_path_factory.mktemp("network"))


@pytest.fixture
def model(tmp_path: Path, file: Path) -> Path:
    """Both planes have that network; only the sagittal one has a weight."""
    planes = dict.fromkeys(PLANES, PlaneNetwork(file, {"steps": 5}, recipe=asdict(COMPACT)))
    write_fracture_model(planes, FUSION, {"train_cases": 7}, ("a maker",), tmp_path / "before")
    return tmp_path / "before"


def test_a_network_comes_back_from_its_file_with_its_normalizations(file):
    network = build_network("msff", "compact")
    torch.manual_seed(1)
    pictures = torch.rand(3, 1, 256, 256)
    load_folded(network, file, pictures, WRAPPED)
    assert network.training
    assert_same_answers(file, Probabilities(network.eval()), torch.rand(2, 1, 256, 256), within=1e-3)
    # Whoever trains on normalizes by batches: their statistics are those of the pictures.
    norms = [layer for layer in network.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
    assert norms and not any(torch.equal(layer.running_var, torch.ones_like(layer.running_var)) for layer in norms)


def test_a_network_of_another_build_is_refused(tmp_path):
    without = _trained_network("no SEM", tmp_path)
    with pytest.raises(InputError, match="another build"):
        load_folded(build_network("msff", "compact"), without, torch.rand(1, 1, 64, 64), WRAPPED)


def test_a_lesson_begins_with_what_the_network_knew(tmp_path, file, discs: MakeDiscs):
    still = CropAugmentation(rotation_degrees=0, zoom=(1, 1), flip_probability=0, intensity=None)
    recipe = replace(COMPACT, crop={"sagittal": (64, 64)}, batch=2, augmentation=still, validation_tiles=1)
    lesson = FractureLesson(FractureRun([discs(0)], [discs(1)], "sagittal", recipe, tmp_path, first=file))
    assert_same_answers(file, Probabilities(lesson.network.eval()), torch.rand(1, 1, 256, 256), within=1e-3)


@pytest.mark.slow
def test_one_plane_is_trained_on_and_the_other_taken_over(tmp_path, case_folder, model, monkeypatch):
    quick = replace(COMPACT, crop={"sagittal": (32, 32)}, epochs=1, steps=1, batch=2, learning_rate=0.05)
    monkeypatch.setattr("orthoai_training.fracture.request.get_recipe", lambda name: quick)
    request = FractureRequest(
        tmp_path / "out", planes=("sagittal",), data=case_folder, start=str(model), blend=0.5, steps=1
    )
    train_planes(request)
    card, before = read_card(assemble(request)), read_card(model)
    assert set(card.networks) == set(PLANES)
    assert card.networks["axial"].sha256 == before.networks["axial"].sha256
    assert card.networks["sagittal"].sha256 == file_sha256(tmp_path / "out" / "sagittal" / "network.onnx")
    assert card.networks["sagittal"].sha256 != before.networks["sagittal"].sha256
    assert START_DICE in card.metrics["sagittal"]
    # The plane that had no weight was not looked at, and still has none.
    weights = {plane: network.settings["weight"] for plane, network in card.networks.items()}
    assert weights == {"sagittal": 1.0, "axial": 0.0} and set(card.metrics["fusion"]["plane_dice"]) == {"sagittal"}
    # Ten cases are too few to say what a vote is worth.
    for key in ("threshold", "calibration", "calibration_with_height", "likely"):
        assert card.networks["sagittal"].settings[key] == before.networks["sagittal"].settings[key]
    assert card.attribution == ("First weights: a maker",)
    # Each plane keeps the recipe that it was trained by.
    assert (card.training["recipe"], card.training["sagittal"]["learning_rate"]) == ("compact", 0.05)
    assert card.training["axial"] == before.training["axial"] and card.training["axial"]["learning_rate"] == 0.002
    data = card.training["data"]
    assert data["started_from"]["sagittal"]["sagittal_sha256"] == before.networks["sagittal"].sha256
    assert data["started_from"]["axial"]["data"] == {"train_cases": 7}
    assert data["started_from"]["sagittal"][SHARE] == 0.5 and SHARE not in data["started_from"]["axial"]
    # Simulated cases are of nobody; of the model before, nobody noted who taught it.
    assert card.networks["sagittal"].learned_from == LearnedFrom(whole=False)
    assert card.networks["axial"].learned_from is None
    # The page names the models before, and leaves their own data to the card.
    page = (tmp_path / "out" / "model" / "spine_fracture" / "README.md").read_text()
    assert before.networks["axial"].sha256 in page and "train_cases 7" not in page
    # Half way between both.
    old, new = stored_weights(model / "sagittal.onnx"), stored_weights(request.out / "sagittal" / "network.onnx")
    trained_alone = replace(request, blend=1.0, resume=True)
    train_planes(trained_alone)
    alone = stored_weights(request.out / "sagittal" / "network.onnx")
    name = "network.head.weight"
    assert np.abs(alone[name] - old[name]).max() > 1e-3
    assert new[name] == pytest.approx((alone[name] + old[name]) / 2, abs=1e-3)


def test_each_plane_names_the_reviewed_cases_behind_it(tmp_path, case_folder, model, monkeypatch):
    names = {
        case.name: mark_reviewed(case, number, task="fracture") for number, case in enumerate(case_folder.iterdir())
    }
    before, told = read_card(model), LearnedFrom({"ovf-0123456789abcdef": (3,)})
    network = replace(before.networks["sagittal"], learned_from=told)
    write_card(replace(before, networks={**before.networks, "sagittal": network}), model)
    monkeypatch.setattr("orthoai_training.fracture.train.train_one", _learn_nothing)
    monkeypatch.setattr("orthoai_training.fracture.train.export_fracture", _export_nothing)
    monkeypatch.setattr("orthoai_training.fracture.train.blend_files", lambda *told: None)
    monkeypatch.setattr("orthoai_training.fracture.assemble.OnnxSlices", lambda file: None)
    monkeypatch.setattr("orthoai_training.fracture.assemble.search_fusion", lambda *told: FUSION)
    for case in case_folder.iterdir():
        (case / "bodies.nii.gz").rename(case / "labels.nii.gz")
    request = FractureRequest(tmp_path / "out", planes=("sagittal",), data=case_folder, start=str(model), steps=1)
    train_planes(request)
    split = json.loads((request.out / "split.json").read_text())
    sides = [{names[name]: (1,) for name in split[side]} for side in ("train", "validation")]
    networks = read_card(assemble(request)).networks
    assert networks["sagittal"].learned_from == LearnedFrom({**told.train, **sides[0]}, sides[1])
    assert networks["axial"].learned_from is None


def _learn_nothing(*told: object) -> Learned:
    """A network's folder as a training leaves it."""
    folder = next(each for each in told if isinstance(each, Path))
    (folder / "metrics.json").write_text(json.dumps({"steps": 1, "recipe": asdict(COMPACT)}))
    return Learned(folder / "weights.safetensors", {})


def _export_nothing(network: str, recipe: str, weights: Path, file: Path) -> None:
    file.write_bytes(b"weights")


def test_a_plane_is_done_only_once_it_is_blended(tmp_path, case_folder, model, monkeypatch):
    """A call that was stopped after the export left a network that the next one took for a blended one."""

    def stop(*told: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("orthoai_training.fracture.train.train_one", _learn_nothing)
    monkeypatch.setattr("orthoai_training.fracture.train.export_fracture", _export_nothing)
    request = FractureRequest(
        tmp_path / "out", planes=("sagittal",), data=case_folder, start=str(model), blend=0.5, steps=1
    )
    for resume in (False, True):
        monkeypatch.setattr("orthoai_training.fracture.train.blend_files", stop)
        with pytest.raises(KeyboardInterrupt):
            train_planes(replace(request, resume=resume))
        assert PlaneNetwork.trained(request.out / "sagittal") is None
        assert not [path for path in (request.out / "sagittal").iterdir() if path.suffix == ".onnx"]
        monkeypatch.setattr("orthoai_training.fracture.train.blend_files", lambda *told: None)
        train_planes(replace(request, resume=True))
        assert PlaneNetwork.trained(request.out / "sagittal") is not None


def test_what_a_network_went_on_from_is_known_to_a_later_call_without_it(tmp_path, model):
    out = tmp_path / "plane"
    out.mkdir()
    assert PlaneNetwork.trained(out) is None
    (out / "network.onnx").write_bytes(b"weights")
    (out / "metrics.json").write_text(json.dumps({"steps": 3}))
    assert PlaneNetwork.trained(out) == PlaneNetwork(out / "network.onnx", {"steps": 3})
    (out / FIRST_FILE).write_text(json.dumps({"lineage": {"model": "before"}, "makers": ["a maker"]}))
    kept = PlaneNetwork.trained(out)
    assert kept is not None and kept.lineage == {"model": "before"} and kept.lent_weight is None
    # Without it those whose data are in the weights would go without credit.
    (out / FIRST_FILE).write_text("{")
    with pytest.raises(InputError, match="damaged"):
        PlaneNetwork.trained(out)


def test_a_plane_of_a_model_with_one_recipe_for_both_has_that(tmp_path: Path, model: Path) -> None:
    card = json.loads((model / "metadata.json").read_text())
    training = card["training"]
    training["networks"] = {**training.pop("sagittal"), "batch": 3, "network": "no SEM"}
    del training["axial"]
    (model / "metadata.json").write_text(json.dumps(card))
    lent = PlaneNetwork.lent(start_from(str(model)), "axial")
    assert lent is not None and (lent.recipe["batch"], lent.architecture) == (3, "no SEM")


def test_a_model_alone_is_no_new_model(tmp_path, case_folder, model):
    request = FractureRequest(tmp_path / "out", data=case_folder, start=str(model))
    prepared_cases(request, Progress())
    assert assemble(request) is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"start": "femur_two_stage"}, "none of Segment Spine Fractures"),
        ({"start": "nowhere"}, "nowhere"),
        ({"blend": 0.5}, "nothing to blend with"),
        ({"start": "spine_fracture", "blend": 0.0}, "above 0"),
    ],
)
def test_what_cannot_be_started_from_is_said_before_any_case_is_made(tmp_path, given, said):
    with pytest.raises(InputError, match=said):
        train_planes(FractureRequest(tmp_path / "out", simulate=3, **given))
    assert not (tmp_path / "out").exists()
