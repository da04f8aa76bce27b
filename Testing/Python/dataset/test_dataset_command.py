"""``orthoai dataset`` lists, checks and exports, and says in one sentence what is wrong."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from command_words import exit_code
from orthoai.cli.dataset import COMMAND
from orthoai.cli.main import main
from orthoai.dataset import save_case
from orthoai.models.card import read_card, write_card
from orthoai.models.learned import LearnedFrom
from orthoai.output import beside
from tiny_model import write_tiny_model

run = partial(exit_code, COMMAND)


def test_cases_are_listed_for_people_and_for_programs(
    rods: Callable, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = save_case(tmp_path, *rods())
    assert run("list", tmp_path) == 0
    line = capsys.readouterr().out
    assert all(word in line for word in (folder.name, "approved", "revision 1", "2025-11-20T10:00:00Z", "Dr. A"))
    assert run("list", "--json", tmp_path) == 0
    (case,) = json.loads(capsys.readouterr().out)
    assert case["case"] == folder.name
    assert case["model_sha256"] == {"detector": "ab12"}


def test_an_empty_data_set_is_no_error_and_a_missing_one_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", tmp_path) == 0
    assert "No case has been approved yet." in capsys.readouterr().err
    assert run("list", tmp_path / "none") == 2
    assert "There is no folder" in capsys.readouterr().err


def test_a_name_is_listed_on_one_line_and_on_every_terminal(
    rods: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume, review = rods()
    save_case(tmp_path, volume, replace(review, reviewer="Łu\x1b[31m\nB"))
    terminal = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(terminal, "ascii"))
    assert main(["dataset", "list", str(tmp_path)]) == 0
    (line,) = terminal.getvalue().decode().splitlines()
    assert line.endswith(r"\u0141u [31m B")


@pytest.mark.parametrize("action", ["list", "verify"])
def test_the_folder_of_the_cases_is_not_taken_for_an_empty_data_set(
    rods: Callable, tmp_path: Path, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    case = save_case(tmp_path, *rods())
    for folder in (case.parent, case):
        assert run(action, folder) == 2
        assert f"give the data set's own folder {tmp_path}" in capsys.readouterr().err


def test_verify_answers_by_its_exit_code(rods: Callable, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = save_case(tmp_path, *rods())
    assert run("verify", tmp_path) == 0
    assert "1 case: intact" in capsys.readouterr().out
    (folder / "review.json").write_text("{}")
    assert run("verify", tmp_path) == 2
    captured = capsys.readouterr()
    assert f"Error: review.json of case {folder.name} has changed" in captured.err
    assert captured.out == ""


def test_verify_with_repair_brings_back_what_a_killed_save_hid(
    rods: Callable, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = save_case(tmp_path, *rods())
    folder.rename(beside(folder))
    assert run("verify", tmp_path) == 2
    assert "orthoai dataset verify --repair" in capsys.readouterr().err
    assert run("verify", tmp_path, "--repair") == 0
    captured = capsys.readouterr()
    assert f"Case {folder.name} is back." in captured.err
    assert "1 case: intact" in captured.out


def test_withdraw_moves_no_case_when_one_of_several_is_not_there(rods: Callable, tmp_path: Path) -> None:
    folder = save_case(tmp_path, *rods())
    assert run("withdraw", tmp_path, folder.name, "femur-0123456789abcdef") == 2
    assert folder.is_dir()


def test_withdraw_says_where_a_case_is_kept_and_what_still_holds_it(
    rods: Callable, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = save_case(tmp_path, *rods())
    assert run("withdraw", tmp_path, folder.name, folder.name) == 0
    captured = capsys.readouterr()
    assert Path(captured.out.strip()).is_dir() and "Exports still hold it" in captured.err
    assert run("withdraw", tmp_path, folder.name) == 2
    assert "There is no case" in capsys.readouterr().err


def test_withdraw_names_the_installed_models_that_have_the_case_or_may(
    rods: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ORTHOAI_MODELS", raising=False)
    cases = [save_case(tmp_path / "data", *rods(seed)).name for seed in (0, 1)]
    assert run("withdraw", tmp_path / "data", cases[0]) == 0
    assert "No installed model learned from it." in capsys.readouterr().err
    monkeypatch.setenv("ORTHOAI_MODELS", str(tmp_path / "models"))
    for name, learned in (("taught", LearnedFrom({cases[1]: (1,)})), ("sound", LearnedFrom()), ("older", None)):
        folder = write_tiny_model(tmp_path / "models", name, with_detector=False)
        card = read_card(folder)
        network = replace(card.networks["segmenter"], learned_from=learned)
        write_card(replace(card, networks={"segmenter": network}), folder)
    assert run("withdraw", tmp_path / "data", cases[1]) == 0
    told = "Installed models that have it or may: older (not recorded), taught (learned from revision 1 (segmenter))."
    assert told in capsys.readouterr().err


def test_export_prints_the_folder_it_made(rods: Callable, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_case(tmp_path / "data", *rods())
    assert run("export", "monai", tmp_path / "data", "-o", tmp_path / "out") == 0
    captured = capsys.readouterr()
    assert Path(captured.out.strip()) == tmp_path / "out" / "monai"
    assert "100%" in captured.err
    assert run("export", "coco", tmp_path / "data", "-o", tmp_path / "out") == 2
    assert "choose one of monai" in capsys.readouterr().err


@pytest.mark.parametrize("module", ["orthoai.review", "orthoai.dataset", "orthoai.cli.dataset"])
def test_nothing_heavy_is_imported_before_it_is_needed(module: str) -> None:
    heavy = ("torch", "SimpleITK", "monai", "onnxruntime", "matplotlib", "contourpy", "PIL", "pydicom")
    code = (
        f"import sys, {module}, orthoai.dataset.exporters as e; e.all_exporters(); "
        f"print(*[name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
