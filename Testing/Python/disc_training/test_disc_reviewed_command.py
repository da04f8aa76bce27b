"""The command that trains on approved cases."""

from __future__ import annotations

import json
import shutil

import pytest
from command_words import parsed
from orthoai.errors import InputError
from orthoai_training.disc import assemble, networks_command
from orthoai_training.disc.assemble import Outcome
from orthoai_training.disc.classification.request import GraderRequest


@pytest.fixture
def train(tmp_path):
    def run(*words: object) -> int:
        arguments = networks_command.add_training_arguments
        return networks_command.train(parsed(arguments, "-o", tmp_path / "run", "--quiet", *words))

    return run


def test_one_command_trains_on_both(train, cases, spider, tmp_path, capsys):
    assert train("--only", "classifier", "--epochs", 1, "--device", "cpu", "--data", cases, spider) == 0
    assert "Model written to" in capsys.readouterr().err
    metrics = json.loads((tmp_path / "run" / "compact" / "metrics.json").read_text())
    assert metrics["train_discs"] > 6


@pytest.mark.parametrize(("networks", "members"), [("compact", 3), ("vgg16", 1), ("paper", 1)])
def test_only_compact_classifiers_are_as_many_as_those_gone_on_from(train, spider, monkeypatch, networks, members):
    """All six of the paper were trained three times, each time from nothing."""
    asked: list[GraderRequest] = []
    monkeypatch.setattr(assemble, "grader_model", lambda request, _: asked.append(request) or Outcome({}, None))
    train("--only", "classifier", "--data", spider, "--networks", networks, "--start", "lumbar_disc")
    train("--only", "classifier", "--data", spider, "--networks", networks, "--start", "lumbar_disc", "--members", 2)
    assert [request.members for request in asked] == [members, 2]


def test_folders_and_options_that_do_not_fit_are_told(train, cases, spider, tmp_path):
    (tmp_path / "empty").mkdir()
    shutil.copytree(cases, tmp_path / "more")
    for words, sentence in (
        (("segmenter", "--data", tmp_path / "empty"), "neither the SPIDER sets"),
        (("segmenter", "--data", cases.parent), "lie in its folder cases"),
        (("segmenter", "--data", cases, tmp_path / "more"), "leave one out"),
        (("segmenter", "--data", cases, "--fold", 1), "--fold is about SPIDER's patients"),
        (("segmenter", "--data", cases, "--first", "a.onnx"), "--first is about SPIDER's patients"),
        (("classifier", "--data", cases, spider, "--no-roi"), "single discs"),
        (("classifier", "--data", spider, "--start", "lumbar_disc", "--blend", 0.5), "--blend is for"),
    ):
        with pytest.raises(InputError, match=sentence):
            train("--only", *words)
