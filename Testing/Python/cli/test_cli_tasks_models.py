"""``orthoai tasks`` and ``orthoai models``."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from orthoai.cli.main import main


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model folder "tiny" with one intact weights file, first in the search."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    weights = b"numbers"
    (folder / "net.onnx").write_bytes(weights)
    digest = hashlib.sha256(weights).hexdigest()
    card = {
        "schema_version": 1,
        "name": "tiny",
        "version": "1.2",
        "task": "femur",
        "description": "A model for tests.",
        "license": "Apache-2.0",
        "attribution": [],
        "labels": {"1": "femur_left"},
        "networks": {"detector": {"file": "net.onnx", "sha256": digest, "architecture": "yolov8n"}},
    }
    (folder / "metadata.json").write_text(json.dumps(card))
    monkeypatch.setenv("ORTHOAI_MODELS", str(tmp_path))
    return folder


def test_tasks_names_the_femur_task_and_its_labels(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks"]) == 0
    text = capsys.readouterr().out
    assert "femur" in text and "1 femur_left, 2 femur_right" in text


def test_tasks_as_json_can_be_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tasks", "--json"]) == 0
    tasks = {task["name"]: task for task in json.loads(capsys.readouterr().out)}
    assert tasks["femur"]["labels"] == {"1": "femur_left", "2": "femur_right"}


def test_models_list_shows_name_version_and_task(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("tiny"))
    assert lines[at].split()[1:3] == ["1.2", "femur"]
    assert [line.strip() for line in lines[at + 1 : at + 3]] == ["license: Apache-2.0", f"folder: {store}"]
    # Names are of different lengths; their columns begin at one place all the same.
    names = [line for line in lines if not line.startswith(" ")]
    assert len({line.index(line.split()[1]) for line in names}) == 1


def test_models_list_of_a_task_without_models_says_so(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list", "--task", "elbow"]) == 0
    assert capsys.readouterr() == ("", "No model for the task elbow is installed.\n")


def test_models_show_prints_the_card(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "show", "tiny"]) == 0
    assert json.loads(capsys.readouterr().out)["description"] == "A model for tests."


def test_models_show_of_an_unknown_model_is_code_2(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "show", "huge"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "huge" in error


def test_models_verify_passes_intact_weights(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "verify", "tiny"]) == 0
    assert capsys.readouterr().out == "tiny: intact\n"


def test_models_verify_finds_damaged_weights(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (store / "net.onnx").write_bytes(b"numbarz")
    assert main(["models", "verify"]) == 2
    assert "net.onnx" in capsys.readouterr().err


def test_models_verify_finds_a_damaged_card(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (store / "metadata.json").write_text("{")
    assert main(["models", "verify"]) == 2
    assert "metadata.json" in capsys.readouterr().err


def test_every_shipped_model_is_intact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORTHOAI_MODELS", raising=False)
    assert main(["models", "verify"]) == 0
