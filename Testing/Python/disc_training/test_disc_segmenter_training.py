"""Losses, Dice and the trainer of the slice segmenters."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from orthoai.errors import Canceled, InputError
from orthoai.progress import Progress
from orthoai_training.disc.segmentation.dice import dice_per_structure, mean_dice
from orthoai_training.disc.segmentation.losses import cross_entropy, dice_focal, distillation
from orthoai_training.disc.segmentation.networks import PAPER_GRID, build_segmenter
from orthoai_training.disc.segmentation.recipe import SliceRecipe, paper_recipe
from orthoai_training.disc.segmentation.slices import IGNORED, LabeledSlices
from orthoai_training.disc.segmentation.trainer import SegmenterRun, train_slices
from safetensors.torch import load_file

TINY = SliceRecipe(crop=(64, 64), batch=2, epochs=1, warmup_steps=0, validate_every=1)


def logits_of(labels: torch.Tensor, sure: float = 20.0) -> torch.Tensor:
    return torch.nn.functional.one_hot(labels, 4).movedim(-1, 1).float() * sure


@pytest.fixture
def labels() -> torch.Tensor:
    return torch.randint(0, 4, (2, 8, 8), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("loss", [dice_focal, cross_entropy])
def test_a_right_answer_costs_nothing_and_a_wrong_one_much(loss, labels):
    assert float(loss(logits_of(labels), labels)) < 0.01
    assert float(loss(logits_of((labels + 1) % 4), labels)) > 1


@pytest.mark.parametrize("loss", [dice_focal, cross_entropy])
def test_ignored_pixels_do_not_count(loss, labels):
    ignored = labels.clone()
    ignored[:, :4] = IGNORED
    wrong_there = labels.clone()
    wrong_there[:, :4] = (labels[:, :4] + 1) % 4
    torch.testing.assert_close(loss(logits_of(wrong_there), ignored), loss(logits_of(labels), ignored))


def test_the_teachers_own_answer_distills_to_nothing():
    logits = torch.randn(2, 4, 6, 6)
    assert float(distillation(logits, logits.softmax(1))) == pytest.approx(0, abs=1e-5)
    assert float(distillation(logits, torch.full((2, 4, 6, 6), 0.25))) > 0.05


def test_dice_of_a_known_overlap():
    truth, found = np.zeros((1, 4, 4), np.uint8), np.zeros((1, 4, 4), np.uint8)
    truth[0, :2] = 1
    found[0, 1:3] = 1
    scores = dice_per_structure(truth, found)
    assert scores == {"vertebra": 0.5, "disc": None, "canal": None}
    assert mean_dice(scores) == 0.5


def test_the_grid_is_the_papers_seventeen():
    assert len(PAPER_GRID) == 17
    assert paper_recipe("unet-resnet34").learning_rate == 0.003


@pytest.mark.parametrize("name", ["compact", "fpn-resnet34"])
def test_a_network_answers_in_the_size_of_its_input(name):
    if name != "compact":
        pytest.importorskip("segmentation_models_pytorch", reason="segmentation-models-pytorch is not installed")
    built = build_segmenter(name)
    assert built.start == "from scratch"
    with torch.no_grad():
        assert built.network.eval()(torch.rand(1, 3, 2 * built.stride, built.stride)).shape == (1, 4, 64, 32)


def test_an_unknown_network_is_named():
    with pytest.raises(InputError, match="no segmenter named 'nonsense'"):
        build_segmenter("nonsense")


def test_training_learns_writes_and_resumes(tmp_path, tiny_volume):
    cases = [LabeledSlices.of(tiny_volume(patient)) for patient in (1, 2)]
    run = SegmenterRun(cases, cases[:1], replace(TINY, learning_rate=5e-3), tmp_path, device="cpu")
    first = train_slices(run)
    assert first.metrics["steps"] == 4
    assert json.loads((tmp_path / "metrics.json").read_text())["first_weights"] == "from scratch"
    losses = [entry["loss"] for entry in first.metrics["history"]]
    assert losses[-1] < losses[0]
    # All steps are done: a resumed run ends at once, with what was there.
    again = train_slices(replace(run, resume=True))
    assert again.metrics["steps"] == 4 and again.metrics["best_step"] == first.metrics["best_step"]
    with pytest.raises(InputError, match="another recipe"):
        train_slices(replace(run, resume=True, recipe=replace(TINY, learning_rate=1e-4)))


def test_a_stopped_run_goes_on_as_if_it_had_not_stopped(tmp_path, tiny_volume):
    cases = [LabeledSlices.of(tiny_volume())]
    run = SegmenterRun(cases, cases, replace(TINY, epochs=3), tmp_path / "whole", device="cpu")
    train_slices(run)
    stopped = replace(run, out_dir=tmp_path / "stopped")
    calls = iter(range(100))
    with pytest.raises(Canceled):
        train_slices(stopped, Progress(is_canceled=lambda: next(calls) >= 4))
    train_slices(replace(stopped, resume=True))
    whole, resumed = (load_file(tmp_path / name / "checkpoint.safetensors") for name in ("whole", "stopped"))
    assert [name for name, value in whole.items() if not torch.equal(value, resumed[name])] == []


def test_a_run_without_better_dice_stops_early(tmp_path, tiny_volume):
    cases = [LabeledSlices.of(tiny_volume())]
    recipe = replace(TINY, learning_rate=0.0, ema_decay=0.0, epochs=50, early_stop=2)
    metrics = train_slices(SegmenterRun(cases, cases, recipe, tmp_path, device="cpu")).metrics
    assert metrics["steps"] < 20


def test_without_held_out_cases_the_last_weights_are_kept_and_no_dice_is_claimed(tmp_path, tiny_volume):
    cases = [LabeledSlices.of(tiny_volume())]
    trained = train_slices(SegmenterRun(cases, [], replace(TINY, ema_decay=0.0), tmp_path, device="cpu"))
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["best_dice"] is None and metrics["best_step"] == metrics["steps"] > 0
    saved, checkpoint = load_file(trained.weights), load_file(tmp_path / "checkpoint.safetensors")
    assert all(torch.equal(value, checkpoint[f"network.{name}"]) for name, value in saved.items())


def test_a_cancel_ends_the_training(tmp_path, tiny_volume):
    cases = [LabeledSlices.of(tiny_volume())]
    with pytest.raises(Canceled):
        train_slices(SegmenterRun(cases, [], TINY, tmp_path, device="cpu"), Progress(is_canceled=lambda: True))


def test_training_without_cases_is_refused(tmp_path):
    with pytest.raises(InputError, match="no training slices"):
        train_slices(SegmenterRun([], [], TINY, tmp_path))


def test_a_teacher_changes_what_is_learned(tmp_path, tiny_volume):
    cases = [LabeledSlices.of(tiny_volume())]
    recipe = replace(TINY, distill=1.0)

    def background(picture: torch.Tensor) -> torch.Tensor:
        shares = torch.zeros(len(picture), 4, *picture.shape[2:])
        shares[:, 0] = 1
        return shares

    run = SegmenterRun(cases, [], recipe, tmp_path, device="cpu", teacher=background)
    losses = [entry["loss"] for entry in train_slices(run).metrics["history"]]
    assert losses[-1] < losses[0]
    without = train_slices(replace(run, recipe=replace(TINY, distill=0.0)))
    assert without.metrics["history"][0]["loss"] != losses[0]
