"""Trained segmenters as their runs left them, and slices made smaller for the paper's networks."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from orthoai.errors import InputError
from orthoai_training.disc.segmentation.networks import build_segmenter
from orthoai_training.disc.segmentation.predict import case_probabilities
from orthoai_training.disc.segmentation.recipe import COMPACT
from orthoai_training.disc.segmentation.saved import SavedSegmenter
from orthoai_training.disc.segmentation.slices import IGNORED, LabeledSlices
from orthoai_training.learning.precision import Precision
from safetensors.torch import save, save_file

EXACT = Precision(torch.device("cpu"), torch.channels_last, None)


@pytest.fixture
def saved(tmp_path):
    """Builder of a compact network's folder, as a recipe with ``shrink`` leaves it."""

    def build(shrink: float = 1.0) -> SavedSegmenter:
        torch.manual_seed(0)
        save_file(build_segmenter("compact").network.state_dict(), tmp_path / "weights.safetensors")
        recipe = asdict(replace(COMPACT, shrink=shrink))
        (tmp_path / "metrics.json").write_text(json.dumps({"recipe": recipe}))
        return SavedSegmenter.load(tmp_path, EXACT.device)

    return build


@pytest.fixture
def slices(tiny_volume) -> LabeledSlices:
    return LabeledSlices.of(tiny_volume())


def test_a_saved_network_answers_as_the_trainer_does(saved, slices):
    network = saved()
    wanted = case_probabilities(network.network, slices.image, network.stride, EXACT)
    np.testing.assert_allclose(network.probabilities(slices.image, EXACT), wanted, atol=1e-6)


def test_a_network_of_smaller_pictures_answers_for_every_pixel(saved, slices):
    found = saved(2.6).probabilities(slices.image, EXACT)
    assert found.shape == (4, 4, 96, 64)
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)


def test_a_network_of_smaller_pictures_sees_what_it_was_trained_on(saved, slices):
    """Of evenly gray slices every size looks alike, but for what lies beyond their edges."""
    even = np.full((1, 512, 512), 0.5, np.float32)
    found = saved(2.0).probabilities(even, EXACT)[0]
    wanted = saved().probabilities(even[:, :256, :256], EXACT)[0]
    np.testing.assert_allclose(found[:, 256, 256], wanted[:, 128, 128], atol=1e-3)


def test_a_network_of_single_slices_never_sees_the_neighbors(saved):
    picture = torch.rand(1, 3, 32, 32)
    other = torch.cat([torch.rand(1, 1, 32, 32), picture[:, 1:2], torch.rand(1, 1, 32, 32)], dim=1)
    seeing = saved()
    single = replace(seeing, neighbor_step=0)
    torch.testing.assert_close(single.shares(picture), single.shares(other))
    assert not torch.allclose(seeing.shares(picture), seeing.shares(other))


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(InputError, match="no trained segmenter"):
        SavedSegmenter.load(tmp_path, EXACT.device)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("weights.safetensors", b""),
        ("weights.safetensors", b"\x10" * 40),
        ("weights.safetensors", save({"of.another.network": torch.zeros(2)})),
        ("metrics.json", b"[" * 100_000),
        ("metrics.json", b"null"),
        ("metrics.json", b"{}"),
        ("metrics.json", b'{"recipe": {"architecture": "compact", "shrink": [2]}}'),
    ],
)
def test_a_damaged_network_is_named(saved, tmp_path, name, content):
    saved()
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        SavedSegmenter.load(tmp_path, EXACT.device)


def test_smaller_slices_keep_place_and_labels(slices):
    labels = slices.labels.copy()
    labels[0, :12] = IGNORED
    small = LabeledSlices(slices.image, labels).shrunk(2)
    assert small.image.shape == small.labels.shape == (4, 48, 32)
    assert (small.labels[0, :6] == IGNORED).all() and set(np.unique(small.labels[1])) == {0, 1, 2, 3}
    # A disc of eight rows from row 60 on is one of four from row 30 on, as bright as it was.
    np.testing.assert_array_equal(np.unique(np.argwhere(small.labels[1, 28:] == 2)[:, 0]), [2, 3, 4, 5])
    disc = small.image[1, 31:33, 8:16].astype(np.float64).mean()
    assert disc == pytest.approx(slices.image[1, 62:66, 16:32].astype(np.float64).mean(), abs=0.01)


def test_slices_of_their_own_size_stay_the_same(slices):
    assert slices.shrunk(1) is slices
