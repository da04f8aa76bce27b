"""The networks come from the store, checked and loaded once; and the whole task runs on real, if tiny, networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from femur_fakes import legs
from orthoai.box import Box
from orthoai.errors import InputError
from orthoai.models.card import Card, Network, write_card
from orthoai.models.hashing import file_sha256
from orthoai.models.store import ModelStore
from orthoai.models.warm import WarmCache
from orthoai.segment.network import SegmenterSpec, build, save_weights
from orthoai.tasks import RunOptions
from orthoai.tasks.femur.engines import CONFIDENCE, Engines, load_engines
from orthoai.tasks.femur.pipeline import run
from tiny_model import write_detector

SIZE = 64
"""Side of the tiny detector's input."""

SPEC = SegmenterSpec(
    init_filters=8, blocks_down=(1, 1), blocks_up=(1,), dropout=0.0, spacing_mm=(5.0, 5.0, 5.0), patch=(32, 32, 32)
)


def install(root: Path, task: str = "femur", **settings: object) -> ModelStore:
    """A store with one tiny model called "tiny"."""
    folder = root / "tiny"
    folder.mkdir()
    write_detector(folder / "detector.onnx")
    torch.manual_seed(0)
    save_weights(build(SPEC), folder / "segmenter.safetensors")
    labels = ["femur_left", "femur_right"]
    detector = {"image_size": SIZE, "labels": labels, **settings}
    networks = {
        "detector": Network("detector.onnx", file_sha256(folder / "detector.onnx"), "yolov8n", detector),
        "segmenter": Network(
            "segmenter.safetensors",
            file_sha256(folder / "segmenter.safetensors"),
            "segresnet",
            {key: value for key, value in SPEC.to_metadata().items() if key != "architecture"},
        ),
    }
    write_card(Card("tiny", "1", task, "", "Apache-2.0", (), {1: labels[0], 2: labels[1]}, networks), folder)
    return ModelStore([root])


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return install(tmp_path)


OPTIONS = RunOptions(device="cpu", model="tiny")


def load(store: ModelStore, options: RunOptions = OPTIONS, warm: WarmCache | None = None) -> Engines:
    return load_engines(options, store, WarmCache() if warm is None else warm)


def test_the_whole_task_runs_on_networks_from_the_store(store):
    volume, _ = legs()
    result = run(volume, OPTIONS, load=lambda options: load(store, options))
    assert result.segmentation.shape == volume.geometry.shape
    assert set(np.unique(result.segmentation)) <= {0, 1, 2}
    assert result.provenance.model_name == "tiny"
    assert result.provenance.model_sha256 == store.get("tiny").sha256
    assert result.provenance.device == "cpu"
    for box in result.boxes:
        assert (box.label == "femur_left") == (box.lps_min[0] > 0)


def test_a_second_run_finds_the_networks_loaded(store):
    warm = WarmCache()
    first, second = load(store, warm=warm), load(store, warm=warm)
    assert first.detector is second.detector
    assert first.segmenter is second.segmenter


def test_changed_weights_are_loaded_anew(tmp_path):
    store = install(tmp_path)
    warm = WarmCache()
    first = load(store, warm=warm)
    folder = tmp_path / "tiny"
    torch.manual_seed(1)
    save_weights(build(SPEC), folder / "segmenter.safetensors")
    card = store.get("tiny").metadata
    card.networks["segmenter"] = Network(
        "segmenter.safetensors",
        file_sha256(folder / "segmenter.safetensors"),
        "segresnet",
        card.networks["segmenter"].settings,
    )
    write_card(card, folder)
    second = load(store, warm=warm)
    assert second.segmenter is not first.segmenter
    assert second.detector is first.detector


def test_given_boxes_need_no_detector(store):
    volume, truth = legs()
    box = Box.around("femur_left", truth == 1, volume.geometry)
    (store.get("tiny").folder / "detector.onnx").unlink()
    options = RunOptions(device="cpu", model="tiny", boxes=(box,))
    assert load(store, options).detector is None
    assert run(volume, options, load=lambda given: load(store, given)).task == "femur"


@pytest.mark.parametrize("file", ["detector.onnx", "segmenter.safetensors"])
def test_damaged_weights_are_refused_before_the_volume_is_touched(store, file):
    path = store.get("tiny").folder / file
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(InputError, match="damaged"):
        load(store)


def test_an_unknown_model_lists_what_there_is(store):
    with pytest.raises(InputError, match="tiny"):
        load(store, RunOptions(model="huge"))


def test_a_model_of_another_task_is_refused(tmp_path):
    with pytest.raises(InputError, match="task disc"):
        load(install(tmp_path, task="disc"))


def test_an_incomplete_card_is_refused(tmp_path):
    with pytest.raises(InputError, match="does not describe its detector"):
        load(install(tmp_path, labels=None))


def test_the_confidence_comes_from_the_person_then_the_card_then_the_default(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "plain").mkdir()
    own, plain = install(tmp_path / "own", confidence=0.4), install(tmp_path / "plain")
    assert load(plain).confidence == CONFIDENCE
    assert load(own).confidence == 0.4
    assert load(own, RunOptions(device="cpu", model="tiny", confidence=0.6)).confidence == 0.6
    with pytest.raises(InputError, match="confidence"):
        load(own, RunOptions(device="cpu", model="tiny", confidence=1.5))


def test_an_unknown_device_is_refused(store):
    with pytest.raises(InputError, match="device"):
        load(store, RunOptions(device="abacus", model="tiny"))
