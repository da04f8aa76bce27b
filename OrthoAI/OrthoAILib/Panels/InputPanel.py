"""Which image to work on, and what kind of image it is."""

from __future__ import annotations

from typing import Any

import slicer
from slicer.i18n import tr as _

from OrthoAILib.Panels.Form import Form

SH_LEVELS = ("Patient", "Study")
"""Levels of the subject hierarchy that are named before the series."""


class InputPanel:
    """The image selector with two lines about the image.

    Args:
        volumes: VolumeBridge.
    """

    def __init__(self, volumes: Any) -> None:
        self._volumes = volumes
        form = Form("InputPanel")
        self.widget, self._ui = form.widget, form.ui

    def setEnabled(self, enabled: bool) -> None:
        self._ui.inputSelector.setEnabled(enabled)

    def showVolume(self, volumeNode: Any | None) -> None:
        """Describe ``volumeNode``; nothing where None."""
        there = volumeNode is not None and volumeNode.GetImageData() is not None
        self._ui.modalityText.setText(self._describe(volumeNode) if there else "")
        self._ui.seriesText.setText(seriesLine(volumeNode) if there else "")

    def _describe(self, volumeNode: Any) -> str:
        if self._volumes.isPicture(volumeNode):
            columns, rows = volumeNode.GetImageData().GetDimensions()[:2]
            return _("picture, {columns} × {rows} pixels").format(columns=columns, rows=rows)
        size = " × ".join(str(n) for n in volumeNode.GetImageData().GetDimensions())
        spacing = " × ".join(f"{mm:.2f}" for mm in volumeNode.GetSpacing())
        modality = self._volumes.modality(volumeNode) or _("unknown")
        return _("{modality}, {size} voxels of {spacing} mm").format(modality=modality, size=size, spacing=spacing)


def seriesLine(volumeNode: Any) -> str:
    """Names of patient, study and series as the subject hierarchy has them; for the screen only, never for a log."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(volumeNode.GetScene())
    item = hierarchy.GetItemByDataNode(volumeNode) if hierarchy else 0
    if not item:
        return volumeNode.GetName() or ""
    ancestors = [hierarchy.GetItemAncestorAtLevel(item, level) for level in SH_LEVELS]
    return " / ".join(hierarchy.GetItemName(known) for known in (*ancestors, item) if known)
