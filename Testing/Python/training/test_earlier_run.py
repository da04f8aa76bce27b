"""A training folder keeps to what it was begun with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from orthoai.errors import InputError
from orthoai_training.earlier_run import claim_run, claim_start


def test_a_network_goes_on_only_from_the_weights_that_it_began_with(tmp_path: Path) -> None:
    shipped, other, run = tmp_path / "shipped", tmp_path / "other", tmp_path / "run"
    shipped.write_bytes(b"weights")
    other.write_bytes(b"others")
    claim_start(run, shipped)
    (run / "checkpoint").touch()
    claim_start(run, shipped)
    for later in (None, other):
        with pytest.raises(InputError, match="other --start"):
            claim_start(run, later)


def test_a_folder_in_which_nothing_was_made_is_free(tmp_path: Path) -> None:
    claim_run(tmp_path, {"seed": 1}, "--seed")
    claim_run(tmp_path, {"seed": 2}, "--seed")
    (tmp_path / "made").touch()
    with pytest.raises(InputError, match="other --seed"):
        claim_run(tmp_path, {"seed": 1}, "--seed")


@pytest.mark.parametrize("made", ["before", "after"])
def test_what_several_parts_of_a_run_claim_is_kept_together(tmp_path: Path, made: str) -> None:
    if made == "before":
        (tmp_path / "made").touch()
    claim_run(tmp_path, {"seed": 1}, "--seed")
    claim_run(tmp_path, {"start": "a"}, "--start")
    (tmp_path / "made").touch()
    assert json.loads((tmp_path / "request.json").read_text()) == {"seed": 1, "start": "a"}
    with pytest.raises(InputError, match="other --seed"):
        claim_run(tmp_path, {"seed": 2}, "--seed")
