"""``orthoai dataset import`` makes a folder whole or not at all, and other packages add formats."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest
from command_words import exit_code
from import_fakes import base64_png, labelme, pixels, save
from orthoai.cli.dataset import COMMAND
from orthoai.dataset import formats, importers
from orthoai.dataset.importers import Importer, all_importers, get_importer
from orthoai.dataset.importers.classes import ClassTable
from orthoai.dataset.importers.layout import import_pictures
from orthoai.errors import Canceled, InputError
from orthoai.progress import Progress

run = partial(exit_code, COMMAND)

NAMES = ["labelme", "coco", "yolo"]

SQUARE = np.array([(10, 10), (30, 10), (30, 25), (10, 25)], float)

EXTRA = Importer("extra", "Extra", "Theirs.", lambda source, classes, progress: iter(()))

OVER = replace(EXTRA, name="yolo")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two pictures with a wedge and a rib."""
    for n, patient in enumerate(("one", "two")):
        save(tmp_path / "source" / patient, "a.json", labelme([("xx", SQUARE), ("rib", SQUARE)]), pixels(n))
    return tmp_path / "source"


def test_other_packages_add_formats_but_neither_break_nor_replace_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [
        EntryPoint(name, value, importers.GROUP)
        for name, value in (
            ("extra", f"{__name__}:EXTRA"),
            ("yolo", f"{__name__}:OVER"),
            ("broken", "no_such_module:X"),
            ("wrong", "json:dumps"),
        )
    ]
    monkeypatch.setattr(formats, "entry_points", lambda group: entries if group == importers.GROUP else [])
    assert [importer.name for importer in all_importers()] == [*NAMES, "extra"]
    assert get_importer("yolo") is not OVER
    with pytest.raises(InputError, match="choose one of labelme, coco, yolo, extra"):
        get_importer("voc")


def test_an_import_is_told_in_numbers_without_names(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("import", "--from", "labelme", source, "-o", tmp_path / "made")
    assert run(*words) == 2
    told = capsys.readouterr().err
    assert "--skip-others" in told and not (tmp_path / "made").exists()
    assert run(*words, "--skip-others") == 0
    captured = capsys.readouterr()
    assert Path(captured.out.strip()) == tmp_path / "made"
    assert "Imported 2 pictures: 0 crush, 2 wedge, 0 biconcave, 0 normal." in captured.err
    assert "one" not in captured.err
    made = sorted(path.name for path in (tmp_path / "made").iterdir())
    assert made == ["classes.txt", "import.json", "one_a.png", "one_a.txt", "two_a.png", "two_a.txt"]
    content = json.loads((tmp_path / "made" / "import.json").read_text())
    assert (content["format"], content["pictures"], content["objects"]["wedge"]) == ("labelme", 2, 2)


def test_an_older_import_is_replaced_and_other_folders_are_not(source: Path, tmp_path: Path) -> None:
    words = ("import", "--from", "labelme", source, "-o", tmp_path / "made", "--classes", "rib", "xx")
    assert run(*words) == 0
    assert (tmp_path / "made" / "classes.txt").read_text() == "rib\nxx\n"
    assert [line[0] for line in (tmp_path / "made" / "one_a.txt").read_text().splitlines()] == ["1", "0"]
    assert run(*words) == 0
    assert run(*words[:4], "-o", source, "--classes", "rib", "xx") == 2


def test_a_canceled_import_and_two_pictures_of_one_name_leave_nothing(source: Path, tmp_path: Path) -> None:
    labels = get_importer("labelme")
    classes = ClassTable(skips_others=True)
    with pytest.raises(Canceled):
        import_pictures(labels, source, tmp_path / "made", classes, Progress(is_canceled=lambda: True))
    save(source, "ONE_a.json", labelme([], imageData=base64_png(pixels())))
    with pytest.raises(InputError, match=r"Two pictures would be called"):
        import_pictures(labels, source, tmp_path / "made", classes, Progress())
    with pytest.raises(InputError, match="no picture in source"):
        import_pictures(EXTRA, source, tmp_path / "made", classes, Progress())
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("name", ["classes", "Classes"])
def test_a_picture_whose_labels_would_be_the_class_table_is_refused(tmp_path: Path, name: str) -> None:
    content = labelme([("xx", SQUARE)], imageData=base64_png(pixels()))
    save(tmp_path / "source", f"{name}.json", content)
    with pytest.raises(InputError, match=rf"{name}\.png would be called as the class table; rename it"):
        import_pictures(get_importer("labelme"), tmp_path / "source", tmp_path / "made", ClassTable(), Progress())
    assert not (tmp_path / "made").exists()
    save(tmp_path / "source" / "train", f"{name}.json", content)
    (tmp_path / "source" / f"{name}.json").unlink()
    import_pictures(get_importer("labelme"), tmp_path / "source", tmp_path / "made", ClassTable(), Progress())
    assert len((tmp_path / "made" / "train" / f"{name}.txt").read_text().splitlines()) == 1
