"""Which models learned from a reviewed case is told by their cards."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from orthoai.cli.main import main
from orthoai.errors import InputError
from orthoai.models.card import Card, Network, read_card, write_card
from orthoai.models.learned import UNKNOWN, LearnedFrom, joined

CASE, OTHER = "femur-3f0c9a1be2d47756", "femur-0123456789abcdef"

LEARNED = LearnedFrom({CASE: (1, 3)}, {OTHER: (2,)})


def write_model(folder: Path, **learned: LearnedFrom | None) -> Path:
    """A model, named as its folder, with a network for each of the roles ``learned``."""
    folder.mkdir(parents=True)
    networks = {}
    for role, each in learned.items():
        (folder / f"{role}.onnx").write_bytes(b"numbers")
        digest = hashlib.sha256(b"numbers").hexdigest()
        networks[role] = Network(f"{role}.onnx", digest, "net", {"image_size": 64}, each)
    write_card(Card(folder.name, "1", "femur", "", "Apache-2.0", (), {1: "femur_left"}, networks), folder)
    return folder


def test_a_card_keeps_which_cases_taught_each_network(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "a", detector=LEARNED, segmenter=None)
    networks = read_card(folder).networks
    assert networks["detector"].learned_from == LEARNED
    assert networks["detector"].settings == {"image_size": 64}
    assert networks["segmenter"].learned_from is None
    assert "learned_from" not in json.loads((folder / "metadata.json").read_text())["networks"]["segmenter"]


@pytest.mark.parametrize(
    "entry", [None, [], {"train": {}, "validation": {}}, {"train": {CASE: 1}, "validation": {}, "whole": True}]
)
def test_a_card_that_names_cases_in_another_way_is_damaged(tmp_path: Path, entry: object) -> None:
    folder = write_model(tmp_path / "a", detector=LEARNED)
    card = json.loads((folder / "metadata.json").read_text())
    card["networks"]["detector"]["learned_from"] = entry
    (folder / "metadata.json").write_text(json.dumps(card))
    with pytest.raises(InputError, match=r"damaged \(network \"detector\""):
        read_card(folder)


def test_what_goes_on_from_another_network_has_the_cases_of_both() -> None:
    more = LearnedFrom({CASE: (2,), OTHER: (1,)})
    assert joined([LEARNED, more]) == LearnedFrom({CASE: (1, 2, 3), OTHER: (1,)}, {OTHER: (2,)})
    assert joined([LEARNED, None]) == replace(LEARNED, whole=False)
    assert joined([]) == LearnedFrom()


def told(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, str]:
    """What ``orthoai models learned`` prints of each model, by the name of its folder."""
    assert main(["models", "learned", *map(str, words)]) == 0
    rows = [line.split(maxsplit=2)[2] for line in capsys.readouterr().out.splitlines()]
    found = (row.rsplit(maxsplit=1) for row in rows)
    return {Path(folder).name: said.strip() for said, folder in found}


def test_models_tell_what_they_have_of_a_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ORTHOAI_MODELS", str(tmp_path / "store"))
    write_model(tmp_path / "store" / "taught", detector=LearnedFrom(), segmenter=LEARNED)
    write_model(tmp_path / "store" / "held_out", segmenter=LearnedFrom({}, {CASE: (1,)}))
    write_model(tmp_path / "store" / "sound", segmenter=LearnedFrom({OTHER: (1,)}))
    write_model(tmp_path / "store" / "older", segmenter=None)
    write_model(tmp_path / "store" / "partly", detector=LearnedFrom(), segmenter=UNKNOWN)
    found = told(capsys, CASE)
    assert found["taught"] == "learned from revisions 1 and 3 (segmenter)"
    assert found["held_out"] == "validated on revision 1 (segmenter)"
    assert found["sound"] == "did not learn from it"
    # Never "no": of older cards nobody knows.
    assert found["older"] == found["partly"] == "not recorded"
    assert told(capsys, OTHER)["taught"] == "validated on revision 2 (segmenter)"


def test_models_in_other_folders_are_asked_at_any_depth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ORTHOAI_MODELS", str(tmp_path / "store"))
    write_model(tmp_path / "store" / "one", segmenter=LearnedFrom())
    write_model(tmp_path / "runs" / "femur" / "model" / "one", segmenter=LEARNED)
    write_model(tmp_path / "runs" / "femur" / "model" / ".0123.partial-one", segmenter=LEARNED)
    (write_model(tmp_path / "runs" / "damaged", segmenter=LEARNED) / "metadata.json").write_text("{")
    monkeypatch.chdir(tmp_path)
    assert main(["models", "learned", CASE, "--in", "runs", "store"]) == 0
    captured = capsys.readouterr()
    rows = [line for line in captured.out.splitlines() if str(tmp_path) in line]
    # Of one name both: they are two models.
    assert [row.split()[1] for row in rows] == ["one", "one"]
    assert "did not learn" in rows[0] and "learned from" in rows[1]
    assert "runs/damaged/metadata.json is damaged" in captured.err.replace("\\", "/")


@pytest.mark.parametrize("words", [("femur",), ("femur-12",), (CASE, "--in", "nowhere")])
def test_what_is_no_case_or_no_folder_is_refused(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped name has taught no model: "no" would be a wrong answer to what was meant."""
    assert main(["models", "learned", *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_card_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk in the middle of it left half a card, and with it no model."""
    folder = write_model(tmp_path / "a", detector=LEARNED)
    before = (folder / "metadata.json").read_text()

    def half(path: Path, text: str, **_: object) -> None:
        path.write_bytes(text.encode()[:40])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(OSError, match="No space"):
        write_card(read_card(folder), folder)
    assert (folder / "metadata.json").read_text() == before
    assert sorted(path.name for path in folder.iterdir()) == ["detector.onnx", "metadata.json"]
