"""The loss over three tasks with class weights, and the step back from weighted to true probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from orthoai.tasks.disc.classify import BULGE, FIRST_GRADE, HERNIATION
from torch import Tensor

from orthoai_training.disc.classification.batches import UNTOLD, GradedBatch
from orthoai_training.disc.classification.samples import GradedSample

GRADES = 5

ORDINAL_SHARE = 1.0
"""Weight of the distance between grade distributions: grade 4 for a 5 is a smaller error than grade 1."""


@dataclass(frozen=True)
class ClassWeights:
    """How much rarer classes count more; the paper's class weights.

    Attributes:
        herniation, bulge: of a positive disc; a negative one counts 1.
        grades: of the five Pfirrmann grades, mean 1 over the discs.
    """

    herniation: float
    bulge: float
    grades: tuple[float, ...]

    @classmethod
    def of(cls, samples: Sequence[GradedSample], largest: float) -> ClassWeights:
        """From the frequencies in ``samples``, none above ``largest``."""
        gradings = [sample.grading for sample in samples]
        told = [grading.pfirrmann - 1 for grading in gradings if grading.pfirrmann is not None]
        counts = np.bincount(np.array(told, np.int64), minlength=GRADES)
        grades = np.minimum(largest, counts.sum() / (GRADES * np.maximum(counts, 1))) if told else np.ones(GRADES)
        return cls(
            _weight([grading.herniated for grading in gradings], largest),
            _weight([grading.bulging for grading in gradings if grading.bulging is not None], largest),
            tuple(float(weight) for weight in grades),
        )

    @property
    def logit_offsets(self) -> Tensor:
        """What to add to a trained network's logits so that they speak of the true frequencies again.

        Counting a class w times as much raises its log odds by log w.
        """
        return -torch.tensor([self.herniation, self.bulge, *self.grades]).log()


def _weight(present: Sequence[bool], largest: float) -> float:
    """Of a positive disc among ``present``."""
    positive = sum(present)
    return min(largest, max(1, len(present) - positive) / max(1, positive))


def multi_task_loss(logits: Tensor, batch: GradedBatch, weights: ClassWeights, taught: Tensor | None = None) -> Tensor:
    """Weighted cross entropies of herniation, bulge and grade, and the squared distance of the grade distributions.

    Args:
        taught: logits (B, LOGIT_COUNT) of the network as it began: what is not told of a disc stays as those have it
            (Li and Hoiem, "Learning without forgetting", 2016). Without them nothing is learned where nothing is told.
    """
    told = _told_loss(logits, batch, weights)
    return told if taught is None else told + _kept_loss(logits, batch, taught)


def _told_loss(logits: Tensor, batch: GradedBatch, weights: ClassWeights) -> Tensor:
    device = logits.device
    binary = torch.nn.functional.binary_cross_entropy_with_logits
    herniation = binary(
        logits[:, HERNIATION], batch.herniated.to(device), pos_weight=torch.tensor(weights.herniation, device=device)
    )
    loss = herniation
    told = batch.bulging.to(device) != UNTOLD
    if told.any():
        weight = torch.tensor(weights.bulge, device=device)
        loss = loss + binary(logits[told, BULGE], batch.bulging.to(device)[told], pos_weight=weight)
    told = batch.grade.to(device) != UNTOLD
    if told.any():
        grades, truth = logits[told, FIRST_GRADE:], batch.grade.to(device)[told]
        weight = torch.tensor(weights.grades, device=device)
        entropy = torch.nn.functional.cross_entropy(grades, truth, weight=weight)
        reached = torch.nn.functional.one_hot(truth, GRADES).cumsum(1) - grades.softmax(1).cumsum(1)
        loss = loss + entropy + ORDINAL_SHARE * reached.square().sum(1).mean()
    return loss


def _kept_loss(logits: Tensor, batch: GradedBatch, taught: Tensor) -> Tensor:
    """Cross entropies with the shares that ``taught`` gives to what is not told, as means over the discs."""
    device = logits.device
    untold = (batch.bulging.to(device) == UNTOLD).float()
    bulge = torch.nn.functional.binary_cross_entropy_with_logits(
        logits[:, BULGE], taught[:, BULGE].sigmoid(), weight=untold
    )
    untold = (batch.grade.to(device) == UNTOLD).float()
    grades = torch.nn.functional.cross_entropy(
        logits[:, FIRST_GRADE:], taught[:, FIRST_GRADE:].softmax(1), reduction="none"
    )
    return bulge + (grades * untold).mean()
