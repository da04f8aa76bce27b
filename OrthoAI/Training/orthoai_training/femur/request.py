"""What is asked of one call of ``orthoai train femur``."""

from __future__ import annotations

from dataclasses import dataclass

from orthoai.errors import InputError

from orthoai_training.femur.recipes import Recipe, SegmenterRecipe
from orthoai_training.train.case_request import CaseRequest

DETECTOR = "detector"

SEGMENTERS = {
    "segmenter": ("femur_two_stage", "Femur segmentation in CT in two stages: YOLOv8 on projections, then SegResNet."),
    "single-stage": ("femur_single_stage", "SegResNet on the whole CT without stage 1, for comparison."),
    "transunet": ("femur_transunet", "YOLOv8 on projections, then a 3D TransUNet, for comparison."),
}
"""Networks that segment: the name and the description of the model each becomes."""

DETECTOR_SHARE = 0.3
"""Of the minutes, when detector and segmenter are trained in one go."""


@dataclass(frozen=True)
class TrainRequest(CaseRequest):
    """What to train, on what, and for how long. The minutes are for all trainings of a request.

    Attributes:
        only: "detector", "segmenter", "single-stage" or "transunet"; None for detector and segmenter.
    """

    only: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.simulate is not None and self.simulate < 1:
            raise InputError("At least one case must be simulated: give --simulate a number above 0.")
        if self.only is not None and self.only not in (DETECTOR, *SEGMENTERS):
            raise InputError(f"There is no network named {self.only!r}: choose {', '.join((DETECTOR, *SEGMENTERS))}.")

    @property
    def parts(self) -> tuple[str, ...]:
        """The networks to train, in order."""
        return (DETECTOR, "segmenter") if self.only is None else (self.only,)

    @property
    def needs_cases(self) -> bool:
        """False where all training data are crops that are simulated one by one."""
        return self.data is not None or self.only not in ("segmenter", "transunet")

    def minutes_for(self, part: str) -> float | None:
        """The time for one network."""
        if self.minutes is None or self.only is not None:
            return self.minutes
        return self.minutes * (DETECTOR_SHARE if part == DETECTOR else 1 - DETECTOR_SHARE)


def segmenter_recipe(recipe: Recipe, part: str) -> SegmenterRecipe:
    """How ``part``, one of SEGMENTERS, is trained."""
    return {"segmenter": recipe.segmenter, "single-stage": recipe.single_stage, "transunet": recipe.transunet}[part]
