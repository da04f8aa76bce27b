"""Training: it learns, it can be taken up again, and its file answers as the network does."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from onnx_parity import answers, assert_same_answers
from orthoai.errors import Canceled, InputError
from orthoai.models.card import read_card
from orthoai.progress import Progress
from orthoai_training.fracture import train_command
from orthoai_training.fracture.cases import BODY, FRACTURE
from orthoai_training.fracture.export import Probabilities, export_fracture, load_network
from orthoai_training.fracture.fitted_evidence import FittedEvidence
from orthoai_training.fracture.fusion import Fusion
from orthoai_training.fracture.model_folder import write_fracture_model
from orthoai_training.fracture.networks import build_network
from orthoai_training.fracture.plane_network import PlaneNetwork
from orthoai_training.fracture.predict import slice_probabilities
from orthoai_training.fracture.recipe import COMPACT, RECIPES, CropAugmentation
from orthoai_training.fracture.request import FractureRequest
from orthoai_training.fracture.slices import PLANES
from orthoai_training.fracture.train import train_planes
from orthoai_training.fracture.trainer import FractureRun, train_fracture
from orthoai_training.learning.precision import choose_precision
from orthoai_training.train.calibration import FittedCalibration
from orthoai_training.train.options import RECIPE_NAMES
from safetensors.torch import save_file
from torch import nn

STILL = CropAugmentation(rotation_degrees=0, zoom=(1, 1), flip_probability=0, intensity=None)
QUICK = replace(
    COMPACT, crop={"sagittal": (64, 64)}, batch=4, epochs=2, warmup_steps=0, validation_tiles=1, augmentation=STILL
)


class Tiny(nn.Sequential):
    """One layer that sees a pixel's surroundings: enough to tell bright from dark."""

    def __init__(self) -> None:
        super().__init__(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 2, 1))


@pytest.fixture
def tiny(monkeypatch) -> None:
    monkeypatch.setattr("orthoai_training.fracture.trainer.build_network", lambda name, recipe: Tiny())


def test_trivial_discs_are_learned(tmp_path, discs, tiny):
    recipe = replace(QUICK, epochs=20, learning_rate=3e-2, validate_every=60, ema_decay=0.9)
    run = FractureRun([discs(n) for n in range(4)], [discs(9)], "sagittal", recipe, tmp_path)
    trained = train_fracture(run)
    assert trained.metrics["validation_dice_of_tiles"] > 0.9
    saved = json.loads((tmp_path / "metrics.json").read_text())
    assert saved["steps"] == 120 and len(saved["history"]) == 2


def test_a_stopped_run_goes_on_as_if_it_had_not_stopped(tmp_path, discs, tiny):
    recipe = replace(QUICK, epochs=4, validate_every=3)
    whole = FractureRun([discs(0), discs(1)], [discs(9)], "sagittal", recipe, tmp_path / "whole")
    train_fracture(whole)
    stopped = replace(whole, out_dir=tmp_path / "stopped")
    calls = iter(range(100))
    with pytest.raises(Canceled):
        train_fracture(stopped, Progress(is_canceled=lambda: next(calls) >= 8))
    trained = train_fracture(replace(stopped, resume=True))
    assert trained.metrics["steps"] == 12
    pairs = [(tmp_path / name / "metrics.json").read_text() for name in ("whole", "stopped")]
    dices = [[entry["dice"] for entry in json.loads(text)["history"]] for text in pairs]
    assert dices[0] == pytest.approx(dices[1], abs=1e-6)
    with pytest.raises(InputError, match="another recipe"):
        train_fracture(replace(stopped, resume=True, recipe=replace(recipe, learning_rate=1.0)))


def test_weights_that_were_taken_away_are_written_anew(tmp_path, discs, tiny):
    run = FractureRun([discs(0)], [discs(9)], "sagittal", QUICK, tmp_path)
    first = train_fracture(run)
    first.weights.unlink()
    again = train_fracture(replace(run, resume=True))
    assert again.weights.exists() and again.metrics["steps"] == first.metrics["steps"]
    assert list((tmp_path / "tensorboard").glob("events.*"))


def test_early_stop_ends_a_run_that_learns_no_more(tmp_path, discs, tiny):
    recipe = replace(QUICK, epochs=100, learning_rate=0.0, validate_every=2, early_stop=3, ema_decay=0.0)
    run = FractureRun([discs(0)], [discs(9)], "sagittal", recipe, tmp_path)
    assert train_fracture(run).metrics["steps"] < 20


def test_without_a_fracture_to_validate_on_the_last_weights_are_kept(tmp_path, discs, tiny):
    """Every Dice was 0: the weights of the first validation were kept, and the learning slowed down and ended."""
    sound = discs(9)
    sound = replace(sound, labels=np.where(sound.labels == FRACTURE, BODY, sound.labels))
    recipe = replace(QUICK, epochs=6, validate_every=3, early_stop=1, plateau_factor=0.4, cosine=False)
    trained = train_fracture(FractureRun([discs(0), discs(1)], [sound], "sagittal", recipe, tmp_path))
    assert trained.metrics["validation_dice_of_tiles"] is None
    assert trained.metrics["best_step"] == trained.metrics["steps"] == 18
    rates = [entry["learning_rate"] for entry in trained.metrics["history"]]
    assert rates == pytest.approx([recipe.learning_rate] * len(rates))


def test_without_cases_to_validate_on_there_is_no_training(tmp_path, discs):
    with pytest.raises(InputError, match="at least two cases"):
        train_fracture(FractureRun([discs(0)], [], "sagittal", QUICK, tmp_path))


def test_the_exported_network_answers_as_the_trained_one(tmp_path):
    torch.manual_seed(0)
    network = build_network("msff", "compact").eval()
    save_file(network.state_dict(), tmp_path / "weights.safetensors")
    file = export_fracture("msff", "compact", tmp_path / "weights.safetensors", tmp_path / "network.onnx")
    assert file.stat().st_size < 5e6
    trained = Probabilities(load_network("msff", "compact", tmp_path / "weights.safetensors"))
    for batch in (1, 2):
        picture = torch.rand(batch, 1, 256, 256)
        assert [array.shape for array in answers(file, picture)] == [(batch, 1, 256, 256)] * 2
        # Weights are stored as float16.
        assert_same_answers(file, trained, picture, within=0.01)


def test_tiles_cover_slices_of_any_size(discs):
    class Gray(nn.Module):
        def forward(self, picture: torch.Tensor) -> torch.Tensor:
            return torch.logit(picture.clamp(0.01, 0.99))

    pictures = np.random.default_rng(0).integers(5, 250, (2, 300, 120)).astype(np.uint8)
    found = slice_probabilities(Gray(), pictures, choose_precision("cpu"))
    assert found.shape == pictures.shape
    assert np.abs(found - pictures / 255).max() < 0.02


def test_both_planes_train_from_cases_on_disk(tmp_path, case_folder, monkeypatch, tiny):
    quick = replace(QUICK, crop={"sagittal": (32, 32), "axial": (32, 32)}, epochs=1)
    monkeypatch.setattr("orthoai_training.fracture.request.get_recipe", lambda name: quick)
    monkeypatch.setattr("orthoai_training.fracture.train.export_fracture", lambda *given: given[-1].touch())
    request = FractureRequest(tmp_path / "out", data=case_folder)
    trained = train_planes(request)
    assert set(trained) == set(PLANES)
    with pytest.raises(InputError, match="add --resume"):
        train_planes(request)


def test_a_model_folder_holds_what_the_task_needs(tmp_path):
    (tmp_path / "network.onnx").write_bytes(b"weights")
    networks = dict.fromkeys(PLANES, PlaneNetwork(tmp_path / "network.onnx", {"steps": 3, "history": [], "recipe": {}}))
    planes = {"sagittal": 0.88, "axial": 0.7}
    fusion = Fusion({"sagittal": 0.7, "axial": 0.3}, 0.45, 0.9, planes, FittedEvidence(FittedCalibration(), None), 5)
    write_fracture_model(networks, fusion, {"train_cases": 7}, ("a maker",), tmp_path / "model")
    card = read_card(tmp_path / "model")
    settings = card.networks["sagittal"].settings
    assert (settings["weight"], settings["threshold"], settings["image_size"]) == (0.7, 0.45, 256)
    assert card.labels == {1: "fracture"} and "simulat" in (tmp_path / "model" / "README.md").read_text()


@pytest.mark.parametrize(
    ("own", "before", "told"),
    [
        (
            {"simulated": 3, "simulated from real shapes": 1},
            {},
            "simulated CT: figures say how well the method works on si",
        ),
        (
            {"reviewed": 2},
            {"simulated": 3},
            "simulated CT and reviewed cases: figures say how well the method works on ca",
        ),
        ({"real": 2}, {}, "real cases: "),
    ],
)
def test_the_page_says_on_what_the_networks_and_those_before_were_trained(tmp_path, own, before, told):
    (tmp_path / "network.onnx").write_bytes(b"weights")
    networks = dict.fromkeys(PLANES, PlaneNetwork(tmp_path / "network.onnx", {}))
    fusion = Fusion({"sagittal": 1.0}, 0.4, 0.9, {}, FittedEvidence(FittedCalibration(), None), 5)
    first = {"started_from": {"sagittal": {"model": "m", "data": {"train_cases_by_kind": before}}}} if before else {}
    write_fracture_model(networks, fusion, {"train_cases_by_kind": own, **first}, (), tmp_path / "model")
    page = (tmp_path / "model" / "README.md").read_text()
    assert f"Trained on {told}" in page and "A single axial slice" in page
    assert ("of the same simulations" in page) == (told.startswith("simulated CT:"))


def test_the_command_names_what_the_training_knows():
    assert set(RECIPE_NAMES) == set(RECIPES)
    assert train_command.PLANE_NAMES == PLANES
