"""Pictures and outlines from cases whose bodies are known to the millimeter, and from folders of one's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from orthoai.errors import Canceled, InputError
from orthoai.progress import Progress
from orthoai.spine.stack import OVF_PIXEL_MM, OVF_SIZE
from orthoai.tasks.ovf.labels import CLASSES
from orthoai_training.ovf.dataset import copy_pictures, read_pictures, write_case_pictures
from orthoai_training.ovf.pictures import plain_pictures, training_pictures, validation_pictures
from orthoai_training.ovf.recipe import COMPACT, PAPER
from orthoai_training.ovf.scenes import case_scene
from orthoai_training.progress_lines import TrainingLines
from orthoai_training.spine_ct.case import write_case
from ovf_blocks import BODIES, blocks_case
from PIL import Image

RECIPE = replace(COMPACT, slices_per_case=3, empty_per_case=1, validation_slices=2)


@pytest.mark.parametrize("codes", ["LPS", "RAS", "PIL"])
def test_outlines_have_the_size_of_the_bodies_whatever_the_axes(codes: str) -> None:
    scene = case_scene(blocks_case(codes))
    middle = [one for one in scene.slices() if len(one.bodies) == 3][5]
    (picture,) = plain_pictures(middle, "middle")
    assert picture.pixels.shape == (OVF_SIZE, OVF_SIZE)
    found = {CLASSES[o.kind]: o for o in picture.outlines}
    assert set(found) == {"crush", "normal"}
    x0, y0, x1, y1 = found["crush"].box
    low, high = BODIES[21]
    assert (x1 - x0) * OVF_PIXEL_MM == pytest.approx(30, abs=0.3)
    assert (y1 - y0) * OVF_PIXEL_MM == pytest.approx(high - low, abs=0.3)


def test_a_body_is_annotated_where_it_is_wide_enough() -> None:
    slices = list(case_scene(blocks_case()).slices())
    # Blocks are as large at their sides as in their middle: 36 mm in slices of 3 mm.
    assert sum(len(one.bodies) == 3 for one in slices) == 12
    assert not slices[0].bodies and not slices[-1].bodies


def test_a_body_cut_by_the_field_of_view_is_not_asked_for() -> None:
    scene = case_scene(blocks_case(whole=False))
    middle = [one for one in scene.slices() if one.bodies][5]
    assert len(middle.bodies) == 2 and [block.id for block in middle.others] == [22]
    (picture,) = plain_pictures(middle, "middle")
    low, high = BODIES[22]
    assert picture.ignored.sum() * OVF_PIXEL_MM**2 == pytest.approx(30 * (high - low), rel=0.1)


def test_training_pictures_come_from_the_seed_and_keep_their_outlines_on_the_bodies() -> None:
    scene = case_scene(blocks_case())
    one, again = (training_pictures(scene, "case", RECIPE, 3) for _ in range(2))
    other = training_pictures(scene, "case", RECIPE, 4)
    assert len(one) == 4 and [p.name for p in one] == [p.name for p in again]
    assert all((a.pixels == b.pixels).all() for a, b in zip(one, again, strict=True))
    assert any((a.pixels != b.pixels).any() for a, b in zip(one, other, strict=True))
    for picture in one:
        for outline in picture.outlines:
            x0, y0, x1, y1 = (round(edge) for edge in outline.box)
            inside = picture.pixels[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2]
            assert inside.mean() > picture.pixels[y0 + 2 : y1 - 2, x1 + 3 : x1 + 8].mean() + 30


def test_what_lies_outside_the_scan_stays_black() -> None:
    for picture in training_pictures(case_scene(blocks_case()), "case", RECIPE, 3):
        assert (picture.pixels == 0).mean() > 0.8


def test_validation_pictures_are_spread_and_all_show_bodies() -> None:
    found = validation_pictures(case_scene(blocks_case()), "case", 3)
    assert len({picture.name for picture in found}) == 3 and all(picture.outlines for picture in found)


def test_the_data_set_reads_back_as_it_was_drawn(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_case(blocks_case(), tmp_path / name)
    folder = write_case_pictures(tmp_path / "set", [tmp_path / "a"], [tmp_path / "b"], RECIPE)
    assert "3: normal" in (folder / "data.yaml").read_text()
    read = list(read_pictures(folder, "val"))
    drawn = validation_pictures(case_scene(blocks_case()), "b", 2)
    assert [p.name for p in read] == [p.name for p in drawn]
    for one, two in zip(read, drawn, strict=True):
        assert (one.pixels == two.pixels).all()
        assert [o.kind for o in one.outlines] == [o.kind for o in two.outlines]
        assert np.allclose(one.outlines[0].ring, two.outlines[0].ring, atol=1e-3)


def test_a_case_on_both_sides_or_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="training and in validation"):
        write_case_pictures(tmp_path / "set", [tmp_path / "a"], [tmp_path / "a"], RECIPE)
    with pytest.raises(InputError, match="at least two"):
        write_case_pictures(tmp_path / "set", [tmp_path / "a"], [], RECIPE)


def test_a_canceled_data_set_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Canceled):
        write_case_pictures(
            tmp_path / "set", [tmp_path / "a"], [tmp_path / "b"], RECIPE, progress=Progress(is_canceled=lambda: True)
        )
    assert list(tmp_path.iterdir()) == []


def test_own_pictures_keep_their_split_and_their_outlines(tmp_path: Path) -> None:
    own = tmp_path / "own"
    for split in ("train", "val"):
        (own / "images" / split).mkdir(parents=True)
        (own / "labels" / split).mkdir(parents=True)
        Image.fromarray(np.full((40, 30, 3), 90, np.uint8)).save(own / "images" / split / "one.png")
        (own / "labels" / split / "one.txt").write_text("1 0.1 0.1 0.6 0.1 0.6 0.5 0.1 0.5\n")
    folder = copy_pictures(tmp_path / "set", own)
    (picture,) = read_pictures(folder, "val")
    assert picture.pixels.shape == (40, 30) and CLASSES[picture.outlines[0].kind] == "wedge"
    assert picture.outlines[0].box == pytest.approx((3, 4, 18, 20))


def _picture(file: Path, gray: int = 0) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((8, 8), gray, np.uint8)).save(file)


def test_own_pictures_as_they_are_saved_on_windows_are_taken(tmp_path: Path) -> None:
    """Those with a suffix in capitals were left out in silence."""
    for name in ("one.PNG", "two.png"):
        _picture(tmp_path / "own" / name)
        (tmp_path / "own" / name[:3]).with_suffix(".txt").write_bytes(b"\xef\xbb\xbf1 0.1 0.1 0.6 0.1 0.6 0.5\r\n")
    folder = copy_pictures(tmp_path / "set", tmp_path / "own")
    found = [picture for split in ("train", "val") for picture in read_pictures(folder, split)]
    assert sorted(picture.name for picture in found) == ["one", "two"]
    assert all(len(picture.outlines) == 1 for picture in found)


@pytest.mark.parametrize("side", ["val", "valid", "validation"])
def test_a_yolo_folder_trains_on_neither_its_validation_nor_its_test_pictures(tmp_path: Path, side: str) -> None:
    own = tmp_path / "own"
    for gray, (split, name) in enumerate([("train", "a"), ("train", "b"), (side, "c"), ("test", "d"), ("test", "e")]):
        _picture(own / split / "images" / f"{name}.png", gray)
    told: list[str] = []
    progress = Progress(lambda stage, share, message: told.append(message))
    folder = copy_pictures(tmp_path / "set", own, progress=progress)
    assert [picture.pixels[0, 0] for picture in read_pictures(folder, "train")] == [0, 1]
    assert [picture.pixels[0, 0] for picture in read_pictures(folder, "val")] == [2]
    assert told[0] == "left out, in test: 2 of 5"


def test_a_data_file_says_which_own_pictures_train(tmp_path: Path) -> None:
    own = tmp_path / "own"
    for gray, name in enumerate(["one/a", "one/b", "two/c", "three/d", "four/e"]):
        _picture(own / f"{name}.png", gray)
    (own / "data.yaml").write_text("names: [crush, wedge]\ntrain: one\nval: two\ntest: three\n")
    told: list[str] = []
    progress = Progress(lambda stage, share, message: told.append(message))
    folder = copy_pictures(tmp_path / "set", own, progress=progress)
    assert [picture.pixels[0, 0] for picture in read_pictures(folder, "train")] == [0, 1]
    assert [picture.pixels[0, 0] for picture in read_pictures(folder, "val")] == [2]
    assert told[0] == "left out, in test: 1, not in data.yaml: 1 of 5"
    (own / "data.yaml").write_text("names: [crush, wedge]\ntrain: [one, two, three, four]\ntest: ../test/images\n")
    told.clear()
    assert copy_pictures(tmp_path / "whole", own, progress=progress).is_dir()
    assert told[0] == "../test/images, which data.yaml names under test, is not there"
    (own / "data.yaml").write_text("names: [crush]\nval: gone\n")
    with pytest.raises(InputError, match="names gone under val"):
        copy_pictures(tmp_path / "other", own)
    assert not (tmp_path / "other").exists()


def test_what_is_left_out_is_shown_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for gray, name in enumerate(["one/a", "one/b", "test/c", "more/d"]):
        _picture(tmp_path / "own" / f"{name}.png", gray)
    (tmp_path / "own" / "data.yaml").write_text("names: [crush]\ntrain: one\n")
    copy_pictures(tmp_path / "set", tmp_path / "own", progress=Progress(TrainingLines()))
    assert "left out, in test: 1, not in data.yaml: 1 of 4" in capsys.readouterr().err


def test_jpegs_in_the_parts_of_a_data_file_are_not_its_fault(tmp_path: Path) -> None:
    own = tmp_path / "own"
    for gray, name in enumerate(["one/a.png", "one/b.png", "two/c.jpg", "three/d.jpg"]):
        _picture(own / name, gray)
    (own / "data.yaml").write_text("names: [crush]\ntrain: one\nval: two\n")
    assert len(list(read_pictures(copy_pictures(tmp_path / "set", own), "train"))) == 1
    (own / "data.yaml").write_text("names: [crush]\ntrain: three\nval: two\n")
    with pytest.raises(InputError, match="fewer than two PNG pictures in the parts that"):
        copy_pictures(tmp_path / "other", own)


def test_test_pictures_alone_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        _picture(tmp_path / "own" / "test" / f"{name}.png")
    with pytest.raises(InputError, match="fewer than two PNG pictures outside of test"):
        copy_pictures(tmp_path / "set", tmp_path / "own")


def test_pictures_that_would_get_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a/b", "a_b", "c"):
        _picture(tmp_path / "own" / f"{name}.png")
    with pytest.raises(InputError, match=r"^a/b\.png and a_b\.png would get one name .*: rename one of them\.$"):
        copy_pictures(tmp_path / "set", tmp_path / "own")
    assert not (tmp_path / "set").exists()


def test_pictures_that_all_validate_are_refused(tmp_path: Path) -> None:
    (tmp_path / "own" / "val").mkdir(parents=True)
    for name in ("a", "b"):
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "own" / "val" / f"{name}.png")
    with pytest.raises(InputError, match="put some into train"):
        copy_pictures(tmp_path / "set", tmp_path / "own")
    assert not (tmp_path / "set").exists()


def test_a_class_written_with_a_point_reads_back(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for name in ("a", "b"):
        Image.fromarray(np.zeros((10, 10), np.uint8)).save(own / f"{name}.png")
        (own / f"{name}.txt").write_text("1.0 0.1 0.1 0.6 0.1 0.6 0.5\n")
    (picture,) = read_pictures(copy_pictures(tmp_path / "set", own), "val")
    assert CLASSES[picture.outlines[0].kind] == "wedge"


def _wedges(folder: Path, number: int) -> Path:
    """Two pictures with an outline each, of class ``number``."""
    folder.mkdir()
    for name in ("a", "b"):
        Image.fromarray(np.zeros((10, 10), np.uint8)).save(folder / f"{name}.png")
        (folder / f"{name}.txt").write_text(f"{number} 0.1 0.1 0.6 0.1 0.6 0.5\n")
    return folder


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("classes.txt", "biconcave\ncrush\nWedge fracture\nnormal\n"),
        ("data.yaml", "names: {0: normal, 1: biconcave, 2: xx}\n"),
    ],
)
def test_classes_are_taken_by_the_names_that_the_folder_gives_them(tmp_path: Path, file: str, text: str) -> None:
    own = _wedges(tmp_path / "own", 2)
    (own / file).write_text(text)
    (picture,) = read_pictures(copy_pictures(tmp_path / "set", own), "val")
    assert CLASSES[picture.outlines[0].kind] == "wedge"


def test_classes_that_the_network_does_not_know_are_refused(tmp_path: Path) -> None:
    own = _wedges(tmp_path / "own", 0)
    (own / "classes.txt").write_text("rib\nsacrum\n")
    with pytest.raises(InputError, match=r"^own has the classes rib, sacrum; this network .* --classes\.$"):
        copy_pictures(tmp_path / "set", own)
    assert not (tmp_path / "set").exists()


def test_a_picture_whose_window_is_not_known_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(own / "a.png")
    Image.fromarray(np.full((8, 8), 1200, np.uint16)).save(own / "b.png")
    with pytest.raises(InputError, match=r"^b\.png has 16 bits, .*; save it with 8 bits, -200 to 1000 HU\.$"):
        copy_pictures(tmp_path / "set", own)
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize("line", ["4 0 0 1 0 1 1", "0 0.1 0.2", "0 0 0 2 0 1 1", "wedge 0 0 1 0 1 1"])
def test_a_line_that_is_no_outline_is_refused(tmp_path: Path, line: str) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for name in ("a", "b"):
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(own / f"{name}.png")
        (own / f"{name}.txt").write_text(line)
    with pytest.raises(InputError, match="no outline"):
        copy_pictures(tmp_path / "set", own)
    assert not (tmp_path / "set").exists()


def test_the_paper_s_recipe_is_the_paper_s() -> None:
    recipe = PAPER.yolo
    assert (recipe.epochs, recipe.batch, recipe.learning_rate, recipe.final_fraction) == (300, 16, 0.01, 0.01)
    assert (recipe.optimizer, recipe.weight_decay) == ("AdamW", 5e-5)
    assert (recipe.flip, recipe.scale, recipe.degrees, recipe.mosaic, recipe.mosaic_off) == (0.5, 0.1, 10.0, 1.0, 0.1)
    assert recipe.class_counts == (120, 198, 325)
