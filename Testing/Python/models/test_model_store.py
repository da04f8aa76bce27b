"""Models are found by name, and their weights are checked before anyone sees them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from orthoai.errors import InputError
from orthoai.models.card import CARD_NAME, Card, Network, write_card
from orthoai.models.hashing import CHUNK_BYTES, file_sha256
from orthoai.models.store import ROOTS_VARIABLE, SHIPPED_ROOT, ModelStore
from tiny_model import write_tiny_model

WEIGHTS = b"weights" * 1000


def install(root: Path, name: str, folder: str | None = None, task: str = "femur", version: str = "1") -> Path:
    """A model with two weights files in ``root``."""
    path = root / (folder or name)
    path.mkdir(parents=True)
    networks = {}
    for role, file in (("detector", "detector.onnx"), ("segmenter", "segmenter.safetensors")):
        (path / file).write_bytes(WEIGHTS + role.encode())
        networks[role] = Network(file, hashlib.sha256(WEIGHTS + role.encode()).hexdigest(), "net")
    write_card(Card(name, version, task, "", "Apache-2.0", (), {1: "femur_left"}, networks), path)
    return path


def test_a_folder_that_a_killed_training_left_is_no_model(tmp_path: Path) -> None:
    """It came first by its name, and stood in for the one that was finished."""
    left, sound = (write_tiny_model(tmp_path, name, with_detector=False) for name in (".0f3a.partial-tiny", "tiny"))
    (left / "metadata.json").write_bytes((sound / "metadata.json").read_bytes())
    store = ModelStore((tmp_path,), (tmp_path,))
    assert store.get("tiny").folder == sound and [model.folder for model in store.list()] == [sound]
    (left / "metadata.json").write_text("{")
    assert store.problems() == {}


def test_the_hash_of_a_file_is_its_sha256_whatever_its_size(tmp_path):
    for size in (0, 3, CHUNK_BYTES, CHUNK_BYTES + 1):
        path = tmp_path / "file"
        path.write_bytes(b"x" * size)
        assert file_sha256(path) == hashlib.sha256(b"x" * size).hexdigest()


def test_models_are_listed_by_name_and_by_task(tmp_path):
    install(tmp_path, "b")
    install(tmp_path, "a", task="disc")
    store = ModelStore([tmp_path])
    assert [model.name for model in store.list()] == ["a", "b"]
    assert [model.name for model in store.list("femur")] == ["b"]


def test_intact_weights_are_handed_out(tmp_path):
    folder = install(tmp_path, "a")
    store = ModelStore([tmp_path])
    model = store.verify("a")
    assert model.weights("detector") == folder / "detector.onnx"
    assert model.sha256["detector"] == file_sha256(folder / "detector.onnx")


def test_a_model_is_found_by_its_name_even_in_a_folder_of_another_name(tmp_path):
    install(tmp_path, "a", folder="somewhere")
    assert ModelStore([tmp_path]).get("a").folder == tmp_path / "somewhere"


def test_the_first_root_wins(tmp_path):
    install(tmp_path / "one", "a", version="1")
    install(tmp_path / "two", "a", version="2")
    store = ModelStore([tmp_path / "missing", tmp_path / "one", tmp_path / "two"])
    assert store.get("a").metadata.version == "1"
    assert len(store.list()) == 1


def test_an_unknown_name_lists_what_there_is(tmp_path):
    install(tmp_path, "b")
    install(tmp_path, "a")
    with pytest.raises(InputError, match=r'no model "c" \(available: a, b\)'):
        ModelStore([tmp_path]).get("c")


def test_an_empty_store_says_how_to_fill_it(tmp_path):
    with pytest.raises(InputError, match=ROOTS_VARIABLE):
        ModelStore([tmp_path]).get("c")


@pytest.mark.parametrize("damage", ["truncated", "changed", "missing", "folder"])
def test_damaged_weights_give_one_clear_sentence(tmp_path, damage):
    folder = install(tmp_path, "a")
    path = folder / "segmenter.safetensors"
    data = path.read_bytes()
    path.unlink()
    if damage == "truncated":
        path.write_bytes(data[:-1])
    elif damage == "changed":
        path.write_bytes(b"x" + data[1:])
    elif damage == "folder":
        path.mkdir()
    model = ModelStore([tmp_path]).get("a")
    assert model.weights("detector")
    with pytest.raises(InputError, match=r"segmenter\.safetensors") as caught:
        model.verify()
    assert str(caught.value).endswith("again.")


def test_a_role_that_the_model_lacks_is_named(tmp_path):
    install(tmp_path, "a")
    with pytest.raises(InputError, match="has no classifier"):
        ModelStore([tmp_path]).get("a").weights("classifier")


def test_a_damaged_card_hides_no_other_model_and_is_told(tmp_path):
    install(tmp_path, "a")
    broken = install(tmp_path, "b")
    (broken / CARD_NAME).write_text("{")
    store = ModelStore([tmp_path])
    assert [model.name for model in store.list()] == ["a"]
    assert list(store.problems()) == [broken]
    with pytest.raises(InputError, match="damaged"):
        store.get("b")


def test_a_path_names_a_model_and_a_bare_name_never_does(tmp_path, monkeypatch):
    folder = install(tmp_path, "a", folder="run7")
    assert ModelStore([]).get(str(folder)).name == "a"
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r'no model "run7".*for the folder of that name give \./run7'):
        ModelStore([]).get("run7")
    assert ModelStore([]).get("./run7").name == "a"
    with pytest.raises(InputError, match=r'no model "\./run8" \([^;]*; [^;]*\)'):
        ModelStore([]).get("./run8")


def test_the_folder_of_a_model_names_that_model_and_no_installed_one(tmp_path, monkeypatch):
    root = tmp_path / "installed"
    install(root, "a", folder="a")
    install(tmp_path, "a", folder="a")
    monkeypatch.chdir(tmp_path)
    store = ModelStore([root])
    own = store.get("./a")
    assert store.get(str(own.folder)).folder == own.folder == tmp_path / "a"
    assert store.get("a").folder == root / "a"


def test_roots_of_the_environment_come_before_the_shipped_one(tmp_path, monkeypatch):
    monkeypatch.setenv(ROOTS_VARIABLE, os.pathsep.join([str(tmp_path / "x"), "", str(tmp_path / "y")]))
    assert list(ModelStore.default().roots) == [tmp_path / "x", tmp_path / "y", SHIPPED_ROOT]
    monkeypatch.delenv(ROOTS_VARIABLE)
    assert list(ModelStore.default().roots) == [SHIPPED_ROOT]


def test_a_root_of_the_environment_may_be_a_model_itself(tmp_path, monkeypatch):
    folder = install(tmp_path, "femur_two_stage", folder="model", version="mine")
    monkeypatch.setenv(ROOTS_VARIABLE, str(folder))
    assert ModelStore.default().get("femur_two_stage").folder == folder
    monkeypatch.setenv(ROOTS_VARIABLE, str(tmp_path))
    assert ModelStore.default().get("femur_two_stage").folder == folder


@pytest.mark.parametrize("named", [".", "femur_two_stage", "model"])
def test_no_other_model_stands_in_for_one_whose_card_is_damaged(tmp_path, monkeypatch, named):
    folder = install(tmp_path, "femur_two_stage", folder="model" if named == "model" else "femur_two_stage")
    (folder / CARD_NAME).write_text('{"name":')
    monkeypatch.setenv(ROOTS_VARIABLE, str(tmp_path / named))
    with pytest.raises(InputError, match="damaged"):
        ModelStore.default().get("femur_two_stage")


@pytest.mark.parametrize(("root", "wrong"), [("missing", "is no folder"), ("empty", "has no model")])
def test_a_root_of_the_environment_without_a_model_is_told(tmp_path, monkeypatch, root, wrong):
    (tmp_path / "empty").mkdir()
    own = install(tmp_path, "own")
    monkeypatch.setenv(ROOTS_VARIABLE, str(tmp_path / root))
    store = ModelStore.default()
    with pytest.raises(InputError, match=rf"^{ROOTS_VARIABLE} names \S*{root}, which {wrong}: correct it or leave"):
        store.get("femur_two_stage")
    assert list(store.problems()) == [tmp_path / root]
    assert store.get(str(own)).name == "own"


def test_every_shipped_model_is_intact():
    store = ModelStore([SHIPPED_ROOT])
    assert store.problems() == {}
    for model in store.list():
        model.verify()
