"""The shipped spine networks on real CT in which nobody has reported a fracture; both served the development."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from orthoai.errors import InputError
from orthoai.io.read import read_volume
from orthoai.progress import Progress
from orthoai.tasks import RunOptions, get_task

pytestmark = pytest.mark.realdata

TASKS = ("ovf", "fracture")


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("file", ["ts_example/example_ct.nii.gz", "tptbox_ct/sub-ct_label-22_ct.nii.gz"])
def test_no_body_of_a_spine_without_fractures_is_marked(real_data: Path, file: str, task: str) -> None:
    result = get_task(task).run(read_volume(real_data / file), RunOptions(), Progress())
    # Among them a body with a Schmorl node, smaller in front than its neighbor, but by no more than bodies are.
    assert not np.asarray(result.segmentation).any(), result.message


def test_a_strip_of_the_sacrum_is_no_vertebra(real_data: Path) -> None:
    result = get_task("ovf").run(read_volume(real_data / "ts_example" / "example_ct.nii.gz"), RunOptions(), Progress())
    assert sorted(result.structures) == [f"vertebra_{number}" for number in range(1, 7)]


@pytest.mark.parametrize("task", TASKS)
def test_twenty_slices_of_a_chest_are_refused(real_data: Path, task: str) -> None:
    volume = read_volume(real_data / "ts_ct_dicom" / "dicom")
    with pytest.raises(InputError, match="covers only 40 mm"):
        get_task(task).run(volume, RunOptions(), Progress())
