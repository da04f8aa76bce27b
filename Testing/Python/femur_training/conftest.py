"""Small crops and cases whose answer is known, and a recipe that learns them in seconds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from orthoai.io.write import write_labels, write_volume
from orthoai_training.femur import recipes, simulate, train
from orthoai_training.femur.recipes import Augmentation, SegmenterRecipe
from orthoai_training.femur.request import TrainRequest
from orthoai_training.femur.train import train_femur
from train_fakes import GEOMETRY, fake_detector, fake_limb, fake_segmenter, two_rods, write_crops

MakeCrops = Callable[..., Path]


@pytest.fixture
def make_crops(tmp_path: Path) -> MakeCrops:
    """See :func:`write_crops`."""
    return partial(write_crops, tmp_path / "crops")


@pytest.fixture(scope="session")
def tiny() -> SegmenterRecipe:
    """A SegResNet of two levels on patches of 24 voxels."""
    return replace(
        SegmenterRecipe(),
        patch=(24, 24, 24),
        batch=2,
        init_filters=8,
        blocks_down=(1, 1),
        blocks_up=(1,),
        dropout=0.1,
        loss="dice_ce",
        learning_rate=1e-2,
        epochs=2,
        steps_per_epoch=30,
        validate_every=1,
        ema_decay=0.8,
        augmentation=Augmentation(affine_probability=0.3, noise_probability=0.5, blur_probability=0.3),
    )


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three cases, "a" to "c", with two rods each; their case.json names the shapes they were made from."""
    root = tmp_path_factory.mktemp("data") / "cases"
    for number, name in enumerate("abc"):
        folder = root / name
        folder.mkdir(parents=True)
        volume, labels = two_rods(number)
        write_volume(volume, folder / "image.nii.gz")
        write_labels(labels, GEOMETRY, folder / "labels.nii.gz")
        meta = {"seed": number, "shapes": [f"libhip/femur_{name}"]}
        (folder / "case.json").write_text(json.dumps(meta))
    return root


@pytest.fixture(scope="module")
def quick(tiny: SegmenterRecipe) -> Iterator[None]:
    """A compact recipe of three steps."""
    short = replace(tiny, epochs=1, steps_per_epoch=3)
    recipe = replace(
        recipes.COMPACT,
        segmenter=short,
        single_stage=replace(short, whole_volume=True),
        transunet=replace(short, architecture="transunet", patch=(32, 32, 32)),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(recipes.RECIPES, "compact", recipe)
        yield


@pytest.fixture
def unlearned(monkeypatch: pytest.MonkeyPatch) -> None:
    """No segmenter learns anything: for tests of what lies around the training."""
    monkeypatch.setattr(train, "train_segmenter", fake_segmenter)


@pytest.fixture
def rods_for_limbs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulated scans for the segmenter are two rods."""
    monkeypatch.setattr(simulate, "simulate_limb", fake_limb)


@pytest.fixture(scope="module")
def first(cases: Path, quick: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained two-stage model, to look at and to start from."""
    out = tmp_path_factory.mktemp("first")
    request = TrainRequest(out, data=cases, shapes=(Path("meshes/vhm_lowerlimb"),), device="cpu", seed=4)
    (folder,) = train_femur(request, train_detector=fake_detector)
    return folder
