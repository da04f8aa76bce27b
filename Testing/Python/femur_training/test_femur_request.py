"""What a training of the femur may be asked for, and the paper's recipe."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from orthoai.errors import InputError
from orthoai_training.femur import recipes, train_command
from orthoai_training.femur.request import DETECTOR, SEGMENTERS, TrainRequest
from orthoai_training.train.options import RECIPE_NAMES


def test_bad_requests_are_told() -> None:
    for changes, sentence in (
        ({}, "either --data"),
        ({"data": Path("x"), "simulate": 3}, "either --data"),
        ({"simulate": 0}, "At least one case"),
        ({"simulate": 1, "only": "unet"}, "choose detector, segmenter"),
        ({"simulate": 1, "minutes": -1.0}, "above 0"),
    ):
        with pytest.raises(InputError, match=sentence):
            TrainRequest(Path("out"), **changes)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="choose one of paper, compact"):
        recipes.get_recipe("fast")


def test_minutes_are_shared_between_detector_and_segmenter() -> None:
    both = TrainRequest(Path("out"), simulate=1, minutes=60)
    assert both.minutes_for("detector") == pytest.approx(18)
    assert both.minutes_for("segmenter") == pytest.approx(42)
    assert replace(both, only="segmenter").minutes_for("segmenter") == 60
    assert replace(both, minutes=None).minutes_for("segmenter") is None


def test_the_command_offers_what_there_is() -> None:
    assert set(RECIPE_NAMES) == set(recipes.RECIPES)
    assert set(train_command.PART_NAMES) == {DETECTOR, *SEGMENTERS}


def test_the_paper_recipe_has_the_numbers_of_tables_2_and_3() -> None:
    paper = recipes.PAPER
    assert (paper.detector.epochs, paper.detector.batch, paper.detector.workers) == (120, 32, 4)
    stage_2 = paper.segmenter
    assert (stage_2.epochs, stage_2.batch, stage_2.patch) == (300, 4, (160, 160, 160))
    assert (stage_2.spacing_mm, stage_2.intensity_range_hu) == ((1.0, 1.0, 1.0), (-100.0, 500.0))
    assert (stage_2.blocks_down, stage_2.blocks_up, stage_2.init_filters) == ((1, 2, 2, 4), (1, 1, 1), 16)
    assert (stage_2.dropout, stage_2.loss, stage_2.validate_every) == (0.2, "dice", 5)
    assert (paper.validation_share, paper.test_share) == (0.08, 0.07)
