"""The command line of the segmenters and classifiers."""

from __future__ import annotations

import argparse

import pytest
from orthoai_training.disc import networks_command
from orthoai_training.disc.classification import request as grader_request
from orthoai_training.disc.segmentation import request as segmenter_request


@pytest.fixture
def parse():
    parser = argparse.ArgumentParser()
    networks_command.add_training_arguments(parser)
    return lambda *words: parser.parse_args(["-o", "out", "--data", "data", *words])


@pytest.fixture
def asked(monkeypatch):
    seen = []
    for module, name in ((segmenter_request, "train_segmenters"), (grader_request, "train_graders")):
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
