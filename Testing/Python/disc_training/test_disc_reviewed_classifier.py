"""Approved cases teach the classifier."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from disc_reviewed_cases import CROPS
from orthoai.errors import InputError
from orthoai.models.onnx_network import OnnxNetwork
from orthoai.models.store import SHIPPED_ROOT, ModelStore
from orthoai.progress import Progress
from orthoai.tasks.disc.engines import suspect_of
from orthoai_training.disc.assemble import grader_model
from orthoai_training.disc.classification import train as graders
from orthoai_training.disc.classification.batches import UNTOLD, plain_batch
from orthoai_training.disc.classification.losses import ClassWeights, multi_task_loss
from orthoai_training.disc.classification.request import GraderRequest
from orthoai_training.disc.classification.samples import reviewed_samples
from orthoai_training.disc.classification.train import train_graders
from orthoai_training.disc.classification.trainer import GraderRun, _Trainer
from orthoai_training.disc.data.lessons import taught


def test_reviewed_discs_train_a_classifier_beside_spider(cases, spider, tmp_path):
    request = GraderRequest(spider, tmp_path / "run", recipe=CROPS, device="cpu", reviewed=cases)
    (one,) = train_graders(request).networks.values()
    without = train_graders(replace(request, out=tmp_path / "other", reviewed=None)).networks["compact"]
    more = {key: one.metrics[key] - without.metrics[key] for key in ("train_discs", "validation_discs")}
    assert more == {"train_discs": 6, "validation_discs": 2}


def test_reviewed_discs_alone_go_on_from_a_model_that_knows_pfirrmann_grades(cases, tmp_path):
    request = GraderRequest(None, tmp_path / "run", recipe=CROPS, device="cpu", reviewed=cases)
    with pytest.raises(InputError, match="too few Pfirrmann grades"):
        train_graders(request)
    outcome = grader_model(replace(request, start="lumbar_disc"))
    card = ModelStore((outcome.model,)).verify("lumbar_disc").metadata
    assert card.training["classifier"]["data"] == {
        "kind": "reviewed cases of the task, split by subject",
        "train_discs": 6,
        "validation_discs": 2,
        "reviewed_train_cases": 3,
        "reviewed_validation_cases": 1,
    }


@pytest.mark.parametrize(("count", "first"), [(1, "bulging"), (4, "bulging"), (4, "herniated")])
def test_the_models_threshold_stays_where_few_held_out_discs_are_herniated(make, tmp_path, count, first):
    """It was 0.5 then, at which nearly no disc is suspected, or what told a single disc from its neighbor."""
    for number in range(count):
        make(number, classes=(first, "normal"))
    request = GraderRequest(
        None, tmp_path / "run", recipe=CROPS, device="cpu", reviewed=tmp_path / "data" / "cases", start="lumbar_disc"
    )
    model = ModelStore((grader_model(request).model,)).get("lumbar_disc")
    assert suspect_of(model) == suspect_of(ModelStore((SHIPPED_ROOT,)).get("lumbar_disc")) < 0.1


def test_enough_held_out_discs_set_the_threshold_anew(make, tmp_path, monkeypatch):
    monkeypatch.setattr(graders, "LEAST_HERNIATED", 1)
    for number in range(4):
        make(number, classes=("herniated", "normal"))
    request = GraderRequest(
        None, tmp_path / "run", recipe=CROPS, device="cpu", reviewed=tmp_path / "data" / "cases", start="lumbar_disc"
    )
    threshold = train_graders(request).herniation_threshold
    assert threshold != suspect_of(ModelStore((SHIPPED_ROOT,)).get("lumbar_disc"))


def test_a_training_that_goes_on_keeps_the_models_word(make, tmp_path):
    start = ModelStore((SHIPPED_ROOT,)).get("lumbar_disc").weights("classifier")
    (samples,) = taught([make()], reviewed_samples)
    trainer = _Trainer(GraderRun(samples, (), CROPS, tmp_path, device="cpu", first=start), Progress())
    crops = plain_batch(samples).crops
    wished = trainer._taught(crops)
    (wanted,) = OnnxNetwork(start)(crops.numpy(), ["logits"])
    assert wished is not None and not wished.requires_grad
    np.testing.assert_allclose((wished + trainer.weights.logit_offsets).numpy(), wanted, atol=0.02)
    alone = _Trainer(GraderRun(samples, (), CROPS, tmp_path, device="cpu"), Progress())
    assert alone._taught(crops) is None


def test_nothing_is_learned_of_what_is_not_told(make):
    (samples,) = taught([make(classes=("herniated", "normal"))], reviewed_samples)
    batch = plain_batch(samples)
    assert batch.bulging.tolist() == [UNTOLD, 0] and batch.grade.tolist() == [UNTOLD, UNTOLD]
    weights = ClassWeights.of(samples, 8.0)
    logits = torch.zeros(2, 7, requires_grad=True)
    multi_task_loss(logits, batch, weights).backward()
    assert logits.grad is not None
    moved = logits.grad != 0
    assert moved.tolist() == [[True, False] + [False] * 5, [True, True] + [False] * 5]
    assert torch.isfinite(weights.logit_offsets).all()


def test_a_teachers_own_answers_cost_nothing_to_keep(make):
    (samples,) = taught([make(classes=("herniated", "normal"))], reviewed_samples)
    batch, weights = plain_batch(samples), ClassWeights.of(samples, 8.0)
    wished = torch.randn(2, 7, generator=torch.Generator().manual_seed(0))
    logits = wished.clone().requires_grad_()
    multi_task_loss(logits, batch, weights, wished).backward()
    assert logits.grad is not None
    assert logits.grad[:, 2:].abs().max() < 1e-6 and abs(float(logits.grad[0, 1])) < 1e-6


def test_discs_without_boxes_train_no_classifier_alone(make, tmp_path):
    make(boxes=())
    reviewed = tmp_path / "data" / "cases"
    request = GraderRequest(None, tmp_path / "run", recipe=CROPS, device="cpu", reviewed=reviewed, start="lumbar_disc")
    with pytest.raises(InputError, match="has a disc with its box"):
        train_graders(request)
