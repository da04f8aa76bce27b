"""Networks measured beside each other on the same pictures."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from orthoai.cli.exits import BAD_INPUT
from orthoai.cli.main import main
from orthoai.detect.instance import Instance
from orthoai.models.store import ModelStore
from orthoai_training.detector.polygon_mask import polygon_mask
from orthoai_training.ovf.evaluation.matching import Measure
from orthoai_training.ovf.pictures import Outline, Picture, case_of
from orthoai_training.ovf.side_by_side import markdown, measured, measured_model, weights_in

SQUARE = np.array([[10, 12], [30, 12], [30, 28], [10, 28]], np.float64)
BOX = (10.0, 12.0, 30.0, 28.0)
MASK = polygon_mask((40, 40), [SQUARE]).astype(bool)


def picture(name: str) -> Picture:
    """With one wedge."""
    return Picture(name, np.zeros((40, 40), np.uint8), (Outline(1, SQUARE),), np.zeros((40, 40), bool))


def test_what_finds_everything_has_full_marks_and_what_finds_nothing_none() -> None:
    pictures = [picture("a_001_0"), picture("b_004_0")]
    ticks = (second / 10 for second in itertools.count())
    perfect = measured(
        "all", 2_000_000, lambda pixels: [Instance("wedge", 0.9, BOX, MASK, ())], pictures, lambda: next(ticks)
    )
    blind = measured("none", 1, lambda pixels: [], pictures)
    assert perfect.ms_per_picture == pytest.approx(100)
    for measure in Measure:
        assert perfect.figures[measure].by_class["all"].map50_95 == pytest.approx(1.0)
        assert blind.figures[measure].by_class["all"].map50 == pytest.approx(0.0)
    text = markdown([perfect, blind])
    assert "| all | 2.0 | 100 | 1.000 [1.000, 1.000] |" in text and "| none | 0.0 |" in text


def test_a_wrong_class_is_not_found() -> None:
    other = measured("x", 1, lambda pixels: [Instance("crush", 0.9, BOX, MASK, ())], [picture("a_001_0")])
    assert other.figures[Measure.BOX].by_class["wedge"].map50 == pytest.approx(0.0)


def test_pictures_of_one_case_are_resampled_together() -> None:
    names = ("spine_001000_012_0", "spine_001000_017_1", "own picture 3")
    assert [case_of(picture(name)) for name in names] == ["spine_001000", "spine_001000", "own picture 3"]


def test_an_installed_model_is_measured_the_same_way() -> None:
    pytest.importorskip("onnx")
    model = ModelStore.default().get("vertebral_fractures")
    row = measured_model(model, [picture("a_001_0")])
    assert row.ms_per_picture > 0 and row.figures[Measure.MASK].pictures == 1
    # YOLOv8n-seg has 3.3 million.
    assert row.parameters == weights_in(Path(model.weights("detector"))) == pytest.approx(3.3e6, rel=0.05)


def test_only_mask_rcnn_is_measured_beside_a_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["train", "ovf", "--data", "nowhere", "-o", str(tmp_path / "out"), "--beside", "vertebral_fractures"]
    assert main(words) == BAD_INPUT and "leave --beside out" in capsys.readouterr().err
    assert main([*words, "--only", "mask-rcnn"]) == BAD_INPUT and "--beside" not in capsys.readouterr().err
