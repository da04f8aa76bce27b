"""Which result is drawn: masks and boxes lie in the world, so those of one image show over every other one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import slicer

from OrthoAILib.Bridge.ResultNodes import ResultNodes

HIDDEN = "OrthoAI.HiddenWithResult"
"""Attribute of the display nodes that were hidden with their whole result. What a person hid does not have it."""


def showOnly(shown: ResultNodes, results: Iterable[ResultNodes]) -> None:
    """Hide all of ``results`` but ``shown``, and show that again as it was before it was hidden here."""
    for nodes in results:
        if nodes.resultId != shown.resultId:
            _hide(nodes)
    for display in _displays(shown):
        if display.GetAttribute(HIDDEN):
            display.SetAttribute(HIDDEN, None)
            display.SetVisibility(True)


def _hide(nodes: ResultNodes) -> None:
    for display in _displays(nodes):
        if display.GetVisibility():
            display.SetAttribute(HIDDEN, "true")
            display.SetVisibility(False)


def _displays(nodes: ResultNodes) -> Iterator[slicer.vtkMRMLNode]:
    for node in (nodes.segmentation, *nodes.boxes):
        display = node.GetDisplayNode() if node is not None else None
        if display is not None:
            yield display
