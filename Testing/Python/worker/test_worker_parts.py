"""The small parts of the worker, each by itself."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import orthoai
import pytest
from orthoai.errors import Canceled, InputError
from orthoai.worker import tree
from orthoai.worker.channel import Channel
from orthoai.worker.launch import worker_command, worker_environment
from orthoai.worker.leftovers import remove_partial, remove_result
from orthoai.worker.mailbox import TAIL_BYTES, WAITING, Ended, Mailbox, Tail
from orthoai.worker.protocol import MAX_LINE, decode, encode, lines
from orthoai.worker.requests import WorkerExport, WorkerRun
from orthoai.worker.thin import LIMIT, Thinned
from orthoai.worker.wording import failure, lost

# Lines


def test_a_message_is_one_line_of_ascii_and_comes_back() -> None:
    message = {"type": "run", "id": "1", "text": "Knochen\n übergroß \u2028"}
    line = encode(message)
    assert line.isascii() and line.count(b"\n") == 1 and decode(line) == message


def test_a_message_longer_than_a_line_is_refused() -> None:
    empty = len(encode({"type": "x", "text": ""}))
    assert len(encode({"type": "x", "text": "a" * (MAX_LINE - empty)})) == MAX_LINE
    with pytest.raises(ValueError, match="longer"):
        encode({"type": "x", "text": "a" * (MAX_LINE - empty + 1)})


@pytest.mark.parametrize("line", [b"", b"null", b"[]", b"{}", b'{"type": 1}', b"\xff", b"{" * 100_000, b"nan"])
def test_what_is_no_message_is_none(line: bytes) -> None:
    assert decode(line) is None


def test_lines_too_long_or_cut_off_are_skipped_and_the_others_come() -> None:
    longest = b"a" * (MAX_LINE - 1)
    text = [b"one", longest, longest + b"b", b"x" * (3 * MAX_LINE), b"", b"two"]
    assert list(lines(io.BytesIO(b"\n".join(text) + b"\ncut o"))) == [b"one", longest, b"", b"two"]


def test_a_channel_writes_whole_messages_through_a_narrow_pipe() -> None:
    class Narrow(io.BytesIO):
        def write(self, data) -> int:
            return super().write(bytes(data[:3]))

    written = Narrow()
    Channel(io.BytesIO(), written).send({"type": "hello"})
    assert decode(written.getvalue()) == {"type": "hello"}


# Mailbox


def progress(stage: str, fraction: float, job: str = "1") -> dict:
    return {"type": "progress", "id": job, "stage": stage, "fraction": fraction}


def test_newer_progress_of_a_stage_replaces_older_and_nothing_else_is_lost() -> None:
    mailbox = Mailbox()
    letters = [
        {"type": "hello"},
        progress("a", 0.1),
        progress("a", 0.2),
        progress("b", 0.1),
        progress("b", 0.2, "2"),
        {"type": "result", "id": "2"},
        {"type": "result", "id": "2"},
        Ended(0),
    ]
    for letter in letters:
        mailbox.put(letter)
    assert mailbox.take() == [letters[0], *letters[2:]]
    assert mailbox.take() == []


def test_a_mailbox_and_a_tail_have_an_end() -> None:
    mailbox, tail = Mailbox(), Tail()
    for number in range(WAITING + 10):
        mailbox.put(progress(str(number), 0))
        tail.add(b"%03d" % (number % 1000) * 100)
    assert len(mailbox.take()) == WAITING
    assert len(tail.text) == TAIL_BYTES and tail.text.endswith("009")


# Progress


def test_at_most_twenty_reports_pass_in_any_second_whatever_happens() -> None:
    passed: list[float] = []
    now = 0.0
    thinned = Thinned(lambda *news: passed.append(now), clock=lambda: now)
    for step in range(5000):
        now = step * 0.001
        thinned(str(step // 3), (step % 3) / 2, "")
    assert passed[0] == 0.0 and passed[-1] > 3.9
    for start in passed:
        assert sum(start <= time < start + 1.0 for time in passed) <= LIMIT


def test_the_begin_and_the_end_of_a_stage_pass_and_the_middle_is_thinned() -> None:
    passed: list[tuple] = []
    now = 0.0
    thinned = Thinned(lambda *news: passed.append(news), clock=lambda: now)
    for step in range(101):
        now = step * 0.001
        thinned("a", step / 100, "")
    thinned("a", 1.0, "")
    thinned("b", 0.0, "next")
    assert passed == [("a", 0.0, ""), ("a", 1.0, ""), ("b", 0.0, "next")]


# Requests


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"task": "femur", "input": 3, "output": "o"},
        {"task": "femur", "input": "i", "output": "o", "options": {"confidence": "much"}},
        {"task": "femur", "input": "i", "output": "o", "options": {"confidence": 10**400}},
        {"task": "femur", "input": "i", "output": "o", "options": {"boxes": [{"label": "femur_left"}]}},
        {"task": "femur", "input": "i", "output": "o", "options": [1]},
        {"task": "femur", "input": "i", "output": "o", "hints": {"uids": 3}},
    ],
)
def test_a_request_that_cannot_be_read_is_refused_in_one_sentence(content: dict) -> None:
    with pytest.raises(InputError, match="could not read"):
        WorkerRun.from_message({"type": "run", "id": "1", **content})


@pytest.mark.parametrize("formats", [None, [], "monai"])
def test_an_export_without_formats_is_refused(formats: object) -> None:
    with pytest.raises(InputError, match="could not read"):
        WorkerExport.from_message({"type": "export", "id": "1", "dataset": "d", "output": "o", "formats": formats})


def test_a_run_needs_no_more_than_task_input_and_output() -> None:
    message = {"type": "run", "id": "1", "task": "femur", "input": "i", "output": "o"}
    assert WorkerRun.from_message(message) == WorkerRun("femur", Path("i"), Path("o"))


# Launch


def test_the_worker_finds_this_orthoai_wherever_it_is_started_from(tmp_path: Path) -> None:
    """As in Slicer, where the package is a folder of the extension and not installed."""
    (tmp_path / "orthoai.py").write_text("raise SystemExit('the wrong one')")
    environment = worker_environment({**os.environ, "PYTHONPATH": "elsewhere"})
    assert environment["PYTHONPATH"] == os.pathsep.join([str(Path(orthoai.__file__).parents[1]), "elsewhere"])
    command = worker_command()
    code = "import orthoai.worker; print(orthoai.worker.__file__)"
    done = subprocess.run(
        [*command[: command.index("-m")], "-S", "-c", code],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.strip()).parents[2] == Path(orthoai.__file__).parents[1]


def test_another_python_can_be_named_with_or_without_words() -> None:
    assert worker_command("PythonSlicer") == ["PythonSlicer", *worker_command()[1:]]
    assert worker_command(["python", "-X", "dev"])[:3] == ["python", "-X", "dev"]
    assert worker_command()[0] == sys.executable


@pytest.mark.parametrize("module", ["client", "exchange", "launch", "server", "verbs"])
def test_nothing_heavy_is_imported_before_the_first_run(module: str) -> None:
    heavy = ("torch", "SimpleITK", "monai", "onnxruntime", "vtk", "matplotlib", "pydicom", "PIL", "scipy")
    code = f"import sys, orthoai.worker.{module}; print(*[name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


# Processes


def test_windows_ends_the_whole_tree_with_its_own_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[str]] = []
    monkeypatch.setattr(tree, "WINDOWS", True)
    monkeypatch.setattr(tree.subprocess, "Popen", lambda command, **_: calls.append(command))
    tree.kill_tree(4711)
    assert calls == [["taskkill", "/F", "/T", "/PID", "4711"]]
    assert set(tree.group_options()) == {"creationflags"}


def test_the_end_of_a_tree_that_has_ended_is_no_error() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""], **tree.group_options())
    tree.wait_for_end(child)
    tree.kill_tree(child.pid)
    assert child.wait() == 0


# Leftovers


def test_only_the_beginnings_of_the_named_outputs_are_removed(tmp_path: Path) -> None:
    keep = [tmp_path / name for name in ("out", ".0a.partial-other", ".hidden", "partial-out", ".0b.partial-[x]")]
    for folder in (*keep, tmp_path / ".0c.partial-out", tmp_path / ".0d.partial-[y]"):
        (folder / "sub").mkdir(parents=True)
    remove_partial([tmp_path / "out", tmp_path / "[y]", tmp_path / "none" / "out"])
    assert set(tmp_path.iterdir()) == set(keep)


def test_a_folder_that_is_no_result_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    remove_result(tmp_path / "mine")
    assert (tmp_path / "mine").is_dir()


# Sentences


@pytest.mark.parametrize("ready", [True, False])
@pytest.mark.parametrize("code", [None, 0, 1, -9, -11, 3221225477])
def test_a_lost_worker_is_told_in_a_sentence_that_says_what_to_do(code: int | None, ready: bool) -> None:
    sentence = lost(code, ready)
    assert sentence.endswith(".") and "again" in sentence and "\n" not in sentence


def test_only_the_type_of_an_unexpected_error_is_named() -> None:
    for error in (ValueError("Jane Doe"), KeyError("Jane Doe"), OSError(2, "x", "Jane Doe"), ImportError("Jane Doe")):
        kind, sentence = failure(error)
        assert kind == "internal" and "Jane" not in sentence
    assert failure(Canceled())[0] == "canceled"
    assert failure(InputError("Mend it."))[1] == "Mend it."
