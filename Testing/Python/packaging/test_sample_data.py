"""The sample that comes with the module: registered with what is shipped, and good for a first click."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import unquote, urlparse

import numpy as np
import pytest
from orthoai.io.read import read_volume
from orthoai.progress import Progress
from orthoai.tasks import RunOptions, get_task
from OrthoAILib.Sample.HipSample import CHECKSUM, registerSampleData, samplePath

RESOURCES = Path(__file__).resolve().parents[3] / "OrthoAI" / "Resources"

KNOWN_ML = {1: 285.6, 2: 284.6}
"""True volumes of the simulated femora, as tools/make_sample.py printed them."""


class FakeLogic:
    """SampleData.SampleDataLogic, writing down what it is given."""

    def __init__(self) -> None:
        self.sources: list[dict[str, str]] = []

    def registerCustomSampleDataSource(self, **source: str) -> None:
        self.sources.append(source)


@pytest.fixture
def source() -> dict[str, str]:
    logic = FakeLogic()
    registerSampleData(RESOURCES, logic)
    (registered,) = logic.sources
    return registered


def test_the_sample_is_taken_from_the_module_and_not_from_the_network(source):
    url = urlparse(source["uris"])
    assert url.scheme == "file"
    assert Path(unquote(url.path)) == samplePath(RESOURCES)
    assert Path(unquote(url.path)).name == source["fileNames"]


def test_the_checksum_is_the_files(source):
    digest = hashlib.sha256(samplePath(RESOURCES).read_bytes()).hexdigest()
    assert source["checksums"] == CHECKSUM == f"SHA256:{digest}"


def test_a_path_with_spaces_becomes_a_url_that_leads_back(tmp_path):
    logic = FakeLogic()
    registerSampleData(tmp_path / "Program Files", logic)
    path = Path(unquote(urlparse(logic.sources[0]["uris"]).path))
    assert path == samplePath(tmp_path / "Program Files")


def test_it_has_a_section_names_and_a_thumbnail(source):
    from PIL import Image

    assert source["category"] == "OrthoAI"
    assert source["sampleName"] == "OrthoAIHips"
    assert source["nodeNames"]
    with Image.open(source["thumbnailFileName"]) as picture:
        assert picture.width == 260
        assert np.ptp(np.asarray(picture)) > 100


def test_the_sample_is_small_and_a_ct_of_hips():
    assert samplePath(RESOURCES).stat().st_size < 3_000_000
    volume = read_volume(samplePath(RESOURCES))
    assert volume.voxels.dtype == np.int16
    assert volume.geometry.spacing == pytest.approx((2.0, 2.0, 2.0))
    assert volume.geometry.axis_codes == "LPS"
    assert volume.voxels.min() == -1000
    assert 700 < volume.voxels.max() <= 2000


@pytest.mark.slow
def test_segment_femur_finds_both_femora_of_the_sample_with_their_known_volumes():
    volume = read_volume(samplePath(RESOURCES))
    result = get_task("femur").run(volume, RunOptions(device="cpu"), Progress())
    assert sorted(box.label for box in result.boxes) == ["femur_left", "femur_right"]
    voxel_ml = np.prod(volume.geometry.spacing) / 1000
    for value, known in KNOWN_ML.items():
        assert (result.segmentation == value).sum() * voxel_ml == pytest.approx(known, rel=0.1)
