"""The loss over three tasks with class weights, and the step back from weighted to true probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from orthoai.tasks.disc.classify import BULGE, FIRST_GRADE, HERNIATION
from torch import Tensor

from orthoai_training.disc.classification.batches import GradedBatch
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
        counts = np.bincount([sample.grading.pfirrmann - 1 for sample in samples], minlength=GRADES)
        grades = np.minimum(largest, counts.sum() / (GRADES * np.maximum(counts, 1)))
        herniated = sum(sample.grading.herniated for sample in samples)
        bulging = sum(sample.grading.bulging for sample in samples)
        return cls(
            min(largest, max(1, len(samples) - herniated) / max(1, herniated)),
            min(largest, max(1, len(samples) - bulging) / max(1, bulging)),
            tuple(float(weight) for weight in grades),
        )

    @property
    def logit_offsets(self) -> Tensor:
        """What to add to a trained network's logits so that they speak of the true frequencies again.

        Counting a class w times as much raises its log odds by log w.
        """
        return -torch.tensor([self.herniation, self.bulge, *self.grades]).log()


def multi_task_loss(logits: Tensor, batch: GradedBatch, weights: ClassWeights) -> Tensor:
    """Weighted cross entropies of herniation, bulge and grade, and the squared distance of the grade distributions."""
    device = logits.device
    binary = torch.nn.functional.binary_cross_entropy_with_logits
    herniation = binary(
        logits[:, HERNIATION], batch.herniated.to(device), pos_weight=torch.tensor(weights.herniation, device=device)
    )
    bulge = binary(logits[:, BULGE], batch.bulging.to(device), pos_weight=torch.tensor(weights.bulge, device=device))
    grades = logits[:, FIRST_GRADE:]
    truth = batch.grade.to(device)
    weight = torch.tensor(weights.grades, device=device)
    entropy = torch.nn.functional.cross_entropy(grades, truth, weight=weight)
    reached = torch.nn.functional.one_hot(truth, GRADES).cumsum(1) - grades.softmax(1).cumsum(1)
    return herniation + bulge + entropy + ORDINAL_SHARE * reached.square().sum(1).mean()
