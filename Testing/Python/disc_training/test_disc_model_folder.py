"""Trained networks become a model that the store takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from orthoai.errors import InputError
from orthoai.models.store import SHIPPED_ROOT, ModelStore
from orthoai_training.disc.model_folder import TrainedNetwork, write_disc_model, write_networks


def part(folder: Path, role: str, architecture: str, metrics: dict) -> Path:
    file = folder / "run" / "network.onnx"
    file.parent.mkdir(parents=True)
    file.write_bytes(role.encode())
    network = TrainedNetwork(file, architecture, {"image_size": 320})
    write_networks(folder, {role: network}, {role: {"recipe": "compact"}}, metrics)
    return folder


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    return [
        part(tmp_path / "a", "lumbar", "yolov8n", {"test (2 patients)": {"map50": 0.5}}),
        part(tmp_path / "b", "segmenter", "compact_unet", {"segmenter": {"test": {"disc": 0.9}}}),
    ]


def test_parts_become_an_intact_model_with_licenses_and_names(parts: list[Path], tmp_path: Path) -> None:
    write_disc_model(parts, tmp_path / "models" / "lumbar_disc", ModelStore((SHIPPED_ROOT,)))
    model = ModelStore((tmp_path / "models",)).verify("lumbar_disc")
    card = model.metadata
    assert (card.task, set(card.networks)) == ("disc", {"lumbar", "segmenter"})
    assert card.networks["lumbar"].settings == {"image_size": 320}
    assert card.metrics == {"lumbar": {"test (2 patients)": {"map50": 0.5}}, "segmenter": {"test": {"disc": 0.9}}}
    assert "AGPL-3.0" in card.license and any("SPIDER" in line for line in card.attribution)
    page = (model.folder / "README.md").read_text()
    assert "van der Graaf" in page and "orthoai train disc" in page and "AGPL-3.0" in page


def test_changed_weights_and_missing_cards_are_refused(parts: list[Path], tmp_path: Path) -> None:
    (parts[0] / "lumbar.onnx").write_bytes(b"other")
    with pytest.raises(InputError, match="not the file"):
        write_disc_model(parts, tmp_path / "out")
    with pytest.raises(InputError, match="holds no networks"):
        write_disc_model([tmp_path], tmp_path / "out")
    (parts[0] / "networks.json").write_text("[")
    with pytest.raises(InputError, match="a damaged one"):
        write_disc_model(parts, tmp_path / "out")
    assert not (tmp_path / "out" / "metadata.json").exists()


def test_the_shipped_model_is_small_and_made_of_these_parts() -> None:
    model = ModelStore((SHIPPED_ROOT,)).verify("lumbar_disc")
    assert {"lumbar", "discs", "segmenter", "classifier"} <= set(model.metadata.networks)
    assert sum(file.stat().st_size for file in model.folder.iterdir()) < 20_000_000


def test_members_that_a_training_names_alike_keep_files_of_their_own(tmp_path: Path) -> None:
    for member in ("0", "1"):
        (tmp_path / member).mkdir()
        (tmp_path / member / "classifier.onnx").write_text(member)
    networks = {
        role: TrainedNetwork(tmp_path / member / "classifier.onnx", "compact_cnn")
        for role, member in (("classifier", "0"), ("classifier_1", "1"))
    }
    write_networks(tmp_path / "part", networks, {}, {})
    write_disc_model([tmp_path / "part"], tmp_path / "models" / "mine", ModelStore((SHIPPED_ROOT,)))
    assert [(tmp_path / "models" / "mine" / f"{role}.onnx").read_text() for role in networks] == ["0", "1"]
    with pytest.raises(InputError, match="not there"):
        write_networks(tmp_path / "other", {"discs": TrainedNetwork(tmp_path / "no.onnx", "yolov8n")}, {}, {})
