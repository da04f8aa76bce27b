"""Approved cases teach the detectors."""

from __future__ import annotations

from dataclasses import replace

import pytest
from orthoai.errors import InputError
from orthoai.models.learned import LearnedFrom
from orthoai.models.store import ModelStore
from orthoai_training.disc.assemble import detector_model
from orthoai_training.disc.data.reviewed import reviewed_parts
from orthoai_training.disc.data.split import fixed_split
from orthoai_training.disc.detection import scene
from orthoai_training.disc.detection import train as detectors
from orthoai_training.disc.detection.dataset import Stage
from orthoai_training.disc.detection.request import DetectorRequest
from orthoai_training.disc.detection.train import train_detectors
from orthoai_training.disc.detection.train_stage import StageRun, TrainedStage


@pytest.fixture
def stages(monkeypatch) -> list[StageRun]:
    """What the detectors are trained on; two discs tell the region, and no detector is trained."""
    runs = []

    def trained(run: StageRun, progress: object) -> TrainedStage:
        runs.append(run)
        file = run.out / "network.onnx"
        file.write_text(run.stage.value)
        return TrainedStage(file, {}, 1.0, len(run.train), len(run.validation))

    monkeypatch.setattr(detectors, "train_stage", trained)
    monkeypatch.setattr(scene, "LEAST_DISCS", 2)
    return runs


def test_reviewed_cases_train_a_detector_alone_and_beside_spider(stages, cases, spider, tmp_path):
    alone = DetectorRequest(None, tmp_path / "alone", (Stage.DISCS,), device="cpu", reviewed=cases)
    beside = replace(alone, data=spider, out=tmp_path / "beside")
    data = []
    for request in (alone, beside):
        model = ModelStore((detector_model(request).model,)).get("lumbar_disc")
        data.append(model.metadata.training["discs"]["data"])
    plain = replace(beside, reviewed=None, out=tmp_path / "plain")
    detector_model(plain)
    runs = [(len(run.train), len(run.validation)) for run in stages]
    assert runs[0] == (3, 1) and runs[1] == (runs[2][0] + 3, runs[2][1] + 1)
    assert ["SPIDER" in one["kind"] for one in data] == [False, True]
    for one in data:
        assert "reviewed" in one["kind"]
        assert (one["reviewed_train_cases"], one["reviewed_validation_cases"]) == (3, 1)
    with pytest.raises(InputError, match="begun with other --data"):
        train_detectors(replace(plain, out=beside.out, resume=True))


def test_cases_that_tell_no_lumbar_region_train_none_alone(stages, cases, spider, tmp_path):
    request = DetectorRequest(None, tmp_path / "run", (Stage.LUMBAR,), device="cpu", reviewed=cases, simulated=0)
    with pytest.raises(InputError, match='0 train the detector "lumbar" and 0 validate it'):
        train_detectors(request)
    assert not (tmp_path / "run" / "lumbar").exists()
    model = ModelStore((detector_model(replace(request, data=spider)).model,)).get("lumbar_disc")
    data = model.metadata.training["lumbar"]["data"]
    assert "reviewed" not in data["kind"] and data["reviewed_train_cases"] == 0


def test_a_detector_goes_on_with_smaller_steps_and_its_card_says_so(stages, cases, tmp_path):
    """At the whole rate a few pictures cost it much of what it knew."""
    request = DetectorRequest(None, tmp_path / "a", (Stage.DISCS,), device="cpu", reviewed=cases)
    folders = [
        detector_model(each).model for each in (request, replace(request, out=tmp_path / "b", start="lumbar_disc"))
    ]
    names = reviewed_parts(cases, None, fixed_split())
    taught = LearnedFrom(*({each.name: (1,) for each in part} for part in (names.train, names.validation)))
    assert [ModelStore((folder,)).get("lumbar_disc").network("discs").learned_from for folder in folders] == [
        taught
    ] * 2
    rates = [run.recipe.yolo.learning_rate for run in stages]
    told = [ModelStore((folder,)).get("lumbar_disc").metadata.training["discs"] for folder in folders]
    assert rates[1] == pytest.approx(0.1 * rates[0])
    assert [one["yolo"]["learning_rate"] for one in told] == rates
