"""Verbs of the training take a task, and each task brings its own arguments."""

from __future__ import annotations

import argparse

import pytest
from orthoai.cli.exits import BAD_INPUT
from orthoai.cli.main import main
from orthoai_training import tasks
from orthoai_training.tasks import TaskCommand, TaskCommands, all_commands, by_task

SEEN: list[argparse.Namespace] = []


def _add_size(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--size", type=int, default=3)


def _remember(args: argparse.Namespace) -> int:
    SEEN.append(args)
    return 7


KNEE = TaskCommands("knee", {"train": TaskCommand("Train for knees.", _add_size, _remember)})


@pytest.fixture
def knee(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry that holds another task."""
    known = [*all_commands(), KNEE]
    monkeypatch.setattr(tasks, "all_commands", lambda: known)
    SEEN.clear()


def test_a_task_brings_its_own_arguments(knee: None) -> None:
    assert main(["train", "knee", "--size", "5"]) == 7
    (args,) = SEEN
    assert (args.task, args.size, args.debug) == ("knee", 5, False)


@pytest.mark.parametrize("words", [["train", "knee", "--debug"], ["--debug", "train", "knee"]])
def test_debug_may_stand_anywhere(knee: None, words: list[str]) -> None:
    assert main(words) == 7
    assert SEEN[0].debug


def test_a_task_without_the_verb_is_refused_with_the_ones_that_have_it(
    knee: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["bench", "knee"])
    assert ended.value.code == BAD_INPUT
    assert "femur" in capsys.readouterr().err


def test_help_names_every_task_of_the_verb(knee: None) -> None:
    parser = argparse.ArgumentParser()
    by_task("train", "Train.").add_arguments(parser)
    text = parser.format_help()
    assert "Train for knees." in text
    assert "femur" in text


def test_every_task_with_a_sample_can_be_simulated() -> None:
    for commands in all_commands():
        assert commands.sample is None or "synth" in commands.verbs
