"""A folder of cases: which images it has, which is next, and what is remembered where."""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path

import pytest
from at_once import run_script
from orthoai.errors import InputError
from orthoai.file_lock import FileLock
from orthoai.io.image_folder import find_images
from orthoai.review import Verdict
from OrthoAILib.Review import CaseState as CaseStates
from OrthoAILib.Review import WorklistFile as WorklistFiles
from OrthoAILib.Review.CaseState import CaseState, timeAfter
from OrthoAILib.Review.Worklist import Worklist
from OrthoAILib.Review.WorklistFile import FILE_NAME, WorklistFile, WorklistProgress, fallbackName, writeText

DECIDE = """
import sys
from pathlib import Path
from at_once import at_once
from orthoai.review import Verdict
from OrthoAILib.Review.Worklist import Worklist
def step(number):
    worklist = Worklist(Path(sys.argv[1]))
    worklist.open(worklist.cases[number])
    assert worklist.record(Verdict.REJECTED, 0, "", f"comment {number}")
at_once(step, 5)
"""


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return folder


def writeDicom(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(128) + b"DICM" + bytes(16))


@pytest.fixture
def three(tmp_path: Path) -> Path:
    return touch(tmp_path / "cases", "case1.nii.gz", "case10.nrrd", "case2.mha")


def refusing(*folders: Path):
    """A writer that treats ``folders`` as read-only."""

    def write(path: Path, text: str) -> None:
        if path.parent in folders:
            raise OSError(errno.EROFS, "Read-only file system")
        writeText(path, text)

    return write


def test_images_are_found_in_the_order_that_a_person_counts(three):
    assert [entry.name for entry in find_images(three)] == ["case1.nii.gz", "case2.mha", "case10.nrrd"]


def test_other_files_masks_and_hidden_files_are_no_cases(tmp_path):
    touch(tmp_path, "a.nii", "a.seg.nrrd", "notes.txt", ".hidden.nii", FILE_NAME, "B.NII.GZ", "sub/c.nii")
    assert [entry.name for entry in find_images(tmp_path)] == ["a.nii", "B.NII.GZ"]


def test_a_folder_with_dicom_files_is_one_case_wherever_it_lies(tmp_path):
    writeDicom(tmp_path / "p1" / "study" / "series" / "0001")
    writeDicom(tmp_path / "p1" / "study" / "series" / "0002")
    writeDicom(tmp_path / "p2" / "1.dcm")
    touch(tmp_path, "p3/readme.txt")
    found = find_images(tmp_path)
    assert [entry.name for entry in found] == ["p1/study/series", "p2"]
    assert all(entry.is_dicom for entry in found)


def test_a_folder_that_is_not_there_is_one_clear_sentence(tmp_path):
    with pytest.raises(InputError, match="worklist folder cannot be read"):
        Worklist(tmp_path / "absent")


def test_an_empty_folder_is_a_worklist_without_cases(tmp_path):
    worklist = Worklist(tmp_path)
    assert worklist.cases == () and worklist.current is None and worklist.step(1) is None
    assert not worklist.record(Verdict.APPROVED)
    assert list(tmp_path.iterdir()) == []


def test_next_and_previous_walk_the_folder_and_stop_at_its_ends(three):
    worklist = Worklist(three)
    assert worklist.index == -1 and worklist.step(-1) is None
    walked = [worklist.step(1).name for _ in range(3)]
    assert walked == ["case1.nii.gz", "case2.mha", "case10.nrrd"]
    assert worklist.step(1) is None and worklist.current.name == "case10.nrrd"
    assert worklist.step(-1).name == "case2.mha"


def test_verdicts_and_the_open_case_are_remembered(three):
    worklist = Worklist(three)
    worklist.step(1)
    assert worklist.record(Verdict.APPROVED, 2, "MH", "fine")
    worklist.step(1)
    worklist.record(Verdict.REJECTED)
    again = Worklist(three)
    assert again.current.name == "case2.mha" and again.decided == 2
    state = again.state(again.cases[0])
    assert (state.verdict, state.revision, state.reviewer, state.comment) == (
        Verdict.APPROVED,
        2,
        "MH",
        "fine",
    ) and state.updated
    assert again.state(again.cases[2]).verdict is None


def test_a_verdict_that_is_taken_back_leaves_the_case_open(three):
    worklist = Worklist(three)
    worklist.step(1)
    worklist.record(Verdict.APPROVED)
    worklist.record(None)
    assert Worklist(three).decided == 0


def test_the_next_open_case_is_one_that_nobody_has_decided_and_the_most_doubtful_first(three):
    worklist, other = Worklist(three), Worklist(three)
    one, two, ten = worklist.cases
    assert worklist.nextOpen({}) == one
    assert worklist.nextOpen({ten.name: 0.9, two.name: 0.4}) == ten
    worklist.open(two)
    assert worklist.nextOpen({}) == two  # Remembered, but not in the scene.
    assert worklist.nextOpen({}, two) == ten
    assert worklist.nextOpen({two.name: 1.0, one.name: 0.0}, two) == one
    other.open(ten)
    other.record(Verdict.FLAGGED)
    assert worklist.nextOpen({}, two) == one
    other.open(one)
    other.record(Verdict.APPROVED)
    assert worklist.nextOpen({}, two) is None


def test_an_empty_folder_has_no_open_case(tmp_path):
    assert Worklist(tmp_path).nextOpen({}) is None


def test_new_images_do_not_shift_what_is_remembered(three):
    worklist = Worklist(three)
    worklist.open(worklist.cases[1])
    worklist.record(Verdict.FLAGGED)
    touch(three, "case0.nii")
    again = Worklist(three)
    assert again.current.name == "case2.mha" and again.index == 2
    assert again.state(again.current).verdict is Verdict.FLAGGED


def test_two_reviewers_in_one_folder_do_not_lose_each_others_verdicts(three):
    one, other = Worklist(three), Worklist(three)
    one.open(one.cases[0])
    one.record(Verdict.APPROVED)
    other.open(other.cases[1])
    other.record(Verdict.REJECTED)
    again = Worklist(three)
    assert [again.state(case).verdict for case in again.cases] == [Verdict.APPROVED, Verdict.REJECTED, None]


def test_a_read_only_folder_keeps_its_progress_in_the_training_set(three, tmp_path):
    training = tmp_path / "training"

    def open() -> Worklist:
        return Worklist(three, file=WorklistFile(three, training, refusing(three)))

    worklist = open()
    worklist.step(1)
    assert worklist.record(Verdict.APPROVED, 1)
    assert worklist.notice == ""
    assert not (three / FILE_NAME).exists() and (training / fallbackName(three)).is_file()
    again = open()
    assert again.current.name == "case1.nii.gz" and again.decided == 1


def test_no_file_name_is_written_away_from_the_images_and_an_older_file_is_read(three, tmp_path):
    training = tmp_path / "training"
    training.mkdir()
    state = CaseState(Verdict.FLAGGED, comment="metal", updated="2025")
    older = WorklistProgress("case2.mha", {"case2.mha": state, "gone.nii": state})
    (training / fallbackName(three)).write_text(older.toText())
    worklist = Worklist(three, file=WorklistFile(three, training, refusing(three)))
    assert worklist.current.name == "case2.mha" and worklist.state(worklist.current) == state
    worklist.open(worklist.cases[0])
    worklist.record(Verdict.APPROVED, 1)
    text = (training / fallbackName(three)).read_text()
    assert not any(name in text for name in ("case1", "case2", "gone"))
    again = Worklist(three, file=WorklistFile(three, training, refusing(three)))
    assert again.current.name == "case1.nii.gz"
    assert [again.state(case).verdict for case in again.cases] == [Verdict.APPROVED, Verdict.FLAGGED, None]
    again.record(None)
    assert len(json.loads((training / fallbackName(three)).read_text())["cases"]) == 3


def test_verdicts_kept_in_different_places_are_all_seen(three, tmp_path):
    """One reviewer may only read the images' folder, the other one may write there and has a training set, too."""
    places = (WorklistFile(three, tmp_path / "training", refusing(three)), WorklistFile(three, tmp_path / "other"))
    for number, file in enumerate(places):
        worklist = Worklist(three, file=file)
        worklist.open(worklist.cases[number])
        worklist.record(Verdict.REJECTED)
    again = Worklist(three, tmp_path / "training")
    assert [again.state(case).verdict for case in again.cases] == [Verdict.REJECTED, Verdict.REJECTED, None]


def test_two_read_only_folders_share_one_training_set_without_mixing(tmp_path):
    training = tmp_path / "training"
    for name in ("a", "b"):
        folder = touch(tmp_path / name, "case.nii")
        worklist = Worklist(folder, file=WorklistFile(folder, training, refusing(folder)))
        worklist.step(1)
        worklist.record(Verdict.APPROVED if name == "a" else Verdict.REJECTED)
    for name, verdict in (("a", Verdict.APPROVED), ("b", Verdict.REJECTED)):
        again = Worklist(tmp_path / name, training)
        assert again.state(again.cases[0]).verdict is verdict


def test_without_any_place_to_write_the_walk_goes_on_and_says_so(three):
    worklist = Worklist(three, file=WorklistFile(three, None, refusing(three)))
    worklist.step(1)
    assert not worklist.record(Verdict.APPROVED)
    assert "read-only" in worklist.notice
    assert worklist.step(1).name == "case2.mha" and worklist.decided == 1


def test_a_place_that_is_chosen_later_takes_what_was_decided_until_then(three, tmp_path):
    training = tmp_path / "training"
    earlier = Worklist(three, file=WorklistFile(three, training, refusing(three)))
    earlier.open(earlier.cases[2])
    earlier.record(Verdict.FLAGGED)
    worklist = Worklist(three, file=WorklistFile(three, None, refusing(three)))
    worklist.step(1)
    worklist.record(Verdict.REJECTED)
    assert "read-only" in worklist.notice
    worklist.setFallback(training)
    assert worklist.notice == "" and worklist.current.name == "case1.nii.gz" and worklist.decided == 2
    again = Worklist(three, training)
    assert [again.state(case).verdict for case in again.cases] == [Verdict.REJECTED, None, Verdict.FLAGGED]
    assert again.current.name == "case1.nii.gz"


def test_of_two_states_of_a_case_the_newer_counts():
    old, new = (CaseState(verdict, updated=when) for verdict, when in ((Verdict.FLAGGED, "2025"), (None, "2026")))
    one, other = WorklistProgress("a", {"a": old, "b": new}), WorklistProgress("b", {"a": new, "b": old, "c": old})
    assert one.mergedWith(other) == WorklistProgress("a", {"a": new, "b": new, "c": old})
    assert WorklistProgress().mergedWith(other) == other


def test_what_was_decided_last_counts_whatever_the_clocks_say(three, monkeypatch):
    one = Worklist(three)
    one.step(1)
    with monkeypatch.context() as patch:
        patch.setattr(CaseStates, "utc_now", lambda: "2999-01-01T00:00:00Z")
        one.record(Verdict.APPROVED)
    other = Worklist(three)
    other.open(other.cases[0])
    other.record(Verdict.REJECTED)
    assert Worklist(three).state(other.cases[0]).verdict is Verdict.REJECTED
    one.step(1)  # What it remembers is merged with the file.
    assert Worklist(three).state(other.cases[0]).verdict is Verdict.REJECTED


@pytest.mark.parametrize("known", ["tomorrow", "9999-12-31T23:59:59Z"])
def test_a_time_that_nothing_can_come_after_does_no_harm(known):
    assert timeAfter(known) < known


def test_a_place_without_anything_to_keep_stays_empty(three, tmp_path):
    Worklist(three).setFallback(tmp_path / "training")
    assert not (tmp_path / "training").exists() and not (three / FILE_NAME).exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission_is_handled_as_read_only(three, tmp_path):
    three.chmod(0o555)
    try:
        worklist = Worklist(three, tmp_path / "training")
        worklist.step(1)
        assert worklist.record(Verdict.APPROVED) and worklist.notice == ""
    finally:
        three.chmod(0o755)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "3",
        "[" * 100_000,
        '{"schema_version": 9}',
        '{"schema_version": 1, "current": "", "cases": {"a": {}}}',
        '{"schema_version": 1, "current": "", "cases": {"a": {"verdict": null, "revision": Infinity}}}',
    ],
)
def test_a_damaged_file_is_put_aside_and_not_written_over(three, text):
    (three / FILE_NAME).write_text(text)
    worklist = Worklist(three)
    assert "damaged" in worklist.notice and worklist.decided == 0
    worklist.step(1)
    assert (three / f"{FILE_NAME}.damaged").read_text() == text
    assert Worklist(three).current.name == "case1.nii.gz"


def test_the_file_holds_case_names_and_verdicts_and_nothing_else(three):
    worklist = Worklist(three)
    worklist.step(1)
    worklist.record(Verdict.APPROVED, 1, "MH")
    content = json.loads((three / FILE_NAME).read_text())
    assert content["current"] == "case1.nii.gz"
    assert set(content["cases"]["case1.nii.gz"]) == {"verdict", "revision", "reviewer", "comment", "updated"}
    assert sorted(path.name for path in three.iterdir()) == sorted(
        ["case1.nii.gz", "case10.nrrd", "case2.mha", FILE_NAME, f".{FILE_NAME}.lock"]
    )


def test_a_write_that_fails_leaves_the_older_file(three, monkeypatch):
    worklist = Worklist(three)
    worklist.step(1)
    before = (three / FILE_NAME).read_text()

    def full(self: Path, *_arguments: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert not worklist.record(Verdict.APPROVED)
    assert (three / FILE_NAME).read_text() == before


def test_progress_survives_the_way_through_its_text():
    progress = WorklistProgress("fälle/1.nii", {})
    assert WorklistProgress.fromText(progress.toText()) == progress


@pytest.mark.skipif(sys.platform == "win32", reason="the processes are forks")
def test_of_many_processes_that_decide_a_case_each_at_once_none_loses_its_verdict(tmp_path):
    touch(tmp_path, *(f"case{number}.nii.gz" for number in range(5)))
    run_script(DECIDE, tmp_path)
    worklist = Worklist(tmp_path)
    assert [worklist.state(case).comment for case in worklist.cases] == [f"comment {number}" for number in range(5)]
    assert worklist.decided == 5


def test_a_worklist_that_somebody_keeps_locked_is_written_all_the_same(three, monkeypatch):
    monkeypatch.setattr(WorklistFiles, "LONGEST_S", 0.0)
    worklist = Worklist(three)
    with FileLock(three / f".{FILE_NAME}.lock") as hangs:
        assert hangs.acquire(0.0)
        worklist.step(1)
        assert worklist.record(Verdict.APPROVED)
    assert Worklist(three).decided == 1
