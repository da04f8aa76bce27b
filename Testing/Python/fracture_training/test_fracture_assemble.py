"""Two trained planes become one model: weight and threshold are searched on validation volumes."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from orthoai.models.card import read_card
from orthoai.progress import Progress
from orthoai_training.fracture.assemble import assemble
from orthoai_training.fracture.cases import find_spine_cases
from orthoai_training.fracture.fusion import best_fusion, sampled, search_fusion
from orthoai_training.fracture.recipe import COMPACT
from orthoai_training.fracture.request import FractureRequest
from orthoai_training.fracture.train import prepared_cases
from orthoai_training.learning.checkpoint import recorded


class Bright:
    """Calls every bright pixel a body, and a fracture with this probability."""

    outputs = 2

    def __init__(self, probability: float) -> None:
        self.probability = probability

    def __call__(self, tiles: NDArray[np.float32]) -> NDArray[np.float32]:
        bright = tiles > 0.3
        return np.concatenate([np.where(bright, self.probability, 0.05), bright], axis=1).astype(np.float32)


def test_the_search_finds_a_threshold_that_takes_what_is_there(case_folder):
    networks = {"sagittal": Bright(0.7), "axial": Bright(0.05)}
    fusion = search_fusion(networks, find_spine_cases(case_folder)[:2], Progress())
    assert sum(fusion.weights.values()) == pytest.approx(1.0)
    # One of three bodies is fractured and it is half as high as the others.
    assert 0.2 < fusion.dice < 0.6
    assert fusion.plane_dice["sagittal"] > fusion.plane_dice["axial"]
    assert json.loads(json.dumps(fusion.to_json()))["cases"] == 2


def test_a_large_case_counts_by_its_size_after_thinning():
    truth = np.zeros((10, 40, 40), bool)
    truth[:, :, :20] = True
    # Found exactly in the large case, missed everywhere in the small one: 16000 of 17600 voxels overlap.
    large = np.where(truth, 0.7, 0.15).astype(np.float16)[None]
    large_case = np.concatenate([large] * 2, 1), np.concatenate([truth] * 2)
    small_case = np.full((1, 1, 40, 40), 0.15, np.float16), np.ones((1, 40, 40), bool)
    wanted = 2 * 16000 / (2 * 16000 + 1600)
    for most in (60_000, 1600):
        _, _, dice, _ = best_fusion(*sampled([large_case, small_case], most))
        assert dice == pytest.approx(wanted, abs=0.002)


def test_a_model_is_written_once_both_planes_are_there(tmp_path, case_folder, monkeypatch):
    request = FractureRequest(tmp_path / "out", data=case_folder, steps=40, batch=4)
    prepared_cases(request, Progress())
    monkeypatch.setattr("orthoai_training.fracture.assemble.OnnxSlices", lambda file: Bright(0.7))
    for plane, steps in (("sagittal", 40), ("axial", 7)):
        assert assemble(request) is None
        folder = request.out / plane
        folder.mkdir()
        (folder / "network.onnx").write_bytes(b"weights")
        (folder / "metrics.json").write_text(
            json.dumps({"steps": 1, "recipe": recorded(replace(COMPACT, steps=steps))})
        )
    made = assemble(request)
    assert made == request.out / "model" / "spine_fracture"
    card = read_card(made)
    assert card.task == "fracture" and set(card.networks) == {"sagittal", "axial"}
    assert [card.training[plane]["steps"] for plane in ("sagittal", "axial")] == [40, 7]
    assert card.training["recipe"] == "compact" and card.networks["axial"].architecture == "msff"
    assert card.training["data"]["train_cases_by_kind"] == {"simulated": card.training["data"]["train_cases"]}
    # A case that a person reviewed is told as such, on the card and on its page.
    reviewed = case_folder / json.loads((request.out / "split.json").read_text())["train"][0] / "case.json"
    meta = json.loads(reviewed.read_text())
    del meta["kind"]
    reviewed.write_text(json.dumps({**meta, "verdict": "approved"}))
    again = assemble(request)
    assert read_card(again).training["data"]["train_cases_by_kind"]["reviewed"] == 1
    assert "Trained on simulated CT and reviewed cases" in (again / "README.md").read_text()
