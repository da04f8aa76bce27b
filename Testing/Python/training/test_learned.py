"""A training notes which reviewed cases it learns from, and keeps that over its calls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from orthoai.models.learned import UNKNOWN, LearnedFrom
from orthoai_training.dataset import CaseFolder
from orthoai_training.earlier_run import claim_run
from orthoai_training.learned import learned_by, learned_from, note_learned, noted
from reviewed_meta import mark_reviewed
from tiny_model import write_tiny_model


def case(root: Path, name: str, meta: dict[str, object] | None = None) -> CaseFolder:
    (root / name).mkdir()
    if meta is not None:
        (root / name / "case.json").write_text(json.dumps(meta))
    return CaseFolder(root / name)


def test_reviewed_cases_are_named_and_simulated_ones_are_of_nobody(tmp_path: Path) -> None:
    cases = [case(tmp_path, name) for name in "abc"]
    # Whatever a folder is called by now, it is the case of its image.
    names = [mark_reviewed(each.path, number, revision=number + 1) for number, each in enumerate(cases)]
    found = learned_from([*cases[:2], case(tmp_path, "simulated", {"seed": 3})], cases[2:])
    assert found == LearnedFrom({names[0]: (1,), names[1]: (2,)}, {names[2]: (3,)})
    # The data set calls it the same.
    assert names[0].startswith("femur-") and len(names[0]) == len("femur-") + 16


@pytest.mark.parametrize("meta", [None, {"note": "mine"}, {"verdict": "approved", "task": "femur"}])
def test_of_other_cases_nobody_can_tell(tmp_path: Path, meta: dict[str, object] | None) -> None:
    assert learned_from([case(tmp_path, "own", meta)], []) == UNKNOWN


def test_a_note_grows_over_the_calls_of_a_run(tmp_path: Path) -> None:
    first, second = LearnedFrom({"femur-a": (1,)}), LearnedFrom({"femur-a": (2,)}, {"femur-b": (1,)})
    # A mistyped call that began nothing taught nothing.
    note_learned(tmp_path, "detector", [LearnedFrom({"femur-c": (1,)})], goes_on=False)
    note_learned(tmp_path, "detector", [first], goes_on=False)
    claim_run(tmp_path, {"seed": 1}, "--seed")
    note_learned(tmp_path, "outline", [LearnedFrom()], goes_on=False)
    note_learned(tmp_path, "detector", [second], goes_on=True)
    assert noted(tmp_path, "detector") == LearnedFrom({"femur-a": (1, 2)}, {"femur-b": (1,)})
    assert noted(tmp_path, "outline") == LearnedFrom()
    assert noted(tmp_path, "segmenter") is None and noted(tmp_path / "nowhere", "detector") is None
    claim_run(tmp_path, {"seed": 1}, "--seed")
    assert noted(tmp_path, "outline") == LearnedFrom()


def test_a_run_that_began_without_a_note_may_have_learned_from_others(tmp_path: Path) -> None:
    note_learned(tmp_path, "detector", [LearnedFrom({"femur-a": (1,)})], goes_on=True)
    assert noted(tmp_path, "detector") == LearnedFrom({"femur-a": (1,)}, whole=False)


def test_a_file_is_asked_for_its_cases_by_the_card_or_the_note_beside_it(tmp_path: Path) -> None:
    file = write_tiny_model(tmp_path, with_detector=False) / "segmenter.safetensors"
    card = json.loads((file.parent / "metadata.json").read_text())
    assert learned_by(file) is None
    card["networks"]["segmenter"]["learned_from"] = LearnedFrom({"femur-a": (1,)}).to_json()
    (file.parent / "metadata.json").write_text(json.dumps(card))
    assert learned_by(file) == LearnedFrom({"femur-a": (1,)})
    # Another network under this name has learned from who knows whom.
    file.write_bytes(b"other")
    assert learned_by(file) is None
    run = tmp_path / "run"
    run.mkdir()
    note_learned(run, "segmenter", [LearnedFrom({"femur-b": (1,)})], goes_on=False)
    assert learned_by(run / "segmenter.onnx") == LearnedFrom({"femur-b": (1,)})
