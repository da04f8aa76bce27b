"""``orthoai run --each``: every image of a folder, each once, and none keeps the others from being done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from orthoai.cli import run as command
from orthoai.cli.exits import guarded
from orthoai.cli.main import Parser
from orthoai.cli.request import RunRequest
from orthoai.errors import Canceled, InputError
from orthoai.io.image_folder import READY_FOLDER, find_images
from orthoai.ready import ready_tasks

NAMES = ("case1.nii.gz", "case2.nii.gz", "case10.mha")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "cases"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_bytes(b"")
    return folder


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the images that were run; the run itself only makes the folder."""
    names: list[str] = []

    def execute(request: RunRequest) -> dict:
        names.append(Path(request.input).name)
        Path(request.output).mkdir(parents=True)
        (Path(request.output) / "result.json").write_text("{}")
        return {}

    monkeypatch.setattr(command, "execute", execute)
    return names


def run(*words: object) -> int:
    parser = Parser()
    command.COMMAND.add_arguments(parser)
    parser.add_argument("--debug", action="store_true")
    return guarded(lambda: command.COMMAND.run(parser.parse_args([str(word) for word in words])))


def each(folder: Path) -> int:
    return run("femur", folder, "--each", "-o", folder / READY_FOLDER)


def failing(error: BaseException, at: str, then: Callable[[RunRequest], dict]) -> Callable[[RunRequest], dict]:
    def execute(request: RunRequest) -> dict:
        if Path(request.input).name == at:
            raise error
        return then(request)

    return execute


def test_every_image_gets_its_folder_and_is_run_once(
    folder: Path, ran: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert each(folder) == 0
    assert ran == list(NAMES)
    assert all(ready_tasks(folder / READY_FOLDER, name) == ["femur"] for name in NAMES)
    assert "3 of 3 images have their result" in capsys.readouterr().err
    (folder / "case11.nrrd").write_bytes(b"")
    assert each(folder) == 0
    assert ran == [*NAMES, "case11.nrrd"]
    assert [entry.name for entry in find_images(folder)] == [*NAMES, "case11.nrrd"]


@pytest.mark.parametrize(("error", "code"), [(InputError("Too flat."), 2), (SystemExit(2), 2), (SystemExit(1), 1)])
def test_an_image_that_fails_is_named_and_the_others_are_done(
    folder: Path,
    ran: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
) -> None:
    monkeypatch.setattr(command, "execute", failing(error, "case2.nii.gz", command.execute))
    assert each(folder) == code
    assert ran == ["case1.nii.gz", "case10.mha"]
    said = capsys.readouterr().err
    assert "2 of 3 images" in said and said.rstrip().endswith("Without a result: case2.nii.gz")


def test_a_cancel_ends_all_and_keeps_what_was_done(
    folder: Path, ran: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "execute", failing(Canceled(), "case2.nii.gz", command.execute))
    assert each(folder) == 130
    assert ran == ["case1.nii.gz"]
    assert "what was done before is kept" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("femur", "none", "--each", "-o", "out"), "none is no folder"),
        (("femur", ".", "--each", "-o", "out"), ". holds no NIfTI"),
        (("femur", ".", "--each", "-o", "out", "--json"), "--json prints one result"),
        (("femur", "", "--each", "-o", "out"), "The INPUT has no name"),
        (("femurs", ".", "--each", "-o", "out"), 'no task "femurs"'),
        (("femur", ".", "--each", "-o", "out", "--model", "none"), 'no model "none"'),
    ],
)
def test_a_wrong_word_is_told_once_and_before_anything_is_run(
    ran: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*words) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1
    assert ran == [] and list(tmp_path.iterdir()) == []
