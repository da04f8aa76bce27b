"""On real masks (SPIDER, training and validation patients): names, numbers and measures are what the data say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from orthoai.detect.detector import Detection
from orthoai.io.read import read_volume
from orthoai.tasks import RunOptions
from orthoai.tasks.disc.contrast import fluid_ratio, require_t2
from orthoai.tasks.disc.instances import number_instances
from orthoai.tasks.disc.labels import CANAL, LUMBAR_LEVELS
from orthoai.tasks.disc.levels import name_levels
from orthoai.tasks.disc.marked import FROM_MASKS
from orthoai.tasks.disc.measure import measure_disc
from orthoai.tasks.disc.midslice import midslice
from orthoai.tasks.disc.pipeline import run
from orthoai.tasks.disc.plane import sagittal
from orthoai.tasks.disc.search import BACK_TO_FRONT, UPSIDE_DOWN
from orthoai.volume import Volume, reorient_array

PATIENTS = ("005", "022", "034", "041", "110", "191")
"""None of them is a test patient."""

PLAUSIBLE = {
    "depth_mm": (25, 55), "height_index": (0.1, 0.8), "signal_ratio": (0.01, 1),
    "bulge_mm": (-5, 9), "canal_mm": (5, 22),
}  # fmt: skip


@pytest.mark.realdata
@pytest.mark.parametrize("patient", PATIENTS)
def test_discs_are_numbered_as_spider_numbers_them_and_measures_are_plausible(real_data: Path, patient: str) -> None:
    folder = real_data / "spider_t2space_dev"
    stack = sagittal(read_volume(folder / f"{patient}_t2space_img.nii.gz"))
    labels, discs = (
        reorient_array(
            read_volume(folder / f"{patient}_t2space_{kind}.nii.gz").voxels, stack.volume.geometry, stack.codes
        )
        for kind in ("seg", "discs")
    )
    index = midslice(labels)
    assert index is not None
    require_t2(fluid_ratio(stack.voxels[index], labels[index]))
    boxes = []
    for value in np.unique(discs[index])[1:]:
        rows, columns = np.nonzero(discs[index] == value)
        edges = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        boxes.append(Detection("disc", 0.9, *(float(edge) for edge in edges)))
    levels = name_levels(boxes, stack.pixel_mm, labels.shape[1])
    assert [disc.label for disc in levels.discs[:5]] == list(LUMBAR_LEVELS)
    assert levels.flags == ()
    instances = number_instances(labels, levels, stack.pixel_mm)
    assert np.mean((instances.numbers == discs)[discs > 0]) > 0.999
    for level in range(5):
        found = measure_disc(
            instances.disc(level, index),
            instances.vertebra(level, index),
            instances.vertebra(level - 1, index),
            labels[index] == CANAL,
            stack.voxels[index],
            stack.pixel_mm,
        )
        assert found is not None
        for name, (low, high) in PLAUSIBLE.items():
            value = getattr(found, name)
            assert value is None or low < value < high, (level, name, value)


@pytest.mark.realdata
def test_an_upright_crop_of_another_scanner_is_not_turned_and_read_from_its_masks(real_data: Path) -> None:
    found = run(read_volume(real_data / "tptbox_mri" / "sub-mri_label-6_T2w.nii.gz"), RunOptions())
    assert len(found.findings) == 2
    assert all(FROM_MASKS in each.flags and "middle_height_mm" in each.measurements for each in found.findings)
    # The vertebra above the upper disc is cut: with it the index was 0.49.
    assert found.findings[1].measurements["disc_height_index"].value == pytest.approx(0.29, abs=0.02)
    assert not any({UPSIDE_DOWN, BACK_TO_FRONT} & set(finding.flags) for finding in found.findings)


@pytest.fixture(scope="module")
def upright(real_data: Path) -> Volume:
    """Three slices around the middle of a validation patient."""
    volume = read_volume(real_data / "spider_t2space_dev" / "041_t2space_img.nii.gz")
    middle = volume.geometry.size[0] // 2
    return volume.cropped((middle - 1, 0, 0), (middle + 2, *volume.geometry.size[1:]))


@pytest.fixture(scope="module")
def labels(upright: Volume) -> NDArray[np.uint8]:
    found = run(upright, RunOptions())
    assert not any({UPSIDE_DOWN, BACK_TO_FRONT} & set(finding.flags) for finding in found.findings)
    return found.segmentation


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("axes", "flags"), [((0,), (UPSIDE_DOWN,)), ((1,), (BACK_TO_FRONT,)), ((0, 1), (UPSIDE_DOWN, BACK_TO_FRONT))]
)
def test_the_shipped_networks_tell_how_an_image_stands(
    upright: Volume, labels: NDArray[np.uint8], axes: tuple[int, ...], flags: tuple[str, ...]
) -> None:
    found = run(replace(upright, voxels=np.flip(upright.voxels, axes)), RunOptions())
    assert all(finding.flags[-len(flags) :] == flags for finding in found.findings)
    np.testing.assert_array_equal(np.flip(found.segmentation, axes), labels)


def test_none_of_these_patients_is_a_test_patient() -> None:
    split = Path(__file__).parents[3] / "OrthoAI/Training/orthoai_training/disc/data/split.json"
    assert not set(json.loads(split.read_text())["test"]) & {int(patient) for patient in PATIENTS}
