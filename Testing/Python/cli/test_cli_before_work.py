"""What cannot work is told before hours of work; what was done by then is kept, and said to be."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest
from orthoai.cli.exits import BAD_INPUT, CANCELED
from orthoai.cli.main import main
from orthoai.errors import Canceled
from orthoai_training import tasks
from orthoai_training.tasks import COMPLETE_KEPT, RESUMABLE, TaskCommand, TaskCommands, all_commands

TRAININGS = (
    ["train", "femur", "--simulate", "1"],
    ["train", "fracture", "--simulate", "3"],
    ["train", "ovf", "--simulate", "1"],
    ["train", "disc", "--only", "segmenter", "--data", "nowhere"],
)


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one sentence with which a command refuses."""
    assert main(words) == BAD_INPUT
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("Error: ")
    return lines[0]


@pytest.mark.parametrize(
    "words",
    [
        *TRAININGS,
        ["evaluate", "femur", "--simulate", "1"],
        ["evaluate", "fracture", "--simulate", "1"],
        ["evaluate", "ovf", "--simulate", "1"],
        ["synth", "femur", "--count", "1"],
        ["synth", "ovf", "--count", "1"],
    ],
)
def test_a_file_in_the_place_of_the_folder_is_told_at_once_and_left_alone(words, tmp_path: Path, capsys) -> None:
    place = tmp_path / "out"
    place.write_text("mine")
    assert "a file is in the way" in told([*words, "-o", str(place)], capsys)
    assert place.read_text() == "mine"


def test_a_folder_in_the_place_of_the_results_file_is_told_at_once(tmp_path: Path, capsys) -> None:
    assert "is a folder" in told(["evaluate", "disc", "-o", str(tmp_path), "--data", "nowhere"], capsys)


@pytest.mark.parametrize(
    "words",
    [
        *TRAININGS,
        ["evaluate", "femur", "--simulate", "1"],
        ["evaluate", "ovf", "--simulate", "1"],
        ["synth", "femur", "--count", "1"],
        ["synth", "ovf", "--count", "1"],
        ["synth", "disc", "--count", "1"],
        ["bench", "ovf"],
    ],
)
def test_a_seed_that_leads_out_of_its_split_or_that_no_generator_takes_is_refused(words, tmp_path, capsys) -> None:
    place = tmp_path / "out"
    for seed in ("-1", "9" * 20):
        assert "A seed is a number from 0 to" in told([*words, "-o", str(place), "--seed", seed], capsys)
    assert not place.exists()


@pytest.mark.parametrize("task", ["femur", "fracture", "ovf"])
def test_an_evaluation_of_no_case_is_refused(task: str, tmp_path: Path, capsys) -> None:
    place = tmp_path / "out"
    assert "--limit" in told(["evaluate", task, "-o", str(place), "--simulate", "3", "--limit", "0"], capsys)
    assert not place.exists()


@pytest.mark.parametrize("minutes", ["0", "-1", "nan"])
@pytest.mark.parametrize("words", [["femur"], ["fracture"], ["ovf"], ["disc", "--only", "segmenter"]])
def test_a_training_of_no_time_is_refused(words, minutes: str, tmp_path: Path, capsys) -> None:
    place, source = tmp_path / "out", ["--data", "nowhere"]
    assert "--minutes" in told(["train", *words, "-o", str(place), *source, "--minutes", minutes], capsys)
    assert not place.exists()


@pytest.mark.parametrize("task", ["fracture", "ovf"])
@pytest.mark.parametrize(
    ("words", "missing"),
    [
        # Simulated cases of an evaluation are those of the test split.
        (["--simulate", "3", "--model", "x"], "--data"),
        (["--data", "nowhere"], "--model"),
    ],
)
def test_no_card_is_fitted_unasked_or_to_test_cases(task: str, words, missing: str, tmp_path: Path, capsys) -> None:
    words = ["evaluate", task, "-o", str(tmp_path / "out"), "--calibrate", "yes", *words]
    assert missing in told(words, capsys)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["--shapes", "--texture"])
@pytest.mark.parametrize(
    "words",
    [
        # Seed 0 draws parametric femora first, which need no shapes.
        ["synth", "femur", "--count", "1", "--real-share", "0.01"],
        ["synth", "ovf", "--count", "1", "--real-share", "0"],
        ["evaluate", "femur", "--simulate", "1", "--real-share", "0.01", "--shapes", "{bones}"],
        ["evaluate", "fracture", "--simulate", "1"],
        ["evaluate", "ovf", "--simulate", "1", "--real-share", "0"],
    ],
)
def test_sources_that_are_not_there_are_told_before_anything_is_written(
    words, option: str, tmp_path: Path, capsys
) -> None:
    bones = tmp_path / "bones"
    bones.mkdir()
    (bones / "femur.stl").touch()
    place = tmp_path / "out"
    words = [word.format(bones=bones) for word in words]
    assert "nowhere" in told([*words, "-o", str(place), option, str(tmp_path / "nowhere")], capsys)
    assert not place.exists()


def test_a_canceled_command_says_what_is_kept_of_its_work(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def stopped(error: BaseException):
        def run(args: argparse.Namespace) -> int:
            raise error

        return run

    def ended(kept: str | None, error: BaseException) -> str:
        knee = TaskCommands("knee", {"train": TaskCommand("Train.", lambda parser: None, stopped(error), kept)})
        monkeypatch.setattr(tasks, "all_commands", lambda: [knee])
        assert main(["train", "knee"]) == CANCELED
        return capsys.readouterr().err

    for error in (Canceled(), KeyboardInterrupt()):
        assert ended(None, error) == "Canceled: nothing was written.\n"
        assert ended("half of it is kept.", error) == "Canceled: half of it is kept.\n"


def test_what_can_be_gone_on_with_says_so() -> None:
    kept = {(one.task, verb): command.kept for one in all_commands() for verb, command in one.verbs.items()}
    for task in ("femur", "fracture", "ovf"):
        assert kept[task, "train"] == RESUMABLE
        assert kept[task, "synth"] == COMPLETE_KEPT
    assert kept["femur", "evaluate"] == kept["fracture", "evaluate"] == COMPLETE_KEPT
    # These keep nothing.
    assert kept["ovf", "evaluate"] is kept["disc", "evaluate"] is kept["femur", "bench"] is None
