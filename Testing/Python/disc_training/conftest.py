"""Tiny stand-ins for the SPIDER sets."""

from __future__ import annotations

import numpy as np
import pytest
from orthoai_training.disc.data.grading import Grading
from orthoai_training.disc.data.volumes import VolumeCase


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
