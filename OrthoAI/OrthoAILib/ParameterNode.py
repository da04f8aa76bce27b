"""Everything that a person chooses in the panel, kept in the scene."""

from __future__ import annotations

from typing import Annotated

from slicer import vtkMRMLScalarVolumeNode
from slicer.parameterNodeWrapper import Default, WithinRange, parameterNodeWrapper


@parameterNodeWrapper
class OrthoAIParameterNode:
    """The panel's choices. They survive saving and loading of the scene.

    Attributes:
        inputVolume: the image to work on.
        task: name of the task that was run last, such as "femur"; empty before the first run.
        device: "auto", "cpu" or "cuda".
        model: name of a model in the store; empty for the task's own.
        confidence: smallest detector score that counts, 0..1; 0 for the model's own.
        resultId: which result of the scene the panel shows; empty for none.
        verdict: of the review, as orthoai.review.Verdict writes it; empty before a verdict.
        comment: the reviewer's.
        reviewer: as the person writes it.
        revision: of the review; 0 before the first export.
        worklistFolder: folder of images to review one after another; empty for none.
        worklistIndex: the case of the worklist that is open; -1 for none.
        exportFolder: the training set that approved cases go to.
        timeSpent: seconds spent on this review.
    """

    inputVolume: vtkMRMLScalarVolumeNode
    task: str
    device: Annotated[str, Default("auto")]
    model: str
    confidence: Annotated[float, WithinRange(0.0, 1.0)]
    resultId: str
    verdict: str
    comment: str
    reviewer: str
    revision: int
    worklistFolder: str
    worklistIndex: Annotated[int, Default(-1)]
    exportFolder: str
    timeSpent: float
