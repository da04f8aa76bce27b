"""The trainer learns, stops in time, and goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from orthoai.errors import Canceled, InputError
from orthoai.geometry import Geometry
from orthoai.progress import Progress
from orthoai.segment.engine import Segmenter
from orthoai.volume import Volume
from orthoai_training.femur.recipes import SegmenterRecipe
from orthoai_training.femur.segmenter.crop_store import open_crops
from orthoai_training.femur.segmenter.networks import spec_of
from orthoai_training.femur.segmenter.trainer import train_segmenter
from orthoai_training.femur.segmenter.validate import dice
from orthoai_training.learning.run_folder import START_DICE, Learned
from safetensors.torch import load_file
from train_fakes import write_crops

MakeCrops = Callable[..., Path]


@dataclass(frozen=True)
class Trained:
    """A run that has learned what a rod looks like."""

    crops: Path
    out: Path
    learned: Learned


@pytest.fixture(scope="module")
def finished(tiny: SegmenterRecipe, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("finished")
    crops, out = write_crops(folder / "crops"), folder / "out"
    return Trained(crops, out, train_segmenter(crops, tiny, out, device="cpu", seed=1))


def test_training_finds_the_rod_that_inference_then_finds_too(finished: Trained, tiny: SegmenterRecipe) -> None:
    trained = finished.learned
    history = trained.metrics["history"]
    assert [entry["step"] for entry in history] == [30, 60]
    assert history[-1]["loss"] < history[0]["loss"]
    assert trained.metrics["best_dice"] > 0.9
    # The shipped path: the float16 weights through the engine, on the crop's own grid.
    crop = open_crops(finished.crops, "validation")[0]
    volume = Volume(np.asarray(crop.image), Geometry(crop.image.shape))
    found = Segmenter(spec_of(tiny), trained.weights, device="cpu").foreground(volume)
    assert dice(found, crop.mask) == pytest.approx(trained.metrics["best_dice"], abs=0.02)
    assert json.loads((finished.out / "metrics.json").read_text()) == trained.metrics
    assert list((finished.out / "tensorboard").glob("events.*"))


def test_training_goes_on_from_the_weights_it_is_given(
    finished: Trained, tiny: SegmenterRecipe, tmp_path: Path
) -> None:
    first = finished.learned
    # At a rate of nothing the weights stay what they were; random ones would find no rod.
    still = replace(tiny, epochs=1, steps_per_epoch=1, learning_rate=1e-9)
    second = train_segmenter(finished.crops, still, tmp_path / "second", device="cpu", seed=1, start=first.weights)
    assert second.metrics["best_dice"] == pytest.approx(first.metrics["best_dice"], abs=0.02)
    assert second.metrics[START_DICE] == pytest.approx(first.metrics["best_dice"], abs=0.02)
    assert START_DICE not in first.metrics


def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(
    make_crops: MakeCrops, tiny: SegmenterRecipe, tmp_path: Path
) -> None:
    crops = make_crops()
    recipe = replace(tiny, epochs=3, steps_per_epoch=4)
    whole = train_segmenter(crops, recipe, tmp_path / "whole", device="cpu", seed=3)
    seen: list[float] = []
    stopping = Progress(lambda stage, fraction, message: seen.append(fraction), lambda: len(seen) >= 7)
    with pytest.raises(Canceled):
        train_segmenter(crops, recipe, tmp_path / "cut", device="cpu", seed=3, progress=stopping)
    steps: list[str] = []
    going_on = Progress(lambda stage, fraction, message: steps.append(message))
    resumed = train_segmenter(crops, recipe, tmp_path / "cut", device="cpu", seed=3, progress=going_on, resume=True)
    # Canceled after step 6; the checkpoint is of step 4.
    assert steps[0].startswith("step 5,")
    assert resumed.metrics["steps"] == 12
    assert [e["dice"] for e in resumed.metrics["history"]] == [e["dice"] for e in whole.metrics["history"]]
    expected, actual = load_file(whole.weights), load_file(resumed.weights)
    assert all(torch.equal(expected[name], actual[name]) for name in expected)


def test_a_checkpoint_of_another_recipe_is_refused(
    make_crops: MakeCrops, tiny: SegmenterRecipe, tmp_path: Path
) -> None:
    crops, recipe = make_crops(), replace(tiny, epochs=1, steps_per_epoch=1)
    train_segmenter(crops, recipe, tmp_path / "out", device="cpu")
    for other in (replace(recipe, learning_rate=1e-3), replace(recipe, init_filters=16)):
        with pytest.raises(InputError, match="another recipe"):
            train_segmenter(crops, other, tmp_path / "out", device="cpu", resume=True)


def test_a_time_budget_ends_the_run_and_the_learning_rate_with_it(
    make_crops: MakeCrops, tiny: SegmenterRecipe, tmp_path: Path
) -> None:
    now = [0.0]

    def ten_seconds_per_step(stage: str, fraction: float, message: str) -> None:
        if message.startswith("step"):
            now[0] += 10

    recipe = replace(tiny, epochs=100, steps_per_epoch=50)
    trained = train_segmenter(
        make_crops(),
        recipe,
        tmp_path / "out",
        device="cpu",
        minutes=1,
        progress=Progress(ten_seconds_per_step),
        clock=lambda: now[0],
    )
    assert trained.metrics["steps"] == 6
    assert trained.metrics["training_s"] == 60
    assert trained.weights.exists()
    last_rate = trained.metrics["history"][-1]["learning_rate"]
    assert last_rate < 0.1 * recipe.learning_rate


def test_without_held_out_crops_the_last_weights_are_kept(
    make_crops: MakeCrops, tiny: SegmenterRecipe, tmp_path: Path
) -> None:
    recipe = replace(tiny, epochs=2, steps_per_epoch=2)
    trained = train_segmenter(make_crops(validation=0), recipe, tmp_path / "out", device="cpu")
    assert trained.metrics["best_dice"] is None
    assert trained.metrics["best_step"] == 4


def test_missing_crops_are_told(tiny: SegmenterRecipe, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no training crops"):
        train_segmenter(tmp_path, tiny, tmp_path / "out", device="cpu")


def test_transunet_trains_and_comes_back_through_the_engine(
    make_crops: MakeCrops, tiny: SegmenterRecipe, tmp_path: Path
) -> None:
    recipe = replace(tiny, architecture="transunet", epochs=1, steps_per_epoch=3, patch=(32, 32, 32))
    trained = train_segmenter(make_crops(shape=(40, 40, 40)), recipe, tmp_path / "out", device="cpu")
    crop = open_crops(tmp_path / "crops", "validation")[0]
    volume = Volume(np.asarray(crop.image), Geometry(crop.image.shape))
    assert Segmenter(spec_of(recipe), trained.weights, device="cpu").foreground(volume).shape == crop.image.shape
