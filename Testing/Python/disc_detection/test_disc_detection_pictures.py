"""Training pictures: boxes stay on the discs, and the data set folder is whole and repeatable."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from orthoai.errors import Canceled, InputError
from orthoai.progress import Progress
from orthoai_training.disc.detection.augment import (
    SceneAugmentation,
    plain_discs,
    plain_lumbar,
    random_discs,
    random_lumbar,
)
from orthoai_training.disc.detection.dataset import Stage, write_dataset
from orthoai_training.disc.detection.recipe import COMPACT, PAPER
from orthoai_training.disc.detection.scene import Scene
from orthoai_training.learning.slice_augmentation import SliceAugmentation
from PIL import Image

PLAIN_GRAY = SliceAugmentation(
    gamma=(1.0, 1.0),
    gain=(1.0, 1.0),
    offset=(0.0, 0.0),
    curve_probability=0.0,
    bias_probability=0.0,
    noise_probability=0.0,
    coarse_probability=0.0,
)
TURNED_ONLY = SceneAugmentation(degrees=15.0, region_jitter=0.05, gray=PLAIN_GRAY)
SMALL = replace(COMPACT, yolo=replace(COMPACT.yolo, image_size=96), picture_variants=2, slice_variants=1)


def ellipse_scene(name: str = "picture_001", patient: int = 1) -> Scene:
    """Six bright ellipses on black, 24 by 8 pixels, 40 apart."""
    rows, columns = np.mgrid[:300, :200] + 0.5
    image = np.zeros((300, 200), np.float32)
    turn = np.linspace(0, 2 * np.pi, 60)
    outlines = {}
    for label in range(1, 7):
        row, column = 290 - 40.0 * label, 80 + 3.0 * label
        image[((columns - column) / 12) ** 2 + ((rows - row) / 4) ** 2 <= 1] = 1
        outlines[label] = np.stack([column + 12 * np.cos(turn), row + 4 * np.sin(turn)], axis=1)
    return Scene(name, patient, image, (0.9, 0.9), outlines)


def test_the_plain_pictures_are_those_of_inference() -> None:
    scene = ellipse_scene()
    whole, region = plain_lumbar(scene), plain_discs(scene)
    assert whole.pixels.shape == scene.image.shape and len(whole.boxes) == 1
    box = whole.boxes[0]
    assert region.pixels.shape[0] == pytest.approx(1.1 * (box.y1 - box.y0), abs=2)
    assert [one.label for one in region.boxes] == ["disc"] * 6


@pytest.mark.parametrize("seed", range(8))
def test_turned_boxes_hold_their_discs(seed: int) -> None:
    picture = random_discs(ellipse_scene(), TURNED_ONLY, np.random.default_rng(seed))
    bright = picture.pixels > 128
    held = np.zeros_like(bright)
    for box in picture.boxes:
        held[max(0, int(box.y0)) : int(box.y1) + 1, max(0, int(box.x0)) : int(box.x1) + 1] = True
        assert bright[int(box.y0 + box.y1) // 2, int(box.x0 + box.x1) // 2]
    assert np.count_nonzero(bright & ~held) <= 0.02 * np.count_nonzero(bright)


@pytest.mark.parametrize("seed", range(8))
def test_regions_stay_inside_their_pictures(seed: int) -> None:
    picture = random_lumbar(ellipse_scene(), SceneAugmentation(cut_probability=1.0), np.random.default_rng(seed))
    height, width = picture.pixels.shape
    for box in picture.boxes:
        assert 0 <= box.x0 < box.x1 <= width and 0 <= box.y0 < box.y1 <= height


def test_scenes_without_a_region_give_no_picture() -> None:
    scene = replace(ellipse_scene(), outlines={})
    random = np.random.default_rng(0)
    assert plain_lumbar(scene) is plain_discs(scene) is None
    assert random_lumbar(scene, TURNED_ONLY, random) is random_discs(scene, TURNED_ONLY, random) is None


@pytest.mark.parametrize("stage", list(Stage))
def test_a_data_set_has_every_picture_with_its_boxes_and_is_the_same_again(stage: Stage, tmp_path: Path) -> None:
    train = [ellipse_scene(), ellipse_scene("volume_002_007", 2)]
    validation = [ellipse_scene("picture_003", 3)]
    first = write_dataset(tmp_path / "a", stage, train, validation, SMALL)
    second = write_dataset(tmp_path / "b", stage, train[::-1], validation, SMALL)
    names = sorted(path.name for path in (first / "images" / "train").iterdir())
    assert names == [f"picture_001_0{n}.png" for n in range(3)] + [f"volume_002_007_0{n}.png" for n in range(2)]
    for kind in ("images", "labels"):
        for file in sorted((first / kind).rglob("*.*")):
            assert file.read_bytes() == (second / file.relative_to(first)).read_bytes()
    with Image.open(first / "images" / "val" / "picture_003_00.png") as picture:
        assert max(picture.size) == 96
    lines = (first / "labels" / "val" / "picture_003_00.txt").read_text().splitlines()
    assert len(lines) == (1 if stage is Stage.LUMBAR else 6)
    assert f"0: {stage.label}" in (first / "data.yaml").read_text()


def test_a_patient_on_both_sides_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Patient 1"):
        write_dataset(tmp_path / "a", Stage.DISCS, [ellipse_scene()], [ellipse_scene("other")], SMALL)
    with pytest.raises(InputError, match="to train on"):
        write_dataset(tmp_path / "a", Stage.DISCS, [], [ellipse_scene()], SMALL)


def test_a_cancel_leaves_nothing_behind(tmp_path: Path) -> None:
    progress = Progress(is_canceled=lambda: True)
    with pytest.raises(Canceled):
        write_dataset(tmp_path / "a", Stage.DISCS, [ellipse_scene()], [ellipse_scene("b", 2)], SMALL, progress=progress)
    assert not list(tmp_path.iterdir())


def test_the_papers_recipe_is_the_papers() -> None:
    yolo = PAPER.yolo
    assert (yolo.epochs, yolo.batch, yolo.optimizer) == (100, 8, "SGD")
    assert (yolo.learning_rate, yolo.momentum, PAPER.augmentation.degrees) == (0.02, 0.9, 20.0)
    assert yolo.image_size % 32 == 0 and yolo.image_size >= 400
