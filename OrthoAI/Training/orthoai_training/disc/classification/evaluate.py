"""The shipped classifier on graded discs, as the pipeline runs it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from orthoai.tasks.disc.crop import DiscCrop
from orthoai.tasks.disc.engines import Grader
from orthoai.tasks.disc.grades import DiscGrades

from orthoai_training.disc.classification.samples import GradedSample
from orthoai_training.disc.classification.scores import GradedAnswers, best_threshold


def answers_of(grader: Grader, samples: Sequence[GradedSample]) -> GradedAnswers:
    """What ``grader`` says of each disc, beside what is true."""
    return beside(samples, grader.grade([DiscCrop("", sample.crop()) for sample in samples]))


def beside(samples: Sequence[GradedSample], said: Sequence[DiscGrades]) -> GradedAnswers:
    """``said`` of ``samples``, in the same order."""
    return GradedAnswers(
        patient=np.array([sample.patient for sample in samples]),
        herniated=np.array([sample.grading.herniated for sample in samples], bool),
        bulging=np.array([sample.grading.bulging for sample in samples], bool),
        grade=np.array([sample.grading.pfirrmann for sample in samples]),
        said_herniation=np.array([grades.herniation for grades in said]),
        said_bulge=np.array([grades.bulge for grades in said]),
        said_grade=np.array([grades.pfirrmann_grade for grades in said]),
    )


def herniation_threshold(validation: GradedAnswers) -> float:
    """The probability from which on a disc counts as herniated, from validation discs."""
    return best_threshold(validation.herniated, validation.said_herniation)
