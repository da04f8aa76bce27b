"""The figures of the disc task's segmenter and classifier on held-out patients of the SPIDER sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orthoai.models.store import ModelStore
from orthoai.progress import Progress
from orthoai.tasks.disc.classify import load_classifier
from orthoai.tasks.disc.engines import Grader, SliceLabeler
from orthoai.tasks.disc.segment import load_segmenter

from orthoai_training.disc.classification.evaluate import answers_of, herniation_threshold
from orthoai_training.disc.classification.graded_discs import graded_discs
from orthoai_training.disc.classification.request import GraderRequest
from orthoai_training.disc.classification.scores import GradeScores, score
from orthoai_training.disc.data.split import Part, PatientSplit, split_of
from orthoai_training.disc.data.volumes import read_volumes
from orthoai_training.disc.segmentation.evaluate import LOOKS, DiceTable, evaluate_segmenter

AS_IT_IS = "as it is"
"""The look that is none."""


@dataclass(frozen=True)
class DiscMeasureRequest:
    """What to measure.

    Attributes:
        data: folder with the SPIDER sets.
        part: "validation", or "test": once, when nothing is tuned any more.
        model: name or folder of the model.
        fold: round of the cross-validation that the model was trained for; None is the fixed split.
        looks: measure the segmenter under other contrast, noise and resolution, too.
        located: grade the discs of pictures without boxes, too, where the segmenter finds them.
    """

    data: Path
    part: Part = "validation"
    model: str = "lumbar_disc"
    fold: int | None = None
    looks: bool = True
    located: bool = False

    @property
    def split(self) -> PatientSplit:
        """Which patients are measured."""
        return split_of(self.fold)


@dataclass(frozen=True)
class DiscMeasures:
    """Dice by look (``AS_IT_IS`` first) and the scores of the grades."""

    dice: Mapping[str, DiceTable]
    grades: GradeScores

    def to_json(self) -> dict:
        """For a results file."""
        return {"dice": {look: table.to_json() for look, table in self.dice.items()}, "grades": self.grades.to_json()}


def measure_discs(request: DiscMeasureRequest, progress: Progress | None = None) -> DiscMeasures:
    """Every figure of ``request``. Raises InputError for an unknown model or missing data."""
    model = ModelStore.default().get(request.model)
    segmenter_file = model.weights("segmenter") if request.located else None
    return DiscMeasures(
        dice_by_look(load_segmenter(model), request, progress),
        grade_scores(load_classifier(model), request, segmenter_file),
    )


def dice_by_look(
    segmenter: SliceLabeler, request: DiscMeasureRequest, progress: Progress | None = None
) -> dict[str, DiceTable]:
    """Dice on the volumes of the part, by look."""
    cases = list(read_volumes(request.data, request.split.part(request.part)))
    found = {AS_IT_IS: evaluate_segmenter(segmenter, cases, progress=progress)}
    if request.looks:
        found |= {name: evaluate_segmenter(segmenter, cases, look, progress) for name, look in LOOKS.items()}
    return found


def grade_scores(grader: Grader, request: DiscMeasureRequest, segmenter_file: Path | None = None) -> GradeScores:
    """Scores on the discs of the part; the herniation threshold comes from the validation part."""
    source = GraderRequest(request.data, Path(), segmenter=segmenter_file)
    validation = answers_of(grader, graded_discs(source, request.split.part("validation")))
    threshold = herniation_threshold(validation)
    if request.part == "validation":
        return score(validation, threshold)
    return score(answers_of(grader, graded_discs(source, request.split.part(request.part))), threshold)
