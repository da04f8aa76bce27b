"""Volumes and results survive the way through files, to the last bit and the last tenth of a micrometer."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest
from orthoai.box import Box
from orthoai.errors import Canceled, InputError
from orthoai.geometry import Geometry
from orthoai.io.digest import sha256_of
from orthoai.io.read import read_volume
from orthoai.packed_map import pack, unpack
from orthoai.progress import Progress
from orthoai.result import VERTEBRAE, Extra, Provenance, Result
from orthoai.tasks import RunOptions
from orthoai.volume import Source
from orthoai.worker import exchange, verbs
from orthoai.worker.exchange import exchange_sha256, read_result, write_exchange, write_result
from orthoai.worker.extents import label_extents
from orthoai.worker.requests import WorkerRun

SHAPE = (3, 4, 5)
ROTATION = np.array([[0.8, -0.6, 0.0], [0.48, 0.64, -0.6], [0.36, 0.48, 0.8]])


def grid(direction: np.ndarray) -> Geometry:
    return Geometry(SHAPE, (0.7, 0.81, 1.9), (-12.25, 100 / 3, 1e-3), tuple(float(v) for v in direction.ravel()))


def voxels(dtype: str = "int16") -> np.ndarray:
    return np.random.default_rng(0).integers(0, 100, SHAPE).astype(dtype)


def all_axis_orders() -> list[np.ndarray]:
    """The 48 ways in which voxel axes can lie along patient axes."""
    return [
        np.eye(3)[list(order)] * np.array(signs)
        for order in permutations(range(3))
        for signs in product((1, -1), repeat=3)
    ]


@pytest.mark.parametrize("direction", [*all_axis_orders(), ROTATION, -ROTATION])
def test_any_orientation_comes_back(direction: np.ndarray, tmp_path: Path) -> None:
    write_exchange(voxels(), grid(direction), tmp_path / "a.nrrd")
    read = read_volume(tmp_path / "a.nrrd")
    assert np.array_equal(read.voxels, voxels())
    assert np.allclose(read.geometry.affine, grid(direction).affine, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "dtype",
    ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64", ">i2", ">f4"],
)
def test_any_kind_of_voxel_comes_back(dtype: str, tmp_path: Path) -> None:
    write_exchange(voxels(dtype), grid(np.eye(3)), tmp_path / "a.nrrd")
    assert np.array_equal(read_volume(tmp_path / "a.nrrd").voxels, voxels())
    assert exchange_sha256(voxels(dtype), grid(np.eye(3))) == sha256_of([tmp_path / "a.nrrd"])


def test_fractions_and_masks_come_back(tmp_path: Path) -> None:
    for number, array in enumerate((voxels("float32") + np.float32(0.25), voxels() > 50)):
        write_exchange(array, grid(np.eye(3)), tmp_path / f"{number}.nrrd")
        assert np.array_equal(read_volume(tmp_path / f"{number}.nrrd").voxels, array)


def test_views_of_foreign_memory_come_back(tmp_path: Path) -> None:
    """Turned, flipped, every second voxel, and read-only, as numpy shows other programs' memory."""
    whole = np.random.default_rng(1).integers(-1000, 1000, (10, 8, 6)).astype(np.int16)
    view = whole.transpose(2, 1, 0)[::-2, ::2, ::-2]
    view.flags.writeable = False
    write_exchange(view, Geometry(view.shape), tmp_path / "a.nrrd")
    assert np.array_equal(read_volume(tmp_path / "a.nrrd").voxels, view)


@pytest.mark.parametrize("chunk", [1, 10, 25, 40, 100, 1000])
def test_the_size_of_the_chunks_does_not_show(chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_exchange(voxels(), grid(np.eye(3)), tmp_path / "a.nrrd")
    monkeypatch.setattr(exchange, "CHUNK_BYTES", chunk)
    write_exchange(voxels(), grid(np.eye(3)), tmp_path / "b.nrrd")
    assert (tmp_path / "a.nrrd").read_bytes() == (tmp_path / "b.nrrd").read_bytes()


def test_the_same_image_has_the_same_identity(tmp_path: Path) -> None:
    for name, array in (("a", voxels()), ("b", np.asfortranarray(voxels())), ("c", voxels() + 1)):
        write_exchange(array, grid(np.eye(3)), tmp_path / f"{name}.nrrd")
    a, b, c = (sha256_of([tmp_path / f"{name}.nrrd"]) for name in "abc")
    assert a == b != c


def test_a_single_slice_comes_back(tmp_path: Path) -> None:
    write_exchange(voxels()[:1], Geometry((1, 4, 5)), tmp_path / "a.nrrd")
    assert np.array_equal(read_volume(tmp_path / "a.nrrd").voxels, voxels()[:1])


def test_voxels_that_the_format_does_not_know_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cast"):
        write_exchange(voxels().astype(np.float16), grid(np.eye(3)), tmp_path / "a.nrrd")
    with pytest.raises(ValueError, match="shape"):
        write_exchange(voxels(), Geometry((9, 9, 9)), tmp_path / "a.nrrd")
    assert list(tmp_path.iterdir()) == []


def test_a_cancel_leaves_the_older_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.nrrd").write_text("older")
    with pytest.raises(Canceled):
        write_exchange(voxels(), grid(np.eye(3)), tmp_path / "a.nrrd", Progress(is_canceled=lambda: True))
    assert [path.read_text() for path in tmp_path.iterdir()] == ["older"]


def test_a_missing_folder_is_the_persons_to_mend(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="parent folder is missing"):
        write_exchange(voxels(), grid(np.eye(3)), tmp_path / "none" / "a.nrrd")


def test_a_full_disk_is_named_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(*_: object) -> Iterator[bytes]:
        yield b"some"
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(exchange, "_chunks", full)
    with pytest.raises(InputError, match="full"):
        write_exchange(voxels(), grid(np.eye(3)), tmp_path / "a.nrrd")
    assert list(tmp_path.iterdir()) == []


# Results


def a_result(labels: np.ndarray) -> Result:
    provenance = Provenance("0", "none", {}, "cpu", "float32", {}, "2026-01-01T00:00:00Z")
    source = Source("nrrd", "ab" * 32, {"study": "1.2"})
    geometry = Geometry(labels.shape, (1.0, 2.0, 3.0))
    return Result("femur", source, geometry, (), labels, {1: "femur_left"}, (), "Found.", provenance, {"read": 1.0})


def test_a_result_comes_back_as_a_view_of_its_file(tmp_path: Path) -> None:
    labels = np.random.default_rng(2).integers(0, 3, SHAPE).astype(np.uint8)
    write_result(a_result(labels), tmp_path)
    read = read_result(tmp_path)
    assert isinstance(read.segmentation, np.memmap) and not read.segmentation.flags.writeable
    assert np.array_equal(read.segmentation, labels)
    assert read.to_json() == a_result(labels).to_json()


@pytest.mark.parametrize("damage", ["no json", "no array", "short", "pickle", "other shape"])
def test_a_damaged_result_is_refused(tmp_path: Path, damage: str) -> None:
    write_result(a_result(np.zeros(SHAPE, np.uint8)), tmp_path)
    array = tmp_path / "segmentation.npy"
    if damage == "no json":
        (tmp_path / "result.json").unlink()
    elif damage == "no array":
        array.unlink()
    elif damage == "short":
        array.write_bytes(array.read_bytes()[:-1])
    elif damage == "pickle":
        np.save(array, np.array([{}], dtype=object), allow_pickle=True)
    else:
        np.save(array, np.zeros((1, 2, 3), np.uint8))
    with pytest.raises(InputError, match="run the task again"):
        read_result(tmp_path)


def test_the_numbered_bodies_of_a_result_come_back_and_no_other_extra(tmp_path: Path) -> None:
    bodies = np.zeros(SHAPE, np.uint8)
    bodies[1, 1:3, 2:] = np.arange(1, SHAPE[2] - 1)
    extras = (Extra(VERTEBRAE, bodies, {1: "L5"}), Extra("attention", bodies))
    write_result(replace(a_result(np.zeros(SHAPE, np.uint8)), extras=extras), tmp_path)
    (back,) = read_result(tmp_path).extras
    assert (back.name, back.labels) == (VERTEBRAE, {1: "L5"})
    assert np.array_equal(back.voxels, bodies)


@pytest.mark.parametrize(
    "text", ["{", "{}", '{"shape": [1, 2, 3], "place": [[0, 0], [0, 0], [0, 0]], "voxels": ""}', "µ"]
)
def test_damaged_bodies_are_refused(tmp_path: Path, text: str) -> None:
    extra = Extra(VERTEBRAE, np.ones(SHAPE, np.uint8))
    write_result(replace(a_result(np.zeros(SHAPE, np.uint8)), extras=(extra,)), tmp_path)
    (tmp_path / "vertebrae.json").write_text(text, "utf-8")
    with pytest.raises(InputError, match="run the task again"):
        read_result(tmp_path)


@pytest.mark.parametrize("count", [0, 1])
def test_bodies_are_kept_where_no_boxes_told_which_to_look_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    boxes = (Box.from_index("wedge", 1.0, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), grid(np.eye(3))),) * count
    result = replace(a_result(np.zeros(SHAPE, np.uint8)), extras=(Extra(VERTEBRAE, np.ones(SHAPE, np.uint8)),))
    monkeypatch.setattr(verbs, "perform", lambda *_: (None, result))
    asked = WorkerRun("ovf", tmp_path / "image.nrrd", tmp_path / "out", RunOptions(boxes=boxes))
    verbs.run(asked, Progress())
    assert len(read_result(tmp_path / "out").extras) == 1 - count


@pytest.mark.parametrize("filled", [(), ((2, 3, 1),), ((0, 0, 0), (-1, -1, -1))], ids=["empty", "one", "corners"])
def test_a_packed_map_comes_back(filled: tuple[tuple[int, int, int], ...]) -> None:
    voxels = np.zeros(SHAPE, np.uint8)
    for number, place in enumerate(filled, start=254):
        voxels[place] = number
    assert np.array_equal(unpack(pack(voxels), SHAPE), voxels)


# Extents


def test_extents_are_the_tightest_boxes_around_each_label() -> None:
    labels = np.zeros((6, 7, 8), np.uint8)
    labels[1, 2, 3] = labels[4, 5, 6] = labels[2, 6, 1] = 1
    labels[5, 6, 7] = 255
    assert label_extents(labels) == {1: (1, 7, 2, 7, 1, 5), 255: (7, 8, 6, 7, 5, 6)}


def test_extents_of_random_labels_are_those_of_their_indices() -> None:
    for seed in range(20):
        random = np.random.default_rng(seed)
        labels = (random.integers(0, 4, (5, 6, 7)) * (random.random((5, 6, 7)) < 0.05)).astype(np.uint8)
        expected = {}
        for value in np.unique(labels[labels > 0]):
            k, j, i = np.nonzero(labels == value)
            spans = [(axis.min(), axis.max() + 1) for axis in (i, j, k)]
            expected[int(value)] = tuple(int(n) for span in spans for n in span)
        assert label_extents(labels) == expected


def test_an_empty_mask_has_no_extents_and_a_cancel_is_heard() -> None:
    assert label_extents(np.zeros(SHAPE, np.uint8)) == {}
    with pytest.raises(Canceled):
        label_extents(np.zeros(SHAPE, np.uint8), Progress(is_canceled=lambda: True))
