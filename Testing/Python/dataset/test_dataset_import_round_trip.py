"""What one of our formats or another tool's wrote comes back to half a pixel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from dataset_fakes import filled, overlap
from hypothesis import given, settings
from hypothesis import strategies as st
from import_fakes import NAMES, annotations, coco, labelme, packed, pixels, png, read, runs_of, save
from orthoai.dataset import Dataset, save_case
from orthoai.dataset.exporters import get_exporter
from orthoai.dataset.exporters.look import look_of
from orthoai.dataset.exporters.outline import parts_of
from orthoai.dataset.exporters.pictures import draw_pictures
from orthoai.dataset.importers import get_importer
from orthoai.dataset.importers.classes import VERTEBRAL_FRACTURES, ClassTable
from orthoai.dataset.importers.layout import import_pictures
from orthoai.dataset.importers.run_lengths import unpacked
from orthoai.progress import Progress

HALF_PIXEL = 0.5

WRITERS = {"labelme": labelme, "coco": coco}


@given(objects=annotations)
@settings(max_examples=15, deadline=None)
@pytest.mark.parametrize("kind", list(WRITERS))
def test_polygons_come_back_also_through_the_common_layout(kind: str, objects: list) -> None:
    with TemporaryDirectory() as scratch:
        source, made = Path(scratch) / "source", Path(scratch) / "made"
        save(source, "a.json", WRITERS[kind](objects), pixels())
        done = import_pictures(get_importer(kind), source, made, ClassTable(), Progress())
        for pictures in (read(kind, source), read("yolo", made)):
            (picture,) = pictures
            assert np.array_equal(picture.pixels, pixels())
            assert [NAMES[shape.value] for shape in picture.shapes] == [name for name, _ in objects]
            for shape, (_, corners) in zip(picture.shapes, objects, strict=True):
                assert np.abs(shape.outline - corners).max() < HALF_PIXEL
        assert sum(done.objects.values()) == len(objects)


@given(objects=annotations, is_packed=st.booleans())
@settings(max_examples=30, deadline=None)
def test_run_lengths_give_their_mask_back(objects: list, is_packed: bool) -> None:
    mask = filled(objects[0][1], pixels().shape)
    content = coco(objects[:1])
    content["annotations"][0]["segmentation"] = packed(runs_of(mask)) if is_packed else runs_of(mask)
    with TemporaryDirectory() as scratch:
        save(Path(scratch), "a.json", content, pixels())
        if not parts_of(mask):
            return
        ((shape,),) = (picture.shapes for picture in read("coco", Path(scratch)))
    assert overlap(filled(shape.outline, mask.shape), mask) > 0.98


@pytest.mark.parametrize("name", ["yolo-segment", "yolo-detect"])
def test_what_our_exporters_write_comes_back(rods: Callable, tmp_path: Path, name: str) -> None:
    for seed in range(3):
        save_case(tmp_path / "data", *rods(seed, study=f"1.{seed}", task="ovf"))
    dataset = Dataset(tmp_path / "data")
    made = get_exporter(name).export(dataset, tmp_path / "out", Progress()) / "ovf"
    classes = ClassTable(("femur_right", "femur_left"))
    pictures = {picture.name: picture for picture in read("yolo", made, classes)}
    expected = {
        f"{case.name}_{drawn.name}": drawn
        for case in dataset.cases()
        for drawn in draw_pictures(case.image(), case.labels().voxels, [1, 2], look_of("ovf", "CT"), Progress())
    }
    assert {picture.split("/")[1] for picture in pictures} == set(expected)
    assert {picture.split("/")[0] for picture in pictures} == {"train", "val"}
    for side_and_name, picture in pictures.items():
        drawn = expected[side_and_name.split("/")[1]]
        assert np.array_equal(picture.pixels, drawn.pixels)
        # Our classes are named the other way round: femur_left, the value 1, has become number 1 again by its name.
        assert [1 - shape.value for shape in picture.shapes] == [shape.value - 1 for shape in drawn.shapes]
        for shape, original in zip(picture.shapes, drawn.shapes, strict=True):
            if name == "yolo-segment":
                assert np.abs(shape.outline - original.outline).max() < HALF_PIXEL
            assert np.abs(np.subtract(shape.box, original.box)).max() < HALF_PIXEL


def test_an_import_can_be_imported_again_and_stays_the_same(tmp_path: Path) -> None:
    square = np.array([(10, 10), (30, 10), (30, 25), (10, 25)], float)
    save(tmp_path / "source", "a.json", labelme([("sa", square)]), pixels())
    first = import_pictures(get_importer("labelme"), tmp_path / "source", tmp_path / "1", ClassTable(), Progress())
    second = import_pictures(get_importer("yolo"), first.folder, tmp_path / "2", ClassTable(), Progress())
    for name in ("a.png", "a.txt", "classes.txt"):
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()
    assert (first.folder / "classes.txt").read_text().split() == list(NAMES)
    assert (first.folder / "a.txt").read_text().startswith("2 0.125000 0.166667 0.375000")
    assert (first.folder / "a.png").read_bytes()[:4] == png(pixels())[:4]


def test_a_split_stays(tmp_path: Path) -> None:
    for side in ("train", "valid"):
        save(tmp_path / "source" / side / "images", "note.md", "", pixels())
        save(tmp_path / "source" / side / "labels", "a.txt", "1 0.25 0.5 0.25 0.5\n")
    first = import_pictures(get_importer("yolo"), tmp_path / "source", tmp_path / "1", ClassTable(), Progress())
    second = import_pictures(get_importer("yolo"), first.folder, tmp_path / "2", ClassTable(), Progress())
    for made in (first, second):
        files = sorted(path.relative_to(made.folder).as_posix() for path in made.folder.rglob("*.*"))
        assert files == ["classes.txt", "import.json", "train/a.png", "train/a.txt", "val/a.png", "val/a.txt"]
        assert made.objects["wedge"] == 2


def test_the_training_for_vertebral_fractures_takes_an_import(tmp_path: Path) -> None:
    training = pytest.importorskip("orthoai_training.ovf.dataset")
    square = np.array([(10, 10), (30, 10), (30, 25), (10, 25)], float)
    for n in range(3):
        save(tmp_path / "source" / f"case{n}", "a.json", labelme([("xx", square), ("normal", square + 30)]), pixels(n))
    made = import_pictures(get_importer("labelme"), tmp_path / "source", tmp_path / "made", ClassTable(), Progress())
    assert training.CLASSES == VERTEBRAL_FRACTURES
    taken = training.copy_pictures(tmp_path / "taken", made.folder)
    labels = sorted(taken.rglob("labels/*/*.txt"))
    assert [path.stem for path in labels if path.parent.name == "val"] != []
    assert sorted(path.name for path in labels) == ["case0_a.txt", "case1_a.txt", "case2_a.txt"]
    assert {path.read_text() for path in labels} == {(made.folder / "case0_a.txt").read_text()}


def test_a_string_of_run_lengths_is_read_as_coco_defines_it() -> None:
    """Worked out by hand after rleToString: 40 is "X" (8, and more) and "1"; the next are steps, 4 - 1 = "3" first."""
    counts = [6, 1, 40, 4, 5, 4, 5, 4, 21]
    assert unpacked("61X13mN000`0") == counts
    assert packed({"counts": counts})["counts"] == "61X13mN000`0"
