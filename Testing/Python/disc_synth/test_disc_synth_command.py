"""``orthoai synth disc``: its options, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_words import parsed
from orthoai.errors import InputError
from orthoai_training.disc.synth_mr.command import CONTRAST_NAMES, DISC
from orthoai_training.disc.synth_mr.render import CONTRASTS


def run(*words: str) -> int:
    args = parsed(DISC.add_arguments, *words)
    args.task = "disc"
    return DISC.run(args)


def test_contrasts_are_named_alike() -> None:
    assert tuple(CONTRASTS) == CONTRAST_NAMES


def test_a_folder_of_cases_is_made_and_gone_on_with_but_not_mixed(tmp_path: Path) -> None:
    options = ("-o", str(tmp_path / "cases"), "--slices", "1", "--pixel", "1.6", "--quiet")
    assert run(*options, "--count", "1") == 0
    assert run(*options, "--count", "2") == 0
    assert sorted(path.name for path in (tmp_path / "cases").glob("spine_*")) == ["spine_0000", "spine_0001"]
    with pytest.raises(InputError, match="other options"):
        run(*options, "--count", "2", "--seed", "5")


@pytest.mark.parametrize(
    ("option", "value"),
    [("--count", "0"), ("--slices", "0"), ("--slices", "9" * 20), ("--pixel", "9"), ("--slice", "0")],
)
def test_what_cannot_be_is_refused_in_one_sentence(tmp_path: Path, option: str, value: str) -> None:
    with pytest.raises(InputError, match=option):
        run("-o", str(tmp_path / "cases"), "--count", "1", option, value)
