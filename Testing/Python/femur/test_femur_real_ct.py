"""A real CT with a metal hip: the rules on it, with stand-ins that know its labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from orthoai.box import Box
from orthoai.detect.detector import Detection
from orthoai.drr.image import axial_image, coronal_image
from orthoai.drr.parallel import parallel_drrs
from orthoai.io.read import read_volume
from orthoai.progress import Progress
from orthoai.tasks import RunOptions
from orthoai.tasks.femur.engines import Engines
from orthoai.tasks.femur.findings import METAL, TRUNCATED
from orthoai.tasks.femur.pipeline import run
from orthoai.volume import Volume, reorient_array

pytestmark = pytest.mark.realdata

LABELS = {31: "femur_left", 32: "femur_right"}
"""Of example_ct_bones_TSv1_remapped (TotalSegmentator's prediction, checked by its SOURCE.md)."""


@dataclass
class Knowing:
    """A detector and a segmenter in one that look the answer up."""

    volume: Volume
    truth: NDArray[np.uint8]
    views: list[int] = field(default_factory=list)

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        self.views.append(len(self.views))
        drrs = parallel_drrs(self.volume)
        coronal = len(self.views) == 1
        picture, row = (coronal_image(drrs), 2) if coronal else (axial_image(drrs), 1)
        found = []
        for value, label in LABELS.items():
            box = Box.around(label, self.truth == value, self.volume.geometry)
            corners = [picture.from_index(end[0], end[row]) for end in (box.index_min, box.index_max)]
            (x0, x1), (y0, y1) = (sorted(values) for values in zip(*corners, strict=True))
            found.append(Detection(label, 0.9, x0, y0, x1, y1))
        return found

    def foreground(self, volume: Volume, progress: Progress, stage: str) -> NDArray[np.bool_]:
        start = np.rint(self.volume.geometry.lps_to_index(volume.geometry.origin)).astype(int)
        (i, j, k), (ni, nj, nk) = start, volume.geometry.size
        return np.isin(self.truth[k : k + nk, j : j + nj, i : i + ni], list(LABELS))


def test_a_metal_hip_is_flagged_on_its_side_and_both_femora_are_cut(real_data: Path):
    volume = read_volume(real_data / "ts_example" / "example_ct.nii.gz")
    labels = read_volume(real_data / "ts_example" / "example_ct_bones_TSv1_remapped.nii.gz").voxels
    lps = volume.reoriented("LPS")
    knowing = Knowing(lps, reorient_array(labels, volume.geometry, "LPS"))
    result = run(volume, RunOptions(), load=lambda _: Engines(knowing, knowing))
    left, right = result.findings
    assert (left.structure, right.structure) == ("femur_left", "femur_right")
    assert left.place.lps[0] > right.place.lps[0]
    assert METAL in left.flags and METAL not in right.flags
    assert TRUNCATED in left.flags and TRUNCATED in right.flags
    for value, (old, _) in zip((1, 2), LABELS.items(), strict=True):
        own, true = result.segmentation == value, labels == old
        assert 2 * (own & true).sum() / (own.sum() + true.sum()) > 0.98
    for box, (old, _) in zip(result.boxes, LABELS.items(), strict=True):
        assert box.iou(Box.around(box.label, labels == old, volume.geometry)) > 0.85
