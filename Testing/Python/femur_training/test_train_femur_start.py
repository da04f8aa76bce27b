"""A training goes on from a model: each network from its own, and what is not trained is taken over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
from orthoai.errors import InputError
from orthoai.models.store import ModelStore
from orthoai_training.femur import train
from orthoai_training.femur.request import TrainRequest
from orthoai_training.femur.train import train_femur
from orthoai_training.train.blend import SHARE
from safetensors.numpy import load_file
from tiny_model import write_tiny_model
from train_fakes import fake_detector

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture(scope="module")
def second(cases: Path, first: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainRequest:
    """A run that is done: it trained the segmenter of ``first`` on."""
    request = TrainRequest(
        tmp_path_factory.mktemp("second"), data=cases, only="segmenter", device="cpu", start=str(first)
    )
    train_femur(request)
    return request


def test_training_goes_on_from_a_model_and_takes_over_its_detector(first: Path, second: TrainRequest) -> None:
    old, new = (ModelStore((folder,)).verify("femur_two_stage") for folder in (first.parent, second.out / "model"))
    assert new.sha256["detector"] == old.sha256["detector"]
    assert new.sha256["segmenter"] != old.sha256["segmenter"]
    assert new.metadata.training["detector"] == old.metadata.training["detector"]
    assert new.metadata.training["data"]["started_from"]["segmenter_sha256"] == old.sha256["segmenter"]
    # Who made the first model possible made the second possible.
    assert set(old.metadata.attribution) <= set(new.metadata.attribution)
    assert any("Devold" in line for line in new.metadata.attribution)


def test_a_detector_goes_on_from_a_model_and_takes_over_its_segmenter(cases: Path, first: Path, tmp_path: Path) -> None:
    request = TrainRequest(tmp_path / "second", data=cases, only="detector", device="cpu", start=str(first))
    (second,) = train_femur(request, train_detector=fake_detector)
    old, new = (ModelStore((folder.parent,)).verify("femur_two_stage") for folder in (first, second))
    assert new.sha256["segmenter"] == old.sha256["segmenter"]
    assert new.weights("detector").read_bytes() == b"onnx" + old.weights("detector").read_bytes()
    assert new.metadata.training["segmenter"] == old.metadata.training["segmenter"]
    lineage = new.metadata.training["data"]["started_from"]
    assert {role: lineage[f"{role}_sha256"] for role in old.sha256} == old.sha256
    assert "detector_started_from" not in new.metadata.training["data"]


def test_both_networks_go_on_each_from_its_own_model(
    cases: Path, first: Path, second: TrainRequest, tmp_path: Path
) -> None:
    asked = TrainRequest(tmp_path / "other", data=cases, only="detector", device="cpu", seed=1, start=str(first))
    (other,) = train_femur(asked, train_detector=fake_detector)
    request = replace(second, out=copytree(second.out, tmp_path / "second"), only="detector", start=str(other))
    (folder,) = train_femur(request, train_detector=fake_detector)
    said = ModelStore((folder.parent,)).verify("femur_two_stage").metadata.training["data"]
    assert said["started_from"]["data"]["seed"] == 4 and "detector_sha256" not in said["started_from"]
    assert said["detector_started_from"]["data"]["seed"] == 1


def test_a_blend_lies_between_the_weights_before_and_after(first: Path, second: TrainRequest, tmp_path: Path) -> None:
    request = replace(second, out=copytree(second.out, tmp_path / "second"))
    weights = {}
    for share in (1.0, 0.25):
        (folder,) = train_femur(replace(request, blend=share, resume=True))
        model = ModelStore((folder.parent,)).verify("femur_two_stage")
        weights[share] = load_file(model.weights("segmenter"))
        assert model.metadata.metrics["segmenter"].get(SHARE, 1.0) == share
    before = load_file(first / "segmenter.safetensors")
    assert any(not np.allclose(before[name], after, atol=0.01) for name, after in weights[1.0].items())
    for name, after in weights[1.0].items():
        assert np.allclose(weights[0.25][name], 0.75 * before[name] + 0.25 * after, atol=2e-3)


@pytest.mark.usefixtures("unlearned")
def test_a_later_call_from_a_model_changes_no_card_of_what_began_from_nothing(
    cases: Path, first: Path, tmp_path: Path
) -> None:
    request = TrainRequest(tmp_path / "second", data=cases, only="single-stage", device="cpu")
    train_femur(request)
    made = train_femur(replace(request, only="segmenter", start=str(first)))
    cards = {folder.name: ModelStore((folder.parent,)).get(folder.name).metadata for folder in made}
    assert "started_from" in cards["femur_two_stage"].training["data"]
    assert "started_from" not in cards["femur_single_stage"].training["data"]


@pytest.mark.parametrize(
    ("name", "only", "told"),
    [
        ("lumbar_disc", "segmenter", "is for the task disc"),
        ("vertebral_fractures", "detector", "is for the task ovf"),
        ("nowhere", None, "There is no model"),
        ("tiny", "transunet", "does not say how its detector was trained"),
    ],
)
def test_a_start_that_cannot_serve_is_told_before_the_cases_are_simulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, only: str | None, told: str
) -> None:
    """One of another task trained from nothing in silence; one whose card lacks a recipe ended the training by a
    KeyError."""
    monkeypatch.setenv("ORTHOAI_MODELS", str(write_tiny_model(tmp_path / "models").parent))
    monkeypatch.setattr(train, "_cases", lambda *told: pytest.fail("simulated first"))
    with pytest.raises(InputError, match=told):
        train_femur(TrainRequest(tmp_path / "out", simulate=2, only=only, device="cpu", start=name))
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("unlearned")
def test_a_model_folder_is_replaced_whole_or_not_at_all(
    cases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that was stopped while it wrote left the new weights under the old card: a damaged model."""
    request = TrainRequest(tmp_path / "out", data=cases, only="single-stage", device="cpu")
    (folder,) = train_femur(request)
    before = ModelStore((folder,)).verify("femur_single_stage").sha256
    with monkeypatch.context() as patch:
        patch.setattr("orthoai_training.femur.model_folder.written", _stop)
        with pytest.raises(KeyboardInterrupt):
            train_femur(replace(request, resume=True))
    assert ModelStore((folder,)).verify("femur_single_stage").sha256 == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    (again,) = train_femur(replace(request, resume=True))
    assert again == folder and ModelStore((folder,)).verify("femur_single_stage")
    # What would be refused in the end is refused before the training.
    monkeypatch.setattr(train, "train_segmenter", _stop)
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"notes\.txt, which OrthoAI did not write"):
        train_femur(replace(request, resume=True))
    (folder / "metadata.json").write_text("{")
    with pytest.raises(InputError, match="holds a damaged model: remove that folder"):
        train_femur(replace(request, resume=True))
    assert (folder / "notes.txt").read_text() == "mine"


def _stop(*told: object, **named: object) -> None:
    raise KeyboardInterrupt


def test_a_model_of_another_size_is_no_start(cases: Path, tmp_path: Path) -> None:
    request = TrainRequest(tmp_path / "out", data=cases, only="segmenter", device="cpu", start="femur_two_stage")
    with pytest.raises(InputError, match="another network"):
        train_femur(request)


@pytest.mark.usefixtures("unlearned")
def test_a_transunet_begins_from_nothing_and_takes_over_the_detector(cases: Path, tmp_path: Path) -> None:
    request = TrainRequest(tmp_path / "out", data=cases, only="transunet", device="cpu", start="femur_two_stage")
    (folder,) = train_femur(request)
    made, shipped = ModelStore((folder.parent,)).verify("femur_transunet"), ModelStore.default().get("femur_two_stage")
    assert made.network("detector").sha256 == shipped.network("detector").sha256
    lineage = made.metadata.training["data"]["started_from"]
    assert lineage["detector_sha256"] == shipped.network("detector").sha256
    assert "segmenter_sha256" not in lineage
