"""The command line of the segmenters and classifiers."""

from __future__ import annotations

import argparse

import pytest
from orthoai.errors import InputError
from orthoai_training.disc import networks_command
from orthoai_training.disc.classification import request as grader_request
from orthoai_training.disc.detection import request as detector_request
from orthoai_training.disc.detection.dataset import Stage
from orthoai_training.disc.segmentation import request as segmenter_request


@pytest.fixture
def parse():
    parser = argparse.ArgumentParser()
    networks_command.add_training_arguments(parser)
    return lambda *words: parser.parse_args(["-o", "out", "--data", "data", *words])


@pytest.fixture
def asked(monkeypatch):
    seen = []
    for module, name in (
        (segmenter_request, "train_segmenters"),
        (grader_request, "train_graders"),
        (detector_request, "train_detectors"),
    ):
        monkeypatch.setattr(module, name, lambda request, progress: seen.append(request) or {})
    return seen


def test_the_papers_grid_and_its_ablation_are_one_line(parse, asked):
    args = parse("--only", "segmenter", "--networks", "paper", "--plain-loss", "--fold", "2")
    assert networks_command.train(args) == 0
    (request,) = asked
    assert len(request.architectures) == 17 and request.loss == "cross_entropy" and request.fold == 2
    assert request.pretrained


def test_the_papers_backbones_and_their_ablations_are_one_line(parse, asked):
    args = parse("--only", "classifier", "--networks", "paper", "--no-fine-tuning", "--no-roi", "--scratch")
    assert networks_command.train(args) == 0
    (request,) = asked
    assert len(request.architectures) == 6
    assert not (request.fine_tuning or request.roi or request.pretrained)


def test_the_compact_networks_are_the_default(parse, asked):
    networks_command.train(parse("--only", "segmenter"))
    assert asked[0].architectures == ("compact",) and asked[0].loss == "dice_focal"


@pytest.mark.parametrize("stage", Stage)
def test_each_detector_is_trained_by_its_name_and_a_recipe(parse, asked, stage):
    assert networks_command.train(parse("--only", stage.value, "--networks", "paper", "--minutes", "5")) == 0
    (request,) = asked
    assert (request.stages, request.recipe, request.minutes) == ((stage,), "paper", 5)


def test_a_detector_of_another_kind_is_refused(parse):
    with pytest.raises(InputError, match="compact or paper"):
        networks_command.train(parse("--only", "lumbar", "--networks", "vgg16"))
