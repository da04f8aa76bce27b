"""The whole evaluation with a network and a task that answer what the test wants."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from orthoai.detect.instance import Instance
from orthoai.errors import InputError
from orthoai.finding import Finding, Place
from orthoai.models.card import read_card
from orthoai.result import Extra, Provenance, Result
from orthoai.tasks.ovf.pipeline import Spine
from orthoai_training.ovf.detector import OvfRun, TrainedOvf
from orthoai_training.ovf.evaluation import run
from orthoai_training.ovf.evaluation.source import Source
from orthoai_training.ovf.model_folder import write_ovf_model
from orthoai_training.ovf.recipe import COMPACT
from orthoai_training.spine_ct.case import SpineCase, class_map, write_case
from ovf_blocks import MARROW, blocks_case
from scipy import ndimage


class Blocks:
    """Finds every bright block: crush where it is low, else normal."""

    def detect(self, picture: np.ndarray) -> list[Instance]:
        # Marrow and tissue in the bone window.
        parts, _ = ndimage.label(picture > 255 * (MARROW + 200) / 1200 - 40)
        found = []
        for number, (rows, cols) in enumerate(ndimage.find_objects(parts), start=1):
            low = rows.stop - rows.start < 18
            scores = (0.9, 0.02, 0.02, 0.1) if low else (0.1, 0.02, 0.02, 0.9)
            box = (float(cols.start), float(rows.start), float(cols.stop), float(rows.stop))
            found.append(Instance("crush" if low else "normal", 0.9, box, parts == number, scores))
        return found


def said_of(case: SpineCase, request: run.EvaluationRequest) -> tuple[Result, Spine | None]:
    """Every vertebra rightly named, with half the probability that is deserved."""
    centers = {truth: np.argwhere(case.bodies == truth.id).mean(axis=0)[::-1] for truth in case.vertebrae}
    places = {truth: Place(tuple(case.volume.geometry.index_to_lps(center))) for truth, center in centers.items()}
    result = Result(
        "ovf",
        case.volume.source,
        case.volume.geometry,
        (),
        class_map(case) % 4,
        {1: "crush"},
        tuple(Finding(truth.name, truth.label, 0.5, 0.1, place=place) for truth, place in places.items()),
        "",
        Provenance("0", "m", {}, "cpu", "float32", {}, "2026-01-01T00:00:00Z"),
        {"detect": 0.5},
        (Extra("vertebrae", case.bodies, {truth.id: truth.name for truth in case.vertebrae}),),
    )
    return result, None


@pytest.fixture
def request_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> run.EvaluationRequest:
    for number in range(8):
        # One seed lies apart from the others.
        made = replace(blocks_case(), seed=900_000 + (number or 50))
        write_case(made, tmp_path / "cases" / f"case{number}")
    file = tmp_path / "detector.onnx"
    file.write_bytes(b"network")
    model = write_ovf_model(TrainedOvf(file, {}, 1.0), OvfRun(tmp_path, COMPACT), tmp_path / "model", "compact")
    monkeypatch.setattr(run, "open_network", lambda model: Blocks())
    monkeypatch.setattr(run, "_run", said_of)
    return run.EvaluationRequest(
        tmp_path / "out", Source(tmp_path / "cases"), str(model), slices=1, calibrate=True, command="orthoai evaluate"
    )


def test_an_evaluation_writes_tables_pictures_figures_and_the_calibration(request_on: run.EvaluationRequest) -> None:
    run.evaluate_ovf(request_on)
    out = request_on.out
    content = json.loads((out / "evaluation.json").read_text())
    pictures = content["pictures"]["simulated"]["mask"]["by_class"]
    assert pictures["crush"]["map50"] == 1.0 and pictures["normal"]["instances"] == 16
    assert content["vertebrae"]["simulated"]["figures"]["class accuracy, all vertebrae"]["mean"] == 1.0
    text = (out / "tables.md").read_text()
    assert "\n- Cases: 8, of the seeds 900001 to 900007, 900050\n" in text
    assert content["seeds"] == [900_050, *range(900_001, 900_008)]
    assert "paper: Table 1" in text and "| 3D Dice, crush | 1.000" in text and "`orthoai evaluate`" in text
    assert len((out / "vertebrae.csv").read_text().splitlines()) == 25
    assert len(list((out / "simulated").glob("*.png"))) == 10 and len(list((out / "simulated/task").iterdir())) == 9
    task = content["pictures_of_task"]["simulated"]["mask"]["by_class"]
    assert task["crush"]["instances"] == 8 and task["crush"]["map50"] == 0.0
    fitted = read_card(Path(request_on.model)).networks["detector"].settings["calibration"]
    # All 24 were right at 0.5: the card now says so.
    assert fitted == content["calibration"] and fitted["answers"] == 24 and fitted["b"] > 2


def test_too_few_fractures_leave_the_card_as_it_was_and_keep_what_was_measured(
    request_on: run.EvaluationRequest,
) -> None:
    card = Path(request_on.model) / "metadata.json"
    before = card.read_bytes()
    with pytest.raises(InputError, match="too few fractures"):
        run.evaluate_ovf(replace(request_on, limit=2))
    assert card.read_bytes() == before
    assert (request_on.out / "evaluation.json").exists()
