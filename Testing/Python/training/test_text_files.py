"""What a call leaves for the next one."""

from __future__ import annotations

import pytest
from orthoai.errors import InputError
from orthoai_training.claimed_folder import claim_folder
from orthoai_training.text_files import as_read, read_json, write_json, write_text

CONTENT = {"seed": 3, "names": ("a", "ü")}


def test_json_comes_back_as_it_is_compared(tmp_path):
    write_json(tmp_path / "note.json", CONTENT)
    assert read_json(tmp_path / "note.json") == as_read(CONTENT) == {"seed": 3, "names": ["a", "ü"]}


@pytest.mark.parametrize("damaged", [b"", b'{"seed": 3', b"\xff\xfe\x00", b"note", b"[" * 100_000])
def test_a_missing_or_damaged_file_says_nothing(tmp_path, damaged):
    assert read_json(tmp_path / "note.json") is None
    (tmp_path / "note.json").write_bytes(damaged)
    assert read_json(tmp_path / "note.json") is None
    assert read_json(tmp_path / "note.json" / "below") is None


def test_what_cannot_be_read_is_told(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_json(tmp_path)


def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path, monkeypatch):
    file = tmp_path / "note.txt"
    write_text(file, "before")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(file), "replace", full)
    with pytest.raises(InputError, match="is full"):
        write_text(file, "after")
    assert file.read_text() == "before" and [entry.name for entry in tmp_path.iterdir()] == ["note.txt"]


def test_a_disk_that_is_read_only_now_is_told_in_a_sentence(tmp_path, monkeypatch):
    def refused(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    for name in ("write_text", "unlink"):
        monkeypatch.setattr(type(tmp_path), name, refused)
    with pytest.raises(InputError, match="read-only disk"):
        write_text(tmp_path / "note.txt", "after")


def test_a_folder_is_filled_with_one_set_of_options(tmp_path):
    folder = tmp_path / "cases"
    claim_folder(folder, "recipe.json", CONTENT, "other cases")
    (folder / "case").mkdir()
    claim_folder(folder, "recipe.json", CONTENT, "other cases")
    with pytest.raises(InputError, match="holds other cases: choose another --out"):
        claim_folder(folder, "recipe.json", {"seed": 4}, "other cases")
    (folder / "recipe.json").write_text("{")
    with pytest.raises(InputError, match="holds other cases"):
        claim_folder(folder, "recipe.json", CONTENT, "other cases")


def test_a_folder_of_other_files_is_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(InputError, match="holds other files"):
        claim_folder(tmp_path, "recipe.json", CONTENT, "other cases")
    assert [entry.name for entry in tmp_path.iterdir()] == ["letter.txt"]
