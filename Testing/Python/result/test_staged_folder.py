"""Output folders appear whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from orthoai.errors import Canceled, InputError
from orthoai.output import staged_folder

NOBODY = 65534

OLDER = {"schema_version": 1, "task": "femur", "provenance": {}}
"""What a result.json without "files" holds at least."""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def older_output(target: Path) -> Path:
    target.mkdir()
    (target / "result.json").write_text(json.dumps(OLDER))
    (target / "overview.png").write_text("old")
    return target


def as_nobody(action: Callable[[], None]) -> int:
    """Exit code of ``action`` in a child without root's rights: 0 done, 2 InputError, 1 anything else."""
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            action()
            os._exit(0)
        except InputError:
            os._exit(2)
        except BaseException:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def write(target: Path) -> None:
    with staged_folder(target) as folder:
        (folder / "result.json").write_text("{}")


def test_the_folder_appears_at_the_end_and_not_before(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with staged_folder(target) as folder:
        (folder / "a.txt").write_text("a")
        assert not target.exists()
        assert folder.parent == tmp_path  # The same disk, so that the rename is one step.
    assert names(tmp_path) == ["out"]
    assert names(target) == ["a.txt"]


@pytest.mark.parametrize("error", [RuntimeError("x"), Canceled(), KeyboardInterrupt(), InputError("x"), SystemExit(1)])
def test_any_error_or_cancel_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)), staged_folder(tmp_path / "new" / "parent" / "out") as folder:
        (folder / "half.nii.gz").write_text("half")
        raise error
    assert names(tmp_path) == []


def test_an_older_output_is_replaced_whole(tmp_path: Path) -> None:
    target = older_output(tmp_path / "out")
    write(target)
    assert names(target) == ["result.json"]
    assert names(tmp_path) == ["out"]


def test_an_older_output_survives_a_failed_run(tmp_path: Path) -> None:
    target = older_output(tmp_path / "out")
    with pytest.raises(RuntimeError), staged_folder(target) as folder:
        (folder / "result.json").write_text("new")
        raise RuntimeError
    assert names(tmp_path) == ["out"]
    assert (target / "overview.png").read_text() == "old"


def test_an_older_output_survives_a_failed_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = older_output(tmp_path / "out")
    rename = Path.rename

    def refuse(self: Path, other: Path) -> Path:
        if other == target and ".partial-" in self.name and not (self / "overview.png").exists():
            raise PermissionError(errno.EACCES, "no")
        return rename(self, other)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(InputError, match="permission"):
        write(target)
    assert names(tmp_path) == ["out"]
    assert (target / "overview.png").read_text() == "old"


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write(tmp_path / "out")
    assert names(tmp_path / "out") == ["result.json"]


@pytest.mark.parametrize(
    "content",
    [
        None,
        "{}",
        "[1]",
        "no json",
        "[" * 100_000,
        '{"schema_version": "2.1.0", "results": []}',
        '{"schema_version": 1, "task": "femur"}',
        *(json.dumps({**OLDER, "schema_version": version}) for version in (None, "1", True, 0)),
        *(json.dumps({**OLDER, "files": files}) for files in (None, 5, [{}], [[1]])),
    ],
)
def test_a_folder_of_somebody_else_is_never_replaced(tmp_path: Path, content: str | None) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "thesis.docx").write_text("years of work")
    if content is not None:
        (target / "result.json").write_text(content)
    with pytest.raises(InputError, match="holds other files"), staged_folder(target):
        pytest.fail("the run must not even start")
    assert (target / "thesis.docx").read_text() == "years of work"
    assert names(tmp_path) == ["out"]


def test_files_that_appear_during_the_run_are_not_lost(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with pytest.raises(InputError, match="holds other files"), staged_folder(target):
        target.mkdir()
        (target / "thesis.docx").write_text("years of work")
    assert names(tmp_path) == ["out"]
    assert names(target) == ["thesis.docx"]


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(InputError, match="is a file"):
        write(tmp_path / "out")
    with pytest.raises(InputError, match="file is in the way"):
        write(tmp_path / "out" / "deeper")
    assert names(tmp_path) == ["out"]


def test_a_link_to_itself_is_named_whether_it_is_written_or_read(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for target, source in (("loop", None), ("loop/out", None), ("out", tmp_path / "loop")):
        with pytest.raises(InputError, match="loop"), staged_folder(tmp_path / target, source=source) as folder:
            pytest.fail(f"{folder} was made")
    assert names(tmp_path) == ["loop"]


def test_the_folder_has_the_rights_of_any_new_folder(tmp_path: Path) -> None:
    write(tmp_path / "out")
    (tmp_path / "plain").mkdir()
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_no_write_access_is_an_input_error_also_where_the_tests_run_as_root() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        assert as_nobody(lambda: write(folder / "allowed")) == 0
        folder.chmod(0o555)
        assert as_nobody(lambda: write(folder / "out")) == 2
        assert as_nobody(lambda: write(folder / "new" / "out")) == 2
        assert names(folder) == ["allowed"]
        folder.chmod(0o777)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.EACCES, "No permission"),
        (errno.EPERM, "No permission"),
        (errno.EROFS, "read-only"),
        (errno.ENOSPC, "full"),
        (errno.EDQUOT, "full"),
        (errno.EIO, "cannot be written"),
    ],
)
def test_each_refusal_to_make_the_folder_has_its_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(InputError, match=words):
        write(tmp_path / "out")


def test_a_disk_that_fills_up_during_the_run_leaves_nothing(
    tmp_path: Path, small_disk: Callable[[int], AbstractContextManager[None]]
) -> None:
    target = older_output(tmp_path / "out")
    with small_disk(10_000), pytest.raises(InputError, match="full"), staged_folder(target) as folder:
        (folder / "large").write_bytes(bytes(100_000))
    assert names(tmp_path) == ["out"]
    assert (target / "overview.png").read_text() == "old"


def test_other_system_errors_of_the_run_are_not_disguised(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), staged_folder(tmp_path / "out"):
        (tmp_path / "missing").read_text()
    assert names(tmp_path) == []


def told_output(target: Path, *files: str) -> Path:
    target.mkdir()
    for file in files:
        (target / file).write_text("old")
    (target / "result.json").write_text(json.dumps({**OLDER, "files": list(files)}))
    return target


def test_an_older_output_that_tells_its_files_is_replaced_when_it_holds_no_others(tmp_path: Path) -> None:
    target = told_output(tmp_path / "out", "overview.png")
    (target / ".DS_Store").write_text("of a file manager")
    write(target)
    assert names(target) == ["result.json"]


def test_a_file_that_an_older_output_does_not_tell_is_never_lost(tmp_path: Path) -> None:
    target = told_output(tmp_path / "out", "overview.png")
    (target / "corrected.nii.gz").write_text("an afternoon of work")
    with pytest.raises(InputError, match=r"holds corrected\.nii\.gz"), staged_folder(target):
        pytest.fail("the run must not even start")
    with staged_folder(target, besides=("corrected.nii.gz",)) as folder:
        (folder / "result.json").write_text("{}")
    assert names(target) == ["result.json"]


def test_an_older_output_that_tells_no_files_may_lose_only_what_orthoai_writes(tmp_path: Path) -> None:
    target = older_output(tmp_path / "out")
    (target / "thesis.docx").write_text("years of work")
    with pytest.raises(InputError, match=r"holds thesis\.docx"):
        write(target)
    assert names(target) == ["overview.png", "result.json", "thesis.docx"]


@pytest.mark.parametrize("read", ["overview.png", "."])
def test_what_is_read_is_never_replaced(tmp_path: Path, read: str) -> None:
    target = older_output(tmp_path / "out")
    with pytest.raises(InputError, match="would be replaced"), staged_folder(target, source=target / read):
        pytest.fail("the run must not even start")


@pytest.mark.parametrize("name", [".git", ".notes.txt"])
def test_a_hidden_file_of_a_person_is_never_lost(tmp_path: Path, name: str) -> None:
    target = told_output(tmp_path / "out", "overview.png")
    (target / name).write_text("years of work")
    with pytest.raises(InputError, match=f"holds {name}"):
        write(target)


def test_what_a_killed_run_left_in_a_folder_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "out" / ".0123456789ab.partial-out").mkdir(parents=True)
    write(tmp_path / "out")
    assert names(tmp_path / "out") == ["result.json"]


def test_a_folder_whose_surroundings_cannot_be_written_is_filled() -> None:
    # Not below pytest's own folders, which other users cannot enter.
    with tempfile.TemporaryDirectory() as folder:
        around, target = Path(folder), Path(folder) / "out"
        target.mkdir()
        target.chmod(0o777)
        around.chmod(0o555)
        assert as_nobody(lambda: write(target)) == 0
        assert names(target) == ["result.json"] and names(around) == ["out"]
        around.chmod(0o755)


@pytest.mark.parametrize(
    "is_stuck",
    [lambda old, new: old.name == "z.html", lambda old, new: new.parent.name == "out" and new.name == "result.json"],
    ids=["an old file", "a new file"],
)
def test_a_file_that_cannot_be_replaced_leaves_the_older_output_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_stuck: Callable[[Path, Path], bool]
) -> None:
    target = told_output(tmp_path / "out", "a.png", "z.html")
    monkeypatch.chdir(target)
    rename, refused = Path.rename, []

    def refuse(self: Path, other: Path) -> Path:
        if is_stuck(self, other) and not refused:
            refused.append(self)
            raise PermissionError(errno.EACCES, "open in a viewer")
        return rename(self, other)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(InputError, match="permission"):
        write(target)
    assert names(target) == ["a.png", "result.json", "z.html"] and names(tmp_path) == ["out"]
    assert (target / "a.png").read_text() == "old"


@pytest.mark.parametrize("code", [errno.EBUSY, errno.EXDEV])
def test_a_folder_that_cannot_be_moved_is_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    target = told_output(tmp_path / "out", "overview.png")
    rename = Path.rename

    def refuse(self: Path, other: Path) -> Path:
        if self == target or other == target:
            raise OSError(code, "a mount point")
        return rename(self, other)

    monkeypatch.setattr(Path, "rename", refuse)
    with staged_folder(target) as folder:
        (folder / "result.json").write_text("{}")
        (folder / "masks").mkdir()
        (folder / "masks" / "one.nii.gz").write_text("mask")
    assert names(target) == ["masks", "result.json"] and names(target / "masks") == ["one.nii.gz"]
    assert names(tmp_path) == ["out"]


def test_a_folder_that_cannot_be_moved_keeps_its_files_when_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = told_output(tmp_path / "out", "overview.png")
    monkeypatch.chdir(target)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(InputError, match="is full"):
        write(target)
    assert names(target) == ["overview.png", "result.json"] and names(tmp_path) == ["out"]


def test_the_folder_that_one_works_in_stays_the_same_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out"
    target.mkdir()
    before = target.stat().st_ino
    monkeypatch.chdir(target)
    write(target)
    assert target.stat().st_ino == before and names(Path.cwd()) == ["result.json"]


def test_a_folder_that_is_filled_calls_itself_whole_only_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out"
    target.mkdir()
    monkeypatch.chdir(target)
    rename, put = Path.rename, []

    def noted(self: Path, other: Path) -> Path:
        put.append(other)
        return rename(self, other)

    monkeypatch.setattr(Path, "rename", noted)
    with staged_folder(target) as folder:
        for name in ("overview.png", "result.json", "segmentation.nii.gz"):
            (folder / name).write_text("{}")
    assert [path.name for path in put if path.parent == target][-1] == "result.json"


def test_a_folder_in_whose_subfolder_one_works_stays_the_same_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = told_output(tmp_path / "out")
    (target / "inner").mkdir()
    before = target.stat().st_ino
    monkeypatch.chdir(target / "inner")
    with staged_folder(target, besides=("inner",)) as folder:
        (folder / "result.json").write_text("{}")
    assert target.stat().st_ino == before
