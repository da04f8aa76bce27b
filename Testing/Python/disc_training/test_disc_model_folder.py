"""Trained networks take the place of a model's own, and what the card says stays true."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from orthoai.errors import InputError
from orthoai.models.store import SHIPPED_ROOT, Model, ModelStore
from orthoai_training.disc.model_folder import OWN_DATA, TrainedNetwork, TrainedRole, write_disc_model


@pytest.fixture
def shipped() -> Model:
    return ModelStore((SHIPPED_ROOT,)).get("lumbar_disc")


@pytest.fixture
def trained(tmp_path: Path):
    """Builder of what a training of one role has made, each network's file with its own content."""

    def build(role: str, members: int = 1, credits: tuple[str, ...] = ("a maker",)) -> TrainedRole:
        networks = []
        for member in range(members):
            file = tmp_path / f"{role}-{member}" / "network.onnx"
            file.parent.mkdir(exist_ok=True)
            file.write_text(f"{role} {member}")
            networks.append(TrainedNetwork(file, "compact", {"weight": 1 / members}))
        return TrainedRole(role, networks, {"data": {"train_cases": 2}}, {"validation": {"dice": 0.5}}, credits)

    return build


def opened(folder: Path) -> Model:
    return ModelStore((folder,)).verify("lumbar_disc")


def test_one_role_is_replaced_and_the_rest_taken_over(shipped, trained, tmp_path):
    model = opened(write_disc_model(trained("segmenter"), shipped, tmp_path / "model"))
    old, card = shipped.metadata, model.metadata
    assert model.weights("segmenter").read_text() == "segmenter 0"
    assert card.networks["segmenter"].settings == {"weight": 1.0}
    for name in set(old.networks) - {"segmenter"}:
        assert model.weights(name).read_bytes() == shipped.weights(name).read_bytes()
        assert card.networks[name] == old.networks[name]
    assert card.training["segmenter"] == {"data": {"train_cases": 2}}
    assert card.training["classifier"] == old.training["classifier"]
    assert card.training["data"] == {**old.training["data"], "networks": ["classifier", "discs", "lumbar"]}
    assert card.metrics == {**old.metrics, "segmenter": {"validation": {"dice": 0.5}}}
    assert card.attribution == (*old.attribution, "a maker") and card.license == old.license
    page = (model.folder / "README.md").read_text()
    assert "van der Graaf" in page and "a maker" in page and "AGPL-3.0" in page


def test_an_ensemble_takes_the_place_of_another_of_any_size(shipped, trained, tmp_path):
    model = opened(write_disc_model(trained("classifier", 2), shipped, tmp_path / "model"))
    assert [name for name in model.metadata.networks if "classifier" in name] == ["classifier", "classifier_1"]
    assert model.weights("classifier_1").read_text() == "classifier 1"
    assert "2 networks grade each disc" in model.metadata.description
    assert not (model.folder / "classifier_2.onnx").exists()


def test_a_model_takes_its_own_place_role_after_role(shipped, trained, tmp_path):
    folder, model = tmp_path / "model", shipped
    measured = []
    for role in ("lumbar", "classifier", "discs", "segmenter"):
        model = opened(write_disc_model(trained(role), model, folder))
        measured.append([name for name in model.metadata.metrics if "lumbar" in name])
    assert {path.name for path in folder.iterdir()} == {
        *(f"{role}.onnx" for role in ("lumbar", "discs", "segmenter", "classifier")),
        "metadata.json",
        "README.md",
    }
    # Figures of both detectors are those of no detector any more once both are replaced.
    before = "lumbar, discs before the training of lumbar"
    assert measured == [[before, "lumbar"], [before, "lumbar"], ["lumbar"], ["lumbar"]]
    assert model.metadata.training["data"] == OWN_DATA
    assert model.metadata.attribution.count("a maker") == 1


def test_nothing_is_lost_where_a_model_cannot_be_written(shipped, trained, tmp_path):
    folder = write_disc_model(trained("segmenter"), shipped, tmp_path / "model")
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"notes\.txt"):
        write_disc_model(trained("discs"), opened(folder), folder)
    (folder / "notes.txt").unlink()
    damaged = replace(shipped, folder=tmp_path / "nowhere")
    with pytest.raises(InputError, match="is missing"):
        write_disc_model(trained("discs"), damaged, folder)
    assert opened(folder).weights("segmenter").read_text() == "segmenter 0"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["discs-0", "model", "segmenter-0"]


def test_the_shipped_model_is_small_and_made_of_these_roles(shipped):
    shipped.verify()
    assert {"lumbar", "discs", "segmenter", "classifier"} <= set(shipped.metadata.networks)
    assert sum(file.stat().st_size for file in shipped.folder.iterdir()) < 20_000_000
