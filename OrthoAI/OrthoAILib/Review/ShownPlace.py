"""The place that a person looks at."""

from __future__ import annotations

from typing import Any

import numpy as np

from OrthoAILib.Review.MoveBox import Triple

USUAL_VIEWS = ("Red", "Yellow", "Green")
"""Layout names of the slice views that Slicer starts with. Others stay in a scene when their layout is left."""


def shownPlace(scene: Any, default: Triple) -> Triple:
    """Where the slice views of ``scene`` meet (world RAS, mm); along a direction that none of them fixes, ``default``.

    Example: axial and sagittal views fix S and R, and A is that of ``default``.
    """
    count = scene.GetNumberOfNodesByClass("vtkMRMLSliceNode")
    nodes = [scene.GetNthNodeByClass(number, "vtkMRMLSliceNode") for number in range(count)]
    planes = [node.GetSliceToRAS() for node in nodes if node.GetLayoutName() in USUAL_VIEWS]
    if not planes:
        return default
    normals = np.array([[plane.GetElement(row, 2) for row in range(3)] for plane in planes])
    places = np.array([[plane.GetElement(row, 3) for row in range(3)] for plane in planes])
    step, *_ = np.linalg.lstsq(normals, ((places - default) * normals).sum(axis=1), rcond=None)
    r, a, s = (float(n) for n in np.add(default, step))
    return r, a, s
