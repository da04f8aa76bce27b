"""``orthoai run`` in real processes with fake tasks: what it writes, and that it writes all or nothing."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest
from orthoai.cli.request import RunRequest
from orthoai.cli.worker import ProgressLines


def test_a_run_writes_its_four_files_and_says_what_it_found(orthoai, image: Path, tmp_path: Path) -> None:
    target = tmp_path / "results" / "one"
    code, out, err = orthoai("run", "quick", image, "-o", target)
    assert code == 0, err
    assert sorted(path.name for path in target.iterdir()) == [
        "overview.png",
        "report.html",
        "result.json",
        "segmentation.nii.gz",
    ]
    assert out == ""
    assert "Found a thing." in err and str(target) in err
    assert "think        0%  thinking" in err and "think      100%" in err


def test_json_prints_the_result_alone_on_standard_output(orthoai, image: Path, tmp_path: Path) -> None:
    code, out, err = orthoai("run", "quick", image, "-o", tmp_path / "out", "--json", "--device", "cpu")
    assert code == 0, err
    result = json.loads(out)
    assert result == json.loads((tmp_path / "out" / "result.json").read_text())
    assert result["message"] == "Found a thing." and result["provenance"]["device"] == "cpu"
    assert {"read", "write"} <= set(result["timings_s"])
    assert "a library that talks" in err


def test_quiet_prints_no_progress(orthoai, image: Path, tmp_path: Path) -> None:
    code, out, err = orthoai("run", "quick", image, "-o", tmp_path / "out", "--quiet")
    assert (code, out) == (0, "")
    assert "%" not in err and "Found" not in err


def test_a_second_run_replaces_the_first(orthoai, image: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    assert orthoai("run", "quick", image, "-o", target)[0] == 0
    first = (target / "result.json").read_bytes()
    (target / ".DS_Store").write_text("of a file manager")
    assert orthoai("run", "quick", image, "-o", target)[0] == 0
    assert (target / "result.json").read_bytes() != first, "timings differ"


def test_a_second_run_spares_what_a_person_put_beside_the_first(orthoai, image: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    assert orthoai("run", "quick", image, "-o", target)[0] == 0
    (target / "my corrected mask.nii.gz").write_text("an afternoon of work")
    code, _, said = orthoai("run", "quick", image, "-o", target)
    assert code == 2 and "holds my corrected mask.nii.gz" in said
    assert (target / "my corrected mask.nii.gz").read_text() == "an afternoon of work"


@pytest.mark.parametrize("version", ["this", "an earlier"])
def test_the_input_is_never_replaced_by_its_result(orthoai, image: Path, tmp_path: Path, version: str) -> None:
    target = tmp_path / "out"
    assert orthoai("run", "quick", image, "-o", target)[0] == 0
    if version == "an earlier":
        content = json.loads((target / "result.json").read_text())
        del content["files"]
        (target / "result.json").write_text(json.dumps(content))
    inside = target / "input" / image.name
    inside.parent.mkdir()
    image.rename(inside)
    code, _, said = orthoai("run", "quick", inside, "-o", target)
    assert code == 2 and "holds input" in said and inside.exists()


def test_the_folder_that_one_works_in_is_filled(
    orthoai, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out"
    target.mkdir()
    monkeypatch.chdir(target)
    for _ in range(2):
        code, _, said = orthoai("run", "quick", image.resolve(), "-o", ".")
        assert code == 0, said
        assert {path.name for path in Path.cwd().iterdir()} >= {"result.json", "segmentation.nii.gz"}
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_the_mask_lies_on_the_input_grid(orthoai, image: Path, tmp_path: Path) -> None:
    from orthoai.io.read import read_volume

    assert orthoai("run", "quick", image, "-o", tmp_path / "out")[0] == 0
    before, mask = read_volume(image), read_volume(tmp_path / "out" / "segmentation.nii.gz")
    assert mask.geometry.matches(before.geometry)
    assert mask.voxels[0, 0, 0] == 1 and mask.voxels.sum() == 1


@pytest.mark.parametrize(
    ("task", "code", "words"),
    [
        ("unsuitable", 2, "The image shows a cat; choose another."),
        ("broken", 1, "ValueError"),
        ("hungry", 1, "not enough memory"),
        ("killed", 1, "not enough memory"),
        ("crashing", 1, "SIGSEGV"),
        ("unheard-of", 2, "quick"),
    ],
)
def test_a_failed_run_says_one_sentence_and_writes_nothing(
    orthoai, image: Path, tmp_path: Path, task: str, code: int, words: str
) -> None:
    before = sorted(tmp_path.iterdir())
    actual, out, err = orthoai("run", task, image, "-o", tmp_path / "out" / "deep", "--quiet")
    assert (actual, out) == (code, "")
    assert err.count("\n") == 1 and words in err
    assert "Jane" not in err and "Traceback" not in err
    assert sorted(tmp_path.iterdir()) == before


def test_debug_shows_the_traceback_of_the_worker(orthoai, image: Path, tmp_path: Path) -> None:
    code, _, err = orthoai("run", "broken", image, "-o", tmp_path / "out", "--debug")
    assert code == 1 and "Traceback" in err


def test_a_full_disk_is_one_sentence_that_names_the_users_folder(orthoai, image: Path, tmp_path: Path) -> None:
    target, before = tmp_path / "out", sorted(tmp_path.iterdir())
    code, _, err = orthoai("run", "quick", image, "-o", target, "--quiet", FAKE_DISK="full")
    assert code == 2
    assert err.count("Error") == 1 and f"{target} is full" in err
    assert sorted(tmp_path.iterdir()) == before


def files_below(folder: Path) -> list[Path]:
    """Everything in ``folder`` but what Python itself keeps of the modules that it has compiled."""
    return sorted(path for path in folder.rglob("*") if "__pycache__" not in path.parts)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere.nii.gz", "-o", "out"], "does not exist"),
        (["{image}", "-o", "{image}"], "is a file"),
        (["{image}", "-o", "in"], "holds other files"),
        # Not even root may make a folder there.
        (["{image}", "-o", "/sys/orthoai-out"], "/sys/orthoai-out"),
        (["{image}", "-o", "out", "--model", "no-such-model"], "no-such-model"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(orthoai, image: Path, tmp_path: Path, words, sentence: str) -> None:
    before = files_below(tmp_path)
    paths = [word if word[0] == "-" or "model" in word else tmp_path / word.format(image=image) for word in words]
    code, _, err = orthoai("run", "quick", *paths, "--quiet")
    assert code == 2 and err.count("\n") == 1 and sentence in err
    assert files_below(tmp_path) == before


@pytest.mark.parametrize(("given", "output", "missing"), [("", "out", "INPUT"), ("in", "", "output")])
def test_an_empty_name_is_not_the_folder_one_stands_in(orthoai, given: str, output: str, missing: str) -> None:
    code, _, err = orthoai("run", "quick", given, "-o", output, "--quiet")
    assert code == 2 and err.count("\n") == 1 and f"The {missing} has no name" in err


def read_until(process: subprocess.Popen[str], words: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return
    raise AssertionError(f"the process ended without saying {words!r}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_cancel_in_the_middle_of_a_c_call_leaves_nothing(start, image: Path, tmp_path: Path, number) -> None:
    before = sorted(tmp_path.iterdir())
    process = start(["run", "slow", image, "-o", tmp_path / "out"])
    read_until(process, "thinking")
    aside = set(tmp_path.iterdir()) - set(before)
    assert len(aside) == 1 and aside.pop().name.startswith("."), "the run works in a hidden folder aside"
    process.send_signal(number)
    # The fake sleeps for 60 s; ending well before that is what a cancel is.
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == "Canceled: nothing was written.\n"
    assert sorted(tmp_path.iterdir()) == before


def test_a_cancel_leaves_an_older_result_as_it_was(orthoai, start, image: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    assert orthoai("run", "quick", image, "-o", target)[0] == 0
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    process = start(["run", "slow", image, "-o", target])
    read_until(process, "thinking")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert {path.name: path.read_bytes() for path in target.iterdir()} == before


def test_a_worker_ends_when_its_parent_is_gone(start, fakes: Path, image: Path, tmp_path: Path) -> None:
    # This fake waits in Python, so that the watching thread can run.
    module = fakes / "tasks" / "fake_slow.py"
    module.write_text(module.read_text().replace("ctypes.PyDLL(None).sleep(60)", "time.sleep(60)"))
    process = start(["run", "slow", image, "-o", tmp_path / "out"])
    read_until(process, "thinking")
    process.kill()
    # Our end of the worker's standard error closes only when the worker, too, has ended; by itself it would take 60 s.
    process.communicate(timeout=50)
    assert process.returncode == -signal.SIGKILL


def test_a_request_comes_through_the_pipe_unchanged() -> None:
    request = RunRequest("femur", "a b/ö.nii.gz", "out", "cpu", "compact", '1"2', quiet=True, debug=True)
    line = request.to_line("aside")
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert RunRequest.from_line(line) == (request, "aside")


def test_progress_lines_are_few_and_hold_the_first_and_the_last(capsys: pytest.CaptureFixture[str]) -> None:
    lines = ProgressLines()
    for step in range(1001):
        lines("segment", step / 1000, f"window {step}")
    lines("write", 0.0, "writing")
    shown = capsys.readouterr().err.splitlines()
    assert len(shown) <= 23
    assert shown[0] == "segment      0%  window 0"
    assert shown[-2:] == ["segment    100%  window 1000", "write        0%  writing"]
