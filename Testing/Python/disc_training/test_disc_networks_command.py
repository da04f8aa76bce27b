"""The command line of the segmenters and classifiers."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_words import parsed
from orthoai.errors import InputError
from orthoai_training.disc import assemble, networks_command
from orthoai_training.disc.assemble import Outcome
from orthoai_training.disc.detection.dataset import Stage


@pytest.fixture
def parse(tmp_path):
    (tmp_path / "sets" / "spider_t2space_dev").mkdir(parents=True)
    folders = ("-o", tmp_path / "out", "--data", tmp_path / "sets")
    return lambda *words: parsed(networks_command.add_training_arguments, *folders, *words)


@pytest.fixture
def asked(monkeypatch):
    seen = []
    for name in ("segmenter_model", "grader_model", "detector_model"):
        monkeypatch.setattr(assemble, name, lambda request, progress: seen.append(request) or Outcome({}, None))
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


def test_the_papers_recipe_is_reduced_by_pixels_and_epochs(parse, asked):
    networks_command.train(parse("--only", "segmenter", "--networks", "paper", "--pixels", "160", "--epochs", "3"))
    networks_command.train(parse("--only", "classifier", "--networks", "vgg16", "--pixels", "96", "--epochs", "3"))
    segmenter, grader = (request.recipe_of(request.architectures[0]) for request in asked)
    assert (segmenter.crop, segmenter.epochs, segmenter.learning_rate) == ((160, 96), 3, 3e-3)
    assert segmenter.shrink == pytest.approx(416 / 160)
    assert (grader.input_size, grader.feature_epochs, grader.epochs) == ((96, 96), 1, 2)


def test_without_those_options_the_recipe_is_the_papers(parse, asked):
    networks_command.train(parse("--only", "segmenter", "--networks", "unet-vgg16"))
    networks_command.train(parse("--only", "classifier", "--networks", "vgg16"))
    segmenter, grader = (request.recipe_of(request.architectures[0]) for request in asked)
    assert (segmenter.crop, segmenter.shrink, segmenter.epochs) == ((416, 416), 1, 30)
    assert (grader.input_size, grader.feature_epochs, grader.epochs) == ((400, 400), 17, 18)


def test_compact_networks_take_epochs(parse, asked):
    networks_command.train(parse("--only", "segmenter", "--epochs", "2"))
    networks_command.train(parse("--only", "classifier", "--epochs", "2"))
    assert [request.recipe_of("compact").epochs for request in asked] == [2, 2]


def test_a_teacher_is_a_run_and_makes_the_recipe_a_distillation(parse, asked):
    networks_command.train(parse("--only", "segmenter", "--teacher", "runs/paper"))
    assert asked[0].teacher == Path("runs/paper") and asked[0].recipe_of("compact").distill == 0.5


@pytest.mark.parametrize(
    "words",
    [
        ("--only", "lumbar", "--epochs", "3"),
        ("--only", "segmenter", "--pixels", "160"),
        ("--only", "classifier", "--teacher", "run"),
        ("--only", "segmenter", "--networks", "unet-vgg16", "--teacher", "run"),
    ],
)
def test_an_option_that_the_networks_do_not_have_is_refused(parse, words):
    with pytest.raises(InputError, match=words[-2]):
        networks_command.train(parse(*words))


@pytest.mark.parametrize(
    "words",
    [
        ("--only", "classifier", "--no-roi"),
        ("--only", "segmenter", "--networks", "unet-vgg16"),
        ("--only", "discs", "--fold", "1"),
    ],
)
def test_networks_that_are_only_measured_start_from_no_model(parse, words):
    with pytest.raises(InputError, match="leave out --start"):
        networks_command.train(parse(*words, "--start", "lumbar_disc"))


def test_as_many_classifiers_are_trained_on_as_the_model_has(parse, asked):
    networks_command.train(parse("--only", "classifier"))
    networks_command.train(parse("--only", "classifier", "--start", "lumbar_disc"))
    networks_command.train(parse("--only", "classifier", "--start", "lumbar_disc", "--members", "2"))
    assert [request.members for request in asked] == [1, 3, 2]


@pytest.mark.parametrize(
    "words", [("--pixels", "100"), ("--pixels", "0"), ("--epochs", "0"), ("--members", "0"), ("--members", "-1")]
)
def test_sizes_that_cannot_be_are_refused(parse, words, capsys):
    with pytest.raises(SystemExit):
        parse("--only", "segmenter", *words)
    assert words[0] in capsys.readouterr().err


@pytest.mark.parametrize("stage", Stage)
def test_each_detector_is_trained_by_its_name_and_a_recipe(parse, asked, stage):
    assert networks_command.train(parse("--only", stage.value, "--networks", "paper", "--minutes", "5")) == 0
    (request,) = asked
    assert (request.stages, request.recipe, request.minutes) == ((stage,), "paper", 5)


def test_a_detector_of_another_kind_is_refused(parse):
    with pytest.raises(InputError, match="compact or paper"):
        networks_command.train(parse("--only", "lumbar", "--networks", "vgg16"))
