"""Graded discs, their crops, the loss, the trainer and the scores of the disc classifiers."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import count

import numpy as np
import pytest
import torch
from orthoai.errors import Canceled, InputError
from orthoai.progress import Progress
from orthoai.tasks.disc.grades import DiscGrades
from orthoai_training.disc.classification.batches import epoch_batches, plain_batch, random_crop
from orthoai_training.disc.classification.evaluate import beside, herniation_threshold
from orthoai_training.disc.classification.locate import disc_centers, matched
from orthoai_training.disc.classification.losses import ClassWeights, multi_task_loss
from orthoai_training.disc.classification.networks import PAPER_BACKBONES, build_grader
from orthoai_training.disc.classification.recipe import COMPACT, CropAugmentation, GraderRecipe, paper_recipe
from orthoai_training.disc.classification.samples import GradedSample, box_center, picture_samples, volume_samples
from orthoai_training.disc.classification.scores import auc, best_threshold, bootstrap, quadratic_kappa, score
from orthoai_training.disc.classification.trainer import GraderRun, train_grader
from orthoai_training.disc.data.grading import Grading, level_name
from orthoai_training.disc.data.pictures import GradedDisc, PictureCase
from safetensors.torch import load_file

STILL = CropAugmentation(rotation_degrees=0, zoom=(1, 1), shift_mm=0, flip_probability=0)
TINY = GraderRecipe(hidden=8, epochs=1, batch=4, volume_share=0.0)


def picture(patient: int = 1, boxed: bool = True) -> PictureCase:
    """Two discs in a picture of noise; a herniated one is bright."""
    image = np.random.default_rng(patient).integers(0, 90, (120, 100)).astype(np.uint8)
    image[40:50, 30:60] = 250
    boxes = [(30.0, 80.0, 60.0, 90.0), (30.0, 40.0, 60.0, 50.0)]
    gradings = [Grading(False, False, 2), Grading(True, True, 5)]
    discs = tuple(
        GradedDisc(n + 1, grading, box if boxed else None)
        for n, (grading, box) in enumerate(zip(gradings, boxes, strict=True))
    )
    return PictureCase(patient, image, (0.5, 0.6), discs, "NONE")


@pytest.fixture
def samples() -> list[GradedSample]:
    return [sample for patient in range(1, 7) for sample in picture_samples([picture(patient)])]


# Samples


def test_a_box_is_centered_between_its_edges():
    assert box_center((10, 20, 14, 21)) == (20.0, 11.5)


def test_levels_count_from_the_sacrum():
    assert [level_name(label) for label in (1, 2, 5)] == ["L5/S1", "L4/L5", "L1/L2"]


def test_discs_without_box_or_place_are_left_out():
    assert len(list(picture_samples([picture()]))) == 2
    assert list(picture_samples([picture(boxed=False)])) == []
    (found,) = picture_samples([picture(boxed=False)], {1: {2: (44.5, 44.5)}})
    assert found.grading.herniated and not found.boxed


def test_volume_discs_come_with_the_center_of_their_mask(tiny_volume):
    found = list(volume_samples([tiny_volume()], slices=2))
    assert len(found) == 4 and all(sample.from_volume for sample in found)
    assert found[0].center == (63.5, 23.5) and found[0].grading.pfirrmann == 4


def test_discs_are_found_in_labels_from_caudal_upward(tiny_volume):
    case = tiny_volume()
    centers = disc_centers(case.labels[0], case.spacing_mm[1:])
    assert centers == [(63.5, 23.5), (33.5, 23.5)]
    assert matched(picture(), centers) == {1: centers[0], 2: centers[1]}
    assert matched(picture(), centers[:1]) == {}
    assert disc_centers(np.zeros((9, 9), np.uint8), (1.0, 1.0)) == []


def test_a_crop_without_changes_is_what_inference_sees(samples):
    crop = random_crop(samples[0], STILL, np.random.default_rng(0))[0, 0].numpy()
    # The slice begins in the crop's tenth column, which the two interpolations blend with the outside differently.
    np.testing.assert_allclose(crop[:, 12:], samples[0].crop()[:, 12:], atol=1e-4)


def test_an_epoch_sees_every_picture_once_and_volumes_by_their_share(samples, tiny_volume):
    volumes = list(volume_samples([tiny_volume(patient) for patient in range(5)]))
    recipe = replace(TINY, volume_share=0.25)
    seen = list(epoch_batches([*samples, *volumes], recipe, np.random.default_rng(0)))
    assert sum(len(batch.crops) for batch in seen) == len(samples) + 4
    assert all(float(batch.crops.min()) >= 0 and float(batch.crops.max()) <= 1 for batch in seen)


# Loss


def test_class_weights_are_inverse_frequencies_with_a_limit(samples):
    weights = ClassWeights.of(samples, 8.0)
    assert weights.herniation == weights.bulge == 1.0
    assert weights.grades == pytest.approx((2.4, 0.4, 2.4, 2.4, 0.4))
    rare = [*[sample for sample in samples if not sample.grading.herniated] * 10, samples[1]]
    assert ClassWeights.of(rare, 8.0).herniation == 8.0


def test_discs_that_are_all_alike_keep_finite_offsets(samples):
    bulging = [sample for sample in samples if sample.grading.bulging]
    assert torch.isfinite(ClassWeights.of(bulging, 8.0).logit_offsets).all()


def test_offsets_undo_what_the_weights_did():
    """The weighted optimum for a constant input, less the offset, is the true frequency."""
    weights = ClassWeights(8.0, 1.0, (1.0, 1.0, 1.0, 1.0, 1.0))
    rate = 0.1
    weighted = 8.0 * rate / (8.0 * rate + 1 - rate)
    logit = np.log(weighted / (1 - weighted)) + float(weights.logit_offsets[0])
    assert 1 / (1 + np.exp(-logit)) == pytest.approx(rate)


def test_a_right_answer_costs_less_than_a_near_one_and_that_less_than_a_far_one(samples):
    batch = plain_batch(samples[:2])
    weights = ClassWeights.of(samples, 8.0)
    right = torch.full((2, 7), -9.0)
    right[1, :2] = 9.0
    costs = []
    for grade in (1, 2, 4):
        logits = right.clone()
        logits[0, 2 + grade] = logits[1, 2 + 4] = 9.0
        costs.append(float(multi_task_loss(logits, batch, weights)))
    assert costs == sorted(costs) and costs[0] < 0.01


# Networks and trainer


def test_the_papers_six_backbones_and_recipe():
    assert len(PAPER_BACKBONES) == 6
    recipe = paper_recipe("vgg16")
    assert recipe.feature_epochs + recipe.epochs == 35 and (recipe.feature_rate, recipe.learning_rate) == (1e-3, 1e-4)
    assert paper_recipe("vgg16", fine_tuning=False).epochs == 0


@pytest.mark.parametrize("name", ["vgg16", "densenet121"])
def test_a_backbone_of_the_paper_grades_crops(name):
    pytest.importorskip("timm", reason="timm is not installed")
    recipe = replace(paper_recipe(name, pretrained=False), input_size=(64, 64))
    built = build_grader(recipe)
    assert built.start == "from scratch"
    with torch.no_grad():
        assert built.network.eval()(torch.rand(2, 1, 80, 128)).shape == (2, 7)


def test_an_unknown_backbone_is_named():
    with pytest.raises(InputError, match="no classifier named 'nonsense'"):
        build_grader(replace(COMPACT, architecture="nonsense"))


def test_training_learns_an_easy_difference(tmp_path, samples):
    trained = train_grader(GraderRun(samples, samples, replace(TINY, epochs=15), tmp_path, device="cpu"))
    assert trained.weights.exists()
    assert trained.metrics["best_quality"] > 0.75


def test_the_head_trains_on_a_frozen_backbone(tmp_path, samples):
    recipe = replace(TINY, feature_epochs=1, epochs=0, early_stop=1)
    before = {}
    torch.manual_seed(0)
    for name, value in build_grader(recipe).network.named_parameters():
        before[name] = value.detach().clone()
    trained = train_grader(GraderRun(samples, [], recipe, tmp_path, device="cpu", seed=0))
    after = dict(trained.network.named_parameters())
    assert all(torch.equal(value, after[name]) for name, value in before.items() if name.startswith("backbone"))
    assert not torch.equal(before["first.weight"], after["first.weight"])


@pytest.mark.parametrize(("batches", "early_stop"), [(1, 0), (4, 0), (7, 1), (10, 0), (13, 0)])
def test_a_stopped_run_goes_on_as_if_it_had_not_stopped(tmp_path, samples, batches, early_stop):
    recipe = replace(TINY, feature_epochs=2, epochs=3, dropout=0.3, input_size=(32, 48), early_stop=early_stop)
    whole = GraderRun(samples, samples[:4], recipe, tmp_path / "whole", device="cpu", seed=3)
    told = train_grader(whole).metrics
    stopped = replace(whole, out_dir=tmp_path / "stopped")
    checks = count(1)
    with suppress(Canceled):
        train_grader(stopped, Progress(is_canceled=lambda: next(checks) > batches))
    torch.manual_seed(99)
    again = train_grader(replace(stopped, resume=True)).metrics
    for name in ("weights", "checkpoint"):
        one, other = (load_file(run.out_dir / f"{name}.safetensors") for run in (whole, stopped))
        assert one.keys() == other.keys()
        assert [key for key, value in one.items() if not torch.equal(value, other[key])] == []
    assert again["history"] == told["history"] and again["best_quality"] == told["best_quality"]


def test_a_cancel_ends_the_training(tmp_path, samples):
    with pytest.raises(Canceled):
        train_grader(GraderRun(samples, [], TINY, tmp_path, device="cpu"), Progress(is_canceled=lambda: True))


def test_training_without_discs_is_refused(tmp_path):
    with pytest.raises(InputError, match="no graded discs"):
        train_grader(GraderRun([], [], TINY, tmp_path))


# Scores


def test_auc_of_known_rankings():
    truth = np.array([False, False, True, True])
    assert auc(truth, np.array([0.1, 0.2, 0.3, 0.4])) == 1.0
    assert auc(truth, np.array([0.4, 0.3, 0.2, 0.1])) == 0.0
    assert auc(truth, np.zeros(4)) == 0.5
    assert auc(truth[:2], np.zeros(2)) is None


def test_kappa_of_known_answers():
    grades = np.array([1, 2, 3, 4, 5])
    assert quadratic_kappa(grades, grades) == 1.0
    assert quadratic_kappa(grades, grades[::-1]) == pytest.approx(-1.0)
    assert quadratic_kappa(np.ones(3), np.ones(3)) is None


def test_the_threshold_parts_what_can_be_parted():
    truth = np.array([False, False, True, True])
    assert best_threshold(truth, np.array([0.1, 0.2, 0.6, 0.9])) == pytest.approx(0.4)
    assert best_threshold(np.zeros(3, bool), np.zeros(3)) == 0.5


def test_the_interval_is_over_patients():
    truth = np.tile([False, True], 20)
    said = truth + np.random.default_rng(0).normal(0, 0.7, 40)
    interval = bootstrap(auc, truth, said, np.repeat(np.arange(10), 4))
    assert interval.low < interval.value < interval.high
    alone = bootstrap(auc, truth, said, np.zeros(40))
    assert alone.low is None and alone.value == interval.value


def test_scores_of_perfect_answers(samples):
    said = [
        DiscGrades(0.9, 0.8, (0, 0, 0, 0, 1)) if sample.grading.herniated else DiscGrades(0.1, 0.1, (0, 1, 0, 0, 0))
        for sample in samples
    ]
    answers = beside(samples, said)
    found = score(answers, herniation_threshold(answers))
    assert (found.discs, found.patients, found.herniated) == (12, 6, 6)
    assert found.herniation_auc.value == found.bulge_auc.value == found.pfirrmann_kappa.value == 1.0
    assert found.herniation_sensitivity.value == found.herniation_specificity.value == 1.0
    assert found.to_json()["herniation_auc"]["value"] == 1.0
