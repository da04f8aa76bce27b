"""A folder's path that is typed counts when the typing rests, and not at each letter."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from orthoai.review import Verdict
from OrthoAILib.Review import Worklist as worklists
from OrthoAILib.Review import WorklistFile as files
from review_room import CASES, click, openFolder, press, review


def typePath(room, name, path):
    """Letter by letter, into the field that has the focus."""
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QLineEdit

    line = room.child(name).findChild(QLineEdit)
    line.setFocus()
    room.host.processEvents()
    QTest.keyClicks(line, str(path))
    room.host.processEvents()


@pytest.fixture
def searched(monkeypatch):
    """The folders that were searched for images."""
    found, find = [], worklists.find_images

    def told(folder: Path):
        found.append(str(folder))
        return find(folder) if Path(folder).name == "cases" else ()

    monkeypatch.setattr(worklists, "find_images", told)
    return found


def test_only_the_whole_path_of_a_worklist_is_searched_for_images(room, folder, searched):
    typePath(room, "worklistFolder", folder)
    assert searched == [] and room.node.worklistFolder == ""
    assert room.host.processEvents(5, until=lambda: bool(searched))
    assert searched == [str(folder)] and room.node.worklistFolder == str(folder)
    assert room.child("caseText").text == "0 of 3 decided"


def test_no_beginning_of_the_training_sets_path_is_made_a_folder(room, folder, tmp_path, monkeypatch):
    write = files.writeText

    def readOnly(path, text):
        if path.parent == folder:
            raise OSError(errno.EROFS, "Read-only file system")
        write(path, text)

    monkeypatch.setattr(files, "writeText", readOnly)
    openFolder(room, folder)
    click(room, "nextButton")
    review(room)
    click(room, "rejectButton")
    before = set(tmp_path.iterdir())
    typePath(room, "exportFolder", room.training)
    assert room.host.processEvents(5, until=lambda: room.node.exportFolder == str(room.training))
    assert set(tmp_path.iterdir()) - before == {room.training}


@pytest.mark.parametrize("name", ["exportFolder", "worklistFolder"])
def test_a_path_that_is_chosen_or_set_by_a_script_counts_at_once(room, folder, name):
    room.child(name).setCurrentPath(str(folder))
    assert getattr(room.node, name) == str(folder)


def test_an_export_goes_to_the_folder_that_was_just_typed(room, tmp_path):
    room.child("exportFolder").setCurrentPath(str(tmp_path / "old"))
    room.panel.verdicts.choose(Verdict.APPROVED)
    room.child("exportFolder").setCurrentPath("")
    room.child("exportFolder").setCurrentPath(str(tmp_path / "old"))
    typePath(room, "exportFolder", "er")
    press(room, "Ctrl+Shift+E")
    assert room.host.processEvents(until=lambda: not room.panel.export.isBusy)
    assert (tmp_path / "older").is_dir() and not (tmp_path / "old").exists()


def test_what_is_being_typed_is_not_written_over(room, folder):
    typePath(room, "worklistFolder", folder)
    room.child("exportFolder").setCurrentPath(str(room.training))
    assert room.child("worklistFolder").currentPath == str(folder)


def test_the_next_case_is_one_of_the_folder_that_was_just_typed(room, folder):
    openFolder(room, folder.parent)
    room.child("worklistFolder").setCurrentPath("")
    typePath(room, "worklistFolder", folder)
    press(room, "Ctrl+PgDown")
    assert room.node.inputVolume.GetName() == Path(CASES[0]).stem
