"""What a training and a measurement of the detectors ask for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from orthoai.detect.detector import Detection
from orthoai.errors import Canceled, InputError
from orthoai_training.detector import ultralytics_engine
from orthoai_training.disc.data.split import fixed_split
from orthoai_training.disc.detection import request as asked_for
from orthoai_training.disc.detection import train as module
from orthoai_training.disc.detection.dataset import Stage
from orthoai_training.disc.detection.figures import figures_of, seen_through
from orthoai_training.disc.detection.recipe import COMPACT
from orthoai_training.disc.detection.request import DetectorRequest
from orthoai_training.disc.detection.scene import Scene
from orthoai_training.disc.detection.train import train_detectors
from orthoai_training.disc.segmentation.evaluate import LOOKS

SMALL = replace(COMPACT, yolo=replace(COMPACT.yolo, image_size=96), picture_variants=1, slice_variants=1)


def scene(patient: int = 1) -> Scene:
    outlines = {n: np.array([[60.0, 300.0 - 40 * n], [90.0, 308.0 - 40 * n]]) for n in range(1, 7)}
    image = np.random.default_rng(0).random((330, 160), np.float32)
    return Scene("picture", patient, image, (1.0, 1.0), outlines)


class Fixed:
    """A detector that always answers the same."""

    def __init__(self, *boxes: Detection) -> None:
        self.boxes = list(boxes)

    def detect(self, image: np.ndarray) -> list[Detection]:
        return self.boxes


@pytest.mark.parametrize("look", list(LOOKS))
def test_outlines_stay_on_their_discs_through_another_look(look: str) -> None:
    one = scene()
    other = seen_through(one, LOOKS[look])
    assert other.image.shape[0] * other.pixel_mm[0] == pytest.approx(one.image.shape[0] * one.pixel_mm[0], abs=2)
    first, second = one.disc_boxes()[3], other.disc_boxes()[3]
    assert second.y0 * other.pixel_mm[0] == pytest.approx(first.y0 * one.pixel_mm[0])
    assert other.image.min() >= 0 and other.image.max() <= 1


def test_figures_of_a_perfect_first_stage_and_a_blind_second() -> None:
    one = scene()
    region = one.lumbar_box()
    figures = figures_of([one], (lambda _: Fixed(region), lambda _: Fixed()))
    assert figures.lumbar.map50_95 == 1.0 and figures.discs.map50 == 0.0
    assert figures.levels.complete == 0 and figures.to_json()["run"]["truths"] == 6


@pytest.mark.parametrize("fold", [None, 3])
def test_training_sees_its_patients_and_no_others(monkeypatch, tmp_path, fold: int | None) -> None:
    asked, runs = [], []
    monkeypatch.setattr(module, "scenes", lambda data, patients, offsets=(0.0,): asked.append(set(patients)) or [])
    monkeypatch.setattr(module, "train_stage", lambda run, progress: runs.append(run))
    train_detectors(DetectorRequest(tmp_path, tmp_path, simulated=1, fold=fold))
    split = fixed_split() if fold is None else fixed_split().fold(fold)
    assert all(not patients & set(split.test) for patients in asked)
    assert [run.stage for run in runs] == [Stage.LUMBAR, Stage.DISCS]
    assert [run.out.name for run in runs] == ["lumbar", "discs"] and len(runs[0].train) == 1


def test_a_canceled_training_goes_on_with_the_same_patients_alone(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(module, "scenes", lambda data, patients, offsets=(0.0,): [scene(min(patients))])
    monkeypatch.setattr(ultralytics_engine, "train", stopped)
    monkeypatch.setattr(asked_for, "RECIPES", {name: dict.fromkeys(Stage, SMALL) for name in ("compact", "paper")})
    request = DetectorRequest(tmp_path, tmp_path / "out", (Stage.DISCS,), device="cpu")
    with pytest.raises(Canceled):
        train_detectors(request)
    with pytest.raises(InputError, match="add --resume"):
        train_detectors(request)
    for changes in ({"fold": 1}, {"recipe": "paper"}, {"seed": 1}):
        with pytest.raises(InputError, match="begun with other --data, --fold, --networks or --seed"):
            train_detectors(replace(request, resume=True, **changes))
    with pytest.raises(Canceled):
        train_detectors(replace(request, resume=True))


def stopped(*args: object, **options: object) -> None:
    raise Canceled
