"""Real, if tiny, networks from a store answer in two stages and in one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from evaluate_fakes import GRID, rods, scan
from orthoai.box import Box
from orthoai.errors import Canceled, InputError
from orthoai.geometry import Geometry
from orthoai.models.store import ModelStore
from orthoai.progress import Progress
from orthoai.volume import Volume
from orthoai_training.femur.evaluation.predict import (
    SingleStage,
    TwoStage,
    crop_liters,
    model_facts,
    predictor,
    split_sides,
)
from tiny_model import write_tiny_model


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    root = tmp_path_factory.mktemp("models")
    write_tiny_model(root, "tiny")
    write_tiny_model(root, "plain", with_detector=False, seed=1)
    return ModelStore((root,))


def test_a_model_with_a_detector_runs_in_two_stages(store):
    made = predictor("tiny", "tiny", store, "cpu")
    assert isinstance(made, TwoStage)
    volume = scan(rods())
    answer = made.predict(volume, Progress())
    assert answer.labels.shape == volume.geometry.shape and answer.labels.dtype == np.uint8
    assert {"Load", "DRR", "Detect", "Segment left"} <= answer.timings_s.keys()
    assert answer.inference_s == pytest.approx(sum(answer.timings_s.values()) - answer.timings_s["Load"])
    assert answer.peak_rss_mb > volume.voxels.nbytes / 1e6
    assert answer.cpu_s > 0 and answer.segmented_l == sum(crop_liters(box, GRID) for box in answer.boxes)


def test_a_model_without_one_runs_in_one(store):
    made = predictor("plain", "tiny", store, "cpu")
    assert isinstance(made, SingleStage)
    volume = scan(rods())
    answer = made.predict(volume, Progress())
    assert answer.raw.shape == answer.labels.shape == volume.geometry.shape
    assert not (answer.labels > 0)[~answer.raw].any()
    for box in answer.boxes:
        assert (box.label == "femur_left") == (box.lps_min[0] + box.lps_max[0] > 0)


def test_two_stages_look_at_their_crops_and_one_at_the_whole_scan(store):
    # A rod of 16 x 8 x 10 voxels (k, j, i) with 12 mm around it, up to the scan's edge: 22 x 16 x 21, of 4 x 3 x 2 mm.
    box = Box.around("femur_right", rods((2,)) == 2, GRID)
    assert crop_liters(box, GRID) == pytest.approx(22 * 16 * 21 * 24 / 1e6)
    answer = predictor("plain", "tiny", store, "cpu").predict(scan(rods()), Progress())
    assert answer.segmented_l == pytest.approx(30 * 24 * 50 * 24 / 1e6)
    assert answer.cpu_s > 0


def test_single_stage_means_the_main_models_own_segmenter(store):
    made = predictor("single-stage", "tiny", store, "cpu")
    assert isinstance(made, SingleStage)
    assert made.model.name == "tiny" and made.name == "tiny (single-stage)"
    facts = model_facts(made)
    assert facts["stages"] == 1 and set(facts["size_mb"]) == {"segmenter"}
    assert facts["training_s"] == {"segmenter": 12.0}


def test_the_facts_tell_hashes_and_sizes(store):
    facts = model_facts(predictor("tiny", None, store, "cpu"))
    folder = store.get("tiny").folder
    assert facts["sha256"] == store.get("tiny").sha256
    assert facts["size_mb"]["segmenter"] == (folder / "segmenter.safetensors").stat().st_size / 1e6
    assert facts["patch"] == [32, 32, 32] and facts["best_dice"] == 0.5


def test_an_unknown_model_or_device_is_told_before_any_case(store):
    with pytest.raises(InputError, match="plain, tiny"):
        predictor("huge", None, store, "cpu")
    with pytest.raises(InputError, match="device"):
        predictor("tiny", None, store, "abacus")


@pytest.mark.parametrize("name", ["tiny", "single-stage"])
def test_a_prediction_can_be_canceled(store, name):
    with pytest.raises(Canceled):
        predictor(name, "tiny", store, "cpu").predict(scan(rods()), Progress(is_canceled=lambda: True))


def test_the_single_stage_answers_on_the_scans_own_axes(store):
    made = predictor("single-stage", "tiny", store, "cpu")
    volume = scan(rods())
    plain = made.predict(volume, Progress())
    turned = made.predict(volume.reoriented("SAR"), Progress())
    assert np.array_equal(Volume(plain.labels, GRID).reoriented("SAR").voxels, turned.labels)
    assert plain.boxes
    for box, other in zip(plain.boxes, turned.boxes, strict=True):
        assert box.lps_min == pytest.approx(other.lps_min) and box.lps_max == pytest.approx(other.lps_max)


def test_the_midline_tells_the_sides_and_the_largest_part_of_each_stays():
    # 400 mm of air and body; the body's midline is right of the scan's middle.
    geometry = Geometry(shape=(6, 20, 100), spacing=(4.0, 8.0, 8.0))
    voxels = np.full(geometry.shape, -1000, np.int16)
    voxels[:, 2:18, 5:85] = 40
    mask = np.zeros(geometry.shape, bool)
    mask[:, 5:9, 20:26] = mask[:, 5:9, 47:53] = True
    mask[0, 12, 30] = mask[0, 12, 60] = True
    labels = split_sides(mask, Volume(voxels, geometry, "CT"))
    assert set(np.unique(labels[..., 20:26])) == {0, 2}
    assert set(np.unique(labels[..., 47:53])) == {0, 1}
    assert np.count_nonzero(labels) == 2 * 6 * 4 * 6
    # Without a midline in view the scan's middle parts them.
    narrow = Volume(voxels[..., 10:80], replace(geometry, shape=(6, 20, 70)), "CT")
    assert set(np.unique(split_sides(mask[..., 10:80], narrow)[..., 37:43])) == {0, 1}


def test_an_empty_answer_has_no_sides():
    volume = scan(rods())
    assert not split_sides(np.zeros(GRID.shape, bool), volume).any()
