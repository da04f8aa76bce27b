"""One run on its way through the worker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orthoai.geometry import Geometry
from orthoai.tasks import RunOptions, Task

from OrthoAILib.Bridge.ImageStamp import ImageStamp
from OrthoAILib.Run.Background import Background
from OrthoAILib.Run.Collaborators import ReadOutcome
from OrthoAILib.Run.VolumeExport import VolumeExport


@dataclass
class RunJob:
    """What the controller remembers of the run that is going on.

    Attributes:
        task, options: what to run; ``options.boxes`` holds corrected boxes.
        volumeNode: vtkMRMLScalarVolumeNode.
        geometry: of the volume when the run began, in LPS mm.
        stamp: of the voxels that are run on.
        export: the volume's file.
        output: folder that the worker makes.
        reading: of the result, once the worker has finished.
        id: the worker's name for the run; empty before the worker has it.
        ending: why it was canceled; empty while somebody wants its result.
        deadline: time (seconds of the controller's clock) at which a canceled worker must have answered.
    """

    task: Task
    volumeNode: Any
    options: RunOptions
    geometry: Geometry
    stamp: ImageStamp
    export: VolumeExport
    output: Path
    reading: Background[ReadOutcome] | None = None
    id: str = ""
    ending: str = ""
    deadline: float = 0.0
