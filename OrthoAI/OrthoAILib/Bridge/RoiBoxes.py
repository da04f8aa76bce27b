"""Boxes as regions of interest that a radiologist can drag."""

from __future__ import annotations

from itertools import product

import numpy as np
import slicer
from numpy.typing import NDArray
from orthoai.box import Box
from orthoai.errors import InputError
from orthoai.tasks import Label

from OrthoAILib.Bridge.Grid import Grid, toArray, toMatrix

LABEL = "OrthoAI.Label"
SCORE = "OrthoAI.Score"
"""Attributes of the ROI node."""

HANDLE_SCALE = 1.5
"""Percent of the view: half of Slicer's own, so that the handles of two boxes do not cover the bone."""

SAME_EDGE = 1e-3
"""Part of a voxel by which an edge may differ and still count as untouched: files round."""


def fillRoi(roi: slicer.vtkMRMLMarkupsROINode, box: Box, label: Label, grid: Grid) -> None:
    """Shape, place and look of a ROI node (in the volume's frame) for ``box``; it needs a display node."""
    low, high = np.array(box.index_min), np.array(box.index_max)
    axes = grid.axes.copy()
    if np.linalg.det(axes) < 0:
        axes[:, 2] *= -1  # A box has no sign along its axes, and handles need a right-handed frame.
    objectToNode = np.eye(4)
    objectToNode[:3, :3] = axes
    objectToNode[:3, 3] = (grid.ijkToRas @ [*(low + high) / 2, 1])[:3]
    roi.SetROIType(slicer.vtkMRMLMarkupsROINode.ROITypeBox)
    roi.SetAndObserveObjectToNodeMatrix(toMatrix(objectToNode))
    roi.SetSize(*((high - low) * grid.geometry.spacing))
    roi.SetAttribute(LABEL, box.label)
    roi.SetAttribute(SCORE, repr(float(box.score)))
    color = [part / 255 for part in label.color]
    display = roi.GetDisplayNode()
    display.SetColor(color)
    display.SetSelectedColor(color)
    display.SetFillVisibility(False)
    display.SetHandlesInteractive(True)
    display.SetScaleHandleVisibility(True)
    display.SetTranslationHandleVisibility(True)
    display.SetRotationHandleVisibility(False)  # A box of the engine runs along the volume's axes.
    display.SetInteractionHandleScale(HANDLE_SCALE)
    display.SetPropertiesLabelVisibility(False)
    display.SetPointLabelsVisibility(False)


def fromRoi(roi: slicer.vtkMRMLMarkupsROINode, grid: Grid, toVolume: NDArray) -> Box:
    """The box of a ROI node as it lies now: the smallest along the volume's axes that holds it.

    Args:
        grid: of the volume.
        toVolume: 4x4 from the ROI's frame to the volume's (RAS mm).
    """
    half = np.array(roi.GetSize()) / 2
    corners = np.array([[*(half * signs), 1] for signs in product((-1, 1), repeat=3)])
    toIndex = np.linalg.inv(grid.ijkToRas) @ toVolume @ toArray(roi.GetObjectToNodeMatrix())
    indices = (corners @ toIndex.T)[:, :3]
    score = float(roi.GetAttribute(SCORE) or 1.0)
    return Box.from_index(
        roi.GetAttribute(LABEL) or "", score, tuple(indices.min(axis=0)), tuple(indices.max(axis=0)), grid.geometry
    )


def clipped(box: Box, grid: Grid) -> Box:
    """The part of a box that lies in the volume.

    Raises:
        InputError: it has no extent, or none of it lies in the volume.
    """
    low, high = np.array(box.index_min), np.array(box.index_max)
    if (low >= high).any():
        raise InputError(f"The box {box.label} has no extent; draw it again or delete it.")
    low, high = np.maximum(low, -0.5), np.minimum(high, np.array(grid.geometry.size) - 0.5)
    if (low >= high).any():
        raise InputError(f"The box {box.label} lies outside the volume; move it back or delete it.")
    return Box.from_index(box.label, box.score, tuple(low), tuple(high), grid.geometry)


def isSame(one: Box, other: Box) -> bool:
    """Whether two boxes have one label and the same edges, but for rounding."""
    edges = np.array([one.index_min, one.index_max]) - np.array([other.index_min, other.index_max])
    return one.label == other.label and bool(np.abs(edges).max() <= SAME_EDGE)
