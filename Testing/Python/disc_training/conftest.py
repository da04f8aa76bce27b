"""Tiny stand-ins for the SPIDER sets."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from disc_reviewed_cases import Make, reviewed_case
from orthoai_training.disc.data.grading import Grading
from orthoai_training.disc.data.split import fixed_split
from orthoai_training.disc.data.volumes import VolumeCase
from PIL import Image

GRADES = {"Disc herniation": 0, "Disc bulging": 1, "Pfirrman grade": 3}
HERNIATED = {"Disc herniation": 1, "Disc bulging": 1, "Pfirrman grade": 5}


@pytest.fixture
def tiny_volume():
    """Builder of a volume case: a bright canal behind three vertebrae with two discs, (4, 96, 64) pixels of 0.7 mm."""

    def build(patient: int = 1, seed: int = 0) -> VolumeCase:
        labels = np.zeros((4, 96, 64), np.uint8)
        labels[:, 4:92, 12:36] = 1
        for first in (30, 60):
            labels[:, first : first + 8, 12:36] = 2
        labels[:, 4:92, 40:48] = 3
        discs = np.zeros_like(labels)
        discs[:, 60:68, 12:36] = 1
        discs[:, 30:38, 12:36] = 2
        noise = np.random.default_rng((seed, patient)).normal(0, 6, labels.shape)
        image = np.array([20, 110, 60, 220])[labels] + noise
        gradings = {1: Grading(True, True, 4), 2: Grading(False, False, 2)}
        return VolumeCase(patient, image.clip(0, 255).astype(np.uint8), labels, discs, (0.9, 0.7, 0.7), gradings)

    return build


@pytest.fixture
def spider(tmp_path, tiny_volume) -> Path:
    """Both sets with two patients per part."""
    split = fixed_split()
    patients = [*split.train[:2], *split.validation[:2], *split.test[:2]]
    patients[0] = split.train[1]
    volumes, pictures = tmp_path / "spider_t2space_dev", tmp_path / "spider_midsag_dev"
    (pictures / "images").mkdir(parents=True)
    volumes.mkdir()
    volume_entries, picture_entries = [], []
    for patient in sorted(set(patients)):
        case = tiny_volume(patient)
        instances = np.where(case.discs > 0, case.discs.astype(np.int32) + 200, 0).astype(np.uint8)
        for kind, planes in (("img", case.image), ("seg", case.labels), ("discs", instances)):
            image = sitk.GetImageFromArray(np.ascontiguousarray(np.moveaxis(planes, 0, 2)[::-1]))
            image.SetSpacing((0.9, 0.7, 0.7))
            sitk.WriteImage(image, str(volumes / f"{patient:03d}_t2space_{kind}.nii.gz"))
        discs = [{"label": 201, **HERNIATED}, {"label": 202, **GRADES}]
        volume_entries.append({"id": patient, "gradings_match_components": True, "discs": discs})
        Image.fromarray(case.image[1]).save(pictures / "images" / f"{patient}.png")
        boxes = [
            {"ivd_label": label, "box_xyxy": [12, top, 36, top + 8], "grades": grades}
            for label, top, grades in ((1, 60, HERNIATED), (2, 30, GRADES))
        ]
        picture_entries.append(
            {"id": patient, "image": f"images/{patient}.png", "pixel_spacing_mm": "[0.7, 0.7]", "manufacturer": "NONE"}
            | {"discs": boxes}
        )
    (volumes / "cases.json").write_text(json.dumps(volume_entries))
    (pictures / "cases.json").write_text(json.dumps(picture_entries))
    return tmp_path


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Builder of a reviewed case in ``tmp_path/data``."""
    return partial(reviewed_case, tmp_path)


@pytest.fixture
def cases(make: Make, tmp_path: Path) -> Path:
    """Four cases, one of which validates."""
    for number in range(4):
        make(number, classes=("herniated", "normal") if number % 2 else ("bulging", "normal"))
    return tmp_path / "data" / "cases"
