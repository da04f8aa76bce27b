"""metadata.json: what is written is read again, and what is wrong is named."""

from __future__ import annotations

import json

import pytest
from orthoai.errors import InputError
from orthoai.models.card import CARD_NAME, Card, Network, read_card, write_card

CARD = Card(
    name="femur_two_stage",
    version="1.0.0",
    task="femur",
    description="Both femora in CT.",
    license="Apache-2.0",
    attribution=("Shapes by A", "Texture by B"),
    labels={1: "femur_left", 2: "femur_right"},
    networks={
        "detector": Network("detector.onnx", "a" * 64, "yolov8n", {"image_size": 416, "labels": ["femur_left"]}),
        "segmenter": Network("segmenter.safetensors", "b" * 64, "segresnet", {"blocks_down": [1, 2, 2, 4]}),
    },
    training={"seed": 7},
    metrics={"simulated": {"dice": 0.97}},
    libraries={"monai_version": "1.5.0", "numpy_version": "2.0.0"},
)


def test_a_card_survives_its_file(tmp_path):
    assert write_card(CARD, tmp_path) == tmp_path / CARD_NAME
    assert read_card(tmp_path) == CARD


def test_the_file_has_the_keys_of_a_bundle(tmp_path):
    content = json.loads(write_card(CARD, tmp_path).read_text())
    assert content["schema_version"] == 1
    assert content["labels"] == {"1": "femur_left", "2": "femur_right"}
    assert content["networks"]["detector"] == {
        "file": "detector.onnx",
        "sha256": "a" * 64,
        "architecture": "yolov8n",
        "image_size": 416,
        "labels": ["femur_left"],
    }
    assert content["monai_version"] == "1.5.0"


def test_an_upper_case_hash_is_the_same_hash():
    content = CARD.to_json()
    content["networks"]["detector"]["sha256"] = "A" * 64
    assert Card.from_json(content) == CARD


@pytest.mark.parametrize("key", ["schema_version", "name", "version", "task", "license", "labels", "networks"])
def test_a_missing_key_is_named(key):
    content = CARD.to_json()
    del content[key]
    with pytest.raises(ValueError, match=f'"{key}" is missing'):
        Card.from_json(content)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema_version", 2),
        ("schema_version", "1"),
        ("schema_version", True),
        ("name", 5),
        ("labels", {"one": "femur_left"}),
        ("labels", {"1": 1}),
        ("networks", {}),
        ("networks", []),
        ("networks", {"detector": "detector.onnx"}),
        ("attribution", "one string"),
        ("training", []),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(key, value):
    with pytest.raises(ValueError, match=key.rstrip("s")):
        Card.from_json({**CARD.to_json(), key: value})


@pytest.mark.parametrize("file", ["../x.onnx", "/etc/x.onnx", "a\\x.onnx", "C:x.onnx", "x.pt", "x.pkl", "", "a/x.onnx"])
def test_weights_outside_the_folder_or_in_a_pickle_are_refused(file):
    content = CARD.to_json()
    content["networks"]["detector"]["file"] = file
    with pytest.raises(ValueError, match=r'network "detector": "file"'):
        Card.from_json(content)


@pytest.mark.parametrize("sha256", ["", "a" * 63, "g" * 64, "a" * 65])
def test_a_hash_that_is_none_is_refused(sha256):
    content = CARD.to_json()
    content["networks"]["segmenter"]["sha256"] = sha256
    with pytest.raises(ValueError, match=r'network "segmenter": "sha256"'):
        Card.from_json(content)


@pytest.mark.parametrize("text", [b"", b"[1]", b"{", b"\xff\xfe", b'{"schema_version": 1}', b"[" * 100_000])
def test_a_damaged_file_gives_one_clear_sentence(tmp_path, text):
    (tmp_path / CARD_NAME).write_bytes(text)
    with pytest.raises(InputError, match="damaged"):
        read_card(tmp_path)


def test_a_folder_without_a_card_is_no_model(tmp_path):
    with pytest.raises(InputError, match="not a model"):
        read_card(tmp_path)
