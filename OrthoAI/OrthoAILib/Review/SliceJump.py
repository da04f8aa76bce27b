"""Moves the slices to a place."""

from __future__ import annotations

from typing import Any

from OrthoAILib.Review.MoveBox import Triple


def jumpSlices(scene: Any, ras: Triple) -> None:
    """Move every slice view of ``scene`` to ``ras`` (world, mm).

    It works on the slice nodes, so it needs no layout manager and no window. A view keeps its zoom and its pan; only
    one that does not show the place at all is centered on it.
    """
    for number in range(scene.GetNumberOfNodesByClass("vtkMRMLSliceNode")):
        sliceNode = scene.GetNthNodeByClass(number, "vtkMRMLSliceNode")
        sliceNode.JumpSliceByOffsetting(*ras)
        if not _shows(sliceNode, ras):
            sliceNode.JumpSliceByCentering(*ras)


def _shows(sliceNode: Any, ras: Triple) -> bool:
    """Whether ``ras`` lies inside the edges of the view."""
    toRas, fieldOfView = sliceNode.GetSliceToRAS(), sliceNode.GetFieldOfView()
    for axis in (0, 1):
        across = sum((ras[n] - toRas.GetElement(n, 3)) * toRas.GetElement(n, axis) for n in range(3))
        if abs(across) > fieldOfView[axis] / 2:
            return False
    return True
