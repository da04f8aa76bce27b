"""result.json: what is written comes back, and anything else is refused in one sentence."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from orthoai.box import Box
from orthoai.errors import InputError
from orthoai.finding import Finding, Measurement, Place
from orthoai.geometry import Geometry
from orthoai.result import SCHEMA_VERSION, Extra, Provenance, Result
from orthoai.volume import Source

GRID = Geometry((4, 5, 6), spacing=(0.7, 0.8, 1.5), origin=(-10.25, 3.0, 1e-3), direction=(-1, 0, 0, 0, -1, 0, 0, 0, 1))


@pytest.fixture
def result() -> Result:
    segmentation = np.zeros(GRID.shape, np.uint8)
    segmentation[1:3, 2, 3] = 1
    box = Box.around("femur_left", segmentation == 1, GRID, 0.75)
    assert box is not None
    return Result(
        task="femur",
        source=Source("dicom", "ab" * 32, {"series": "1.2.3"}),
        geometry=GRID,
        boxes=(box,),
        segmentation=segmentation,
        labels={1: "femur_left", 2: "femur_right"},
        findings=(
            Finding(
                "femur_left",
                "femur",
                0.75,
                0.1,
                {"volume": Measurement(1.5, "cm3")},
                Place((1.0, 2.0, 3.0), 2),
                ("cut_by_field_of_view",),
            ),
            Finding("femur_right", "absent", 0.5),
        ),
        message="One femur found.",
        provenance=Provenance(
            "0.1.0", "femur", {"detector": "cd" * 32}, "cpu", "float32", {"numpy": "2"}, "2025-11-20T22:37:00Z"
        ),
        timings_s={"drr": 0.5},
        structures={"femur_left": {"volume": Measurement(1.5, "cm3")}, "femur_right": {}},
    )


def test_a_result_survives_its_json(result: Result) -> None:
    back = Result.from_json(result.to_json(), result.segmentation)
    for name in vars(result):
        if name != "segmentation":
            assert getattr(back, name) == getattr(result, name), name
    assert back.segmentation is result.segmentation


def test_the_keys_are_those_of_the_contract(result: Result) -> None:
    content = json.loads(result.to_json())
    assert content["schema_version"] == SCHEMA_VERSION == 1
    assert set(content) == {
        "schema_version", "task", "message", "input", "boxes", "findings", "labels", "timings_s", "provenance",
        "structures",
    }  # fmt: skip
    assert set(content["input"]) == {"kind", "sha256", "uids", "shape", "spacing", "origin", "direction"}
    assert set(content["boxes"][0]) == {"label", "score", "lps_min", "lps_max", "index_min", "index_max"}
    assert content["labels"] == {"1": "femur_left", "2": "femur_right"}
    assert content["findings"][0]["measurements"] == {"volume": {"value": 1.5, "unit": "cm3"}}
    assert content["findings"][1]["place"] is None
    assert content["structures"]["femur_left"] == {"volume": {"value": 1.5, "unit": "cm3"}}


def test_a_result_without_measured_structures_has_no_such_key_and_one_from_before_is_read(result: Result) -> None:
    text = replace(result, structures={}).to_json()
    assert "structures" not in json.loads(text)
    assert Result.from_json(text).structures == {}


def test_what_a_reviewer_confirmed_is_told_and_a_result_without_has_no_such_key(result: Result) -> None:
    assert "confirmed" not in json.loads(result.to_json())["findings"][0]
    first = result.findings[0].with_confirmed("volume", 2.0).with_confirmed("grade", 4.0)
    told = Result.from_json(replace(result, findings=(first,)).to_json()).findings
    assert told == (first,) and first.confirmed == ("volume", "grade")
    assert first.measurements == {"volume": Measurement(2.0, "cm3"), "grade": Measurement(4.0, "1")}


def test_what_lies_beside_it_is_named(result: Result) -> None:
    bodies = Extra("vertebrae", np.zeros(GRID.shape, np.uint8), {1: "vertebra_1"})
    content = json.loads(replace(result, extras=(bodies,)).to_json(["report.html", "overview.png"]))
    assert content["extras"] == {"vertebrae": {"1": "vertebra_1"}}
    assert content["files"] == ["overview.png", "report.html"]


def test_a_number_that_json_does_not_know_is_never_written(result: Result) -> None:
    with pytest.raises(ValueError, match="nan"):
        replace(result, timings_s={"drr": float("nan")}).to_json()


def test_the_series_description_stays_out(result: Result) -> None:
    named = replace(result, source=replace(result.source, description="DOE JOHN HIP"))
    assert "DOE" not in named.to_json()


def test_numpy_numbers_are_written_as_numbers(result: Result) -> None:
    odd = replace(result, findings=(Finding("a", "b", np.float32(0.5)),), timings_s={"drr": np.float64(2)})  # type: ignore[arg-type]
    assert Result.from_json(odd.to_json()).findings[0].probability == 0.5


def test_without_its_voxels_the_segmentation_is_empty_on_the_grid(result: Result) -> None:
    back = Result.from_json(result.to_json())
    assert back.segmentation.shape == GRID.shape
    assert not back.segmentation.any()


@pytest.mark.parametrize("text", ["", "no json", "{", "\x00", "[" * 100_000])
def test_damaged_json_is_named(text: str) -> None:
    with pytest.raises(InputError, match="damaged"):
        Result.from_json(text)


@pytest.mark.parametrize("text", ["[]", "{}", '{"schema_version": 2}', '{"schema_version": "1"}'])
def test_another_schema_version_is_named(text: str) -> None:
    with pytest.raises(InputError, match="schema version"):
        Result.from_json(text)


@pytest.mark.parametrize("key", ["task", "input", "boxes", "findings", "labels", "message", "provenance", "timings_s"])
def test_a_missing_key_is_named(result: Result, key: str) -> None:
    content = json.loads(result.to_json())
    del content[key]
    with pytest.raises(InputError, match=key):
        Result.from_json(json.dumps(content))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("boxes", 0, "index_min"), [1, 2]),
        (("boxes", 0, "score"), "high"),
        (("boxes", 0, "score"), 10**400),
        (("findings", 0, "probability"), 10**400),
        (("input", "shape"), [4, 5]),
        (("input", "direction"), [1, 0, 0]),
        (("input", "shape"), [0, 5, 6]),
        (("input", "shape"), [float("inf"), 5, 6]),
        (("labels",), {"one": "femur_left"}),
        (("labels",), []),
        (("findings", 0, "measurements"), {"volume": 3}),
        (("provenance",), {"device": "cpu"}),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(result: Result, path: tuple, value: object) -> None:
    content = json.loads(result.to_json())
    item = content
    for step in path[:-1]:
        item = item[step]
    item[path[-1]] = value
    with pytest.raises(InputError, match="incomplete"):
        Result.from_json(json.dumps(content))


def test_a_segmentation_of_another_size_is_refused(result: Result) -> None:
    with pytest.raises(InputError, match="segmentation"):
        Result.from_json(result.to_json(), np.zeros((4, 5, 7), np.uint8))
    with pytest.raises(ValueError, match="uint8"):
        replace(result, segmentation=np.zeros(GRID.shape, np.int16))
