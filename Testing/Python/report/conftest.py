"""A small pair of legs with known boxes, and a result about them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from orthoai.box import Box
from orthoai.finding import Finding, Measurement, Place
from orthoai.geometry import Geometry
from orthoai.result import Provenance, Result
from orthoai.volume import Source, Volume

LABELS = {1: "femur_left", 2: "femur_right"}

GRID = Geometry(shape=(60, 30, 50), spacing=(4.0, 4.0, 5.0), origin=(-98.0, -58.0, 100.0))
"""LPS, 200 x 120 x 300 mm."""

PROVENANCE = Provenance(
    orthoai_version="0.1.0",
    model_name="femur_two_stage",
    model_sha256={"detector": "ab" * 32},
    device="cpu",
    precision="float32",
    libraries={"numpy": "2.2"},
    created="2025-11-20T22:37:00Z",
)


@pytest.fixture(scope="session")
def legs() -> tuple[Volume, np.ndarray]:
    """A CT in LPS with one upright bone per side, the left one (larger i) longer; and its label map (K, J, I)."""
    k, j, i = np.ogrid[:60, :30, :50]
    labels = np.zeros(GRID.shape, np.uint8)
    labels[((i - 36) ** 2 + (j - 14) ** 2 < 16) & (k > 8) & (k < 52)] = 1
    labels[((i - 12) ** 2 + (j - 14) ** 2 < 16) & (k > 20) & (k < 52)] = 2
    voxels = np.full(GRID.shape, -1000, np.int16)
    voxels[np.broadcast_to((i > 2) & (i < 47) & (j > 4) & (j < 25), GRID.shape)] = 30
    voxels[labels > 0] = 800
    return Volume(voxels, GRID, "CT"), labels


@pytest.fixture(scope="session")
def make_result() -> Callable[..., Result]:
    """Builder of a result with a box and a finding for each label that ``mask`` (K, J, I) holds."""

    def build(volume: Volume, mask: np.ndarray, message: str = "Both femora found.", **changes: object) -> Result:
        geometry = volume.geometry
        found = {value: name for value, name in LABELS.items() if (mask == value).any()}
        boxes = tuple(Box.around(name, mask == value, geometry, 0.91) for value, name in found.items())
        findings = tuple(
            Finding(
                name,
                "present",
                0.97,
                0.02,
                {"volume_ml": Measurement(312.4, "mL"), "length": Measurement(431.2, "mm")},
                Place((95.2, -12.0, 430.0), 17),
                ("truncated at the field of view",),
            )
            for name in found.values()
        )
        content: dict = {
            "task": "femur",
            "source": Source("nifti", "12" * 32, {"study": "1.2.3.4.5"}, "SECRET DESCRIPTION"),
            "geometry": geometry,
            "boxes": boxes,
            "segmentation": np.ascontiguousarray(mask, np.uint8),
            "labels": LABELS,
            "findings": findings,
            "message": message,
            "provenance": PROVENANCE,
            "timings_s": {"detect": 1.25, "segment": 20.0},
        }
        return Result(**(content | changes))

    return build
