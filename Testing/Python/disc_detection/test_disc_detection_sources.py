"""Scenes of the real development sets: boxes are where the sets have discs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from orthoai_training.disc.data.pictures import GradedDisc, PictureCase, read_pictures
from orthoai_training.disc.data.split import fixed_split
from orthoai_training.disc.data.volumes import VolumeCase
from orthoai_training.disc.detection.sources import picture_scene, scenes, volume_scenes


def volume_case() -> VolumeCase:
    """Five slices; the outermost show no canal; six discs of 40 by 10 pixels in all of them."""
    labels = np.zeros((5, 300, 120), np.uint8)
    discs = np.zeros_like(labels)
    for label in range(1, 7):
        discs[:, 290 - 40 * label : 300 - 40 * label, 20:60] = label
    labels[discs > 0] = 2
    labels[1:4, :, 70:85] = 3
    return VolumeCase(9, np.arange(labels.size).reshape(labels.shape).astype(np.uint8), labels, discs, (1.0,) * 3, {})


def test_a_drawn_box_comes_back_as_it_was_drawn() -> None:
    box = (40.0, 50.0, 100.0, 90.0)
    case = PictureCase(3, np.arange(30000).reshape(200, 150) % 255, (0.6, 0.5), (GradedDisc(1, None, box),), "")
    found = picture_scene(case).disc_boxes()[1]
    assert (found.x0, found.y0, found.x1, found.y1) == pytest.approx(box, abs=0.1)


def test_a_box_without_a_level_is_no_lumbar_level() -> None:
    discs = (GradedDisc(None, None, (0.0, 0.0, 40.0, 40.0)),)
    case = PictureCase(3, np.arange(30000).reshape(200, 150) % 255, (0.6, 0.5), discs, "")
    assert min(picture_scene(case).outlines) > 10


def test_neighboring_slices_are_taken_where_they_show_canal_and_discs() -> None:
    found = list(volume_scenes(volume_case(), (-2.0, -1.0, 0.0, 1.0, 2.0, 50.0)))
    assert [scene.name for scene in found] == ["volume_009_001", "volume_009_002", "volume_009_003"]
    assert all(sorted(scene.outlines) == list(range(1, 7)) for scene in found)


def test_the_rim_of_a_disc_is_no_disc() -> None:
    case = volume_case()
    case.discs[2][case.discs[2] == 3] = 0
    case.discs[2, 170:175, 20:30] = 3
    (scene,) = volume_scenes(case, (0.0,))
    assert sorted(scene.outlines) == [1, 2, 4, 5, 6]


@pytest.mark.realdata
def test_real_scenes_show_the_lumbar_discs_inside_the_lumbar_region(real_data: Path) -> None:
    patients = fixed_split().part("validation")
    found = scenes(real_data, patients)
    assert {scene.patient for scene in found} <= patients
    assert len(found) == sum(case.is_boxed for case in read_pictures(real_data, patients)) + 4
    for scene in found:
        region, boxes = scene.lumbar_box(), scene.disc_boxes()
        rows = [(boxes[label].y0 + boxes[label].y1) / 2 for label in range(1, 6)]
        assert rows == sorted(rows, reverse=True)
        assert all(region.y0 < row < region.y1 for row in rows)
        # In pixels: the pixel sizes that some pictures of the set come with cannot be true.
        assert 1.5 < (region.y1 - region.y0) / (region.x1 - region.x0) < 4.5
