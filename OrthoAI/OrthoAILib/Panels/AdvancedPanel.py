"""Where the networks run, and which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orthoai.tasks import RunOptions
from slicer.i18n import tr as _

from OrthoAILib.Panels.Form import Form

DEVICES = ("auto", "cpu", "cuda")
"""As RunOptions.device has them."""


class AdvancedPanel:
    """Device, model and threshold. The threshold's slider is bound to the parameter node by its name in the .ui file.

    Args:
        models: names of the models in the store.
    """

    def __init__(self, models: Sequence[str]) -> None:
        self._node: Any = None
        form = Form("AdvancedPanel")
        self.widget, self._ui = form.widget, form.ui
        titles = {"auto": _("Automatic"), "cpu": _("Processor"), "cuda": _("Graphics card")}
        for device in DEVICES:
            self._ui.deviceSelector.addItem(titles[device], device)
        self._ui.modelSelector.addItem(_("Automatic"), "")
        for model in models:
            self._ui.modelSelector.addItem(model, model)
        self._ui.deviceSelector.connect("currentIndexChanged(int)", self._onDevice)
        self._ui.modelSelector.connect("currentIndexChanged(int)", self._onModel)

    def setEnabled(self, enabled: bool) -> None:
        self.widget.setEnabled(enabled)

    def setParameterNode(self, node: Any | None) -> None:
        """Show and change ``node`` (OrthoAIParameterNode) from now on."""
        self._node = node
        self.refresh()

    def refresh(self) -> None:
        """Show what the parameter node holds."""
        if self._node is not None:
            _select(self._ui.deviceSelector, self._node.device)
            _select(self._ui.modelSelector, self._node.model)

    def options(self) -> RunOptions:
        """What the engine is to do, without boxes."""
        node = self._node
        if node is None:
            return RunOptions()
        return RunOptions(device=node.device, model=node.model or None, confidence=node.confidence or None)

    def _onDevice(self, index: int) -> None:
        if self._node is not None and index >= 0:
            self._node.device = self._ui.deviceSelector.itemData(index)

    def _onModel(self, index: int) -> None:
        if self._node is not None and index >= 0:
            self._node.model = self._ui.modelSelector.itemData(index)


def _select(selector: Any, value: str) -> None:
    """Choose ``value``; a model that the scene names and the store lacks is added, so that the run can say so."""
    index = selector.findData(value)
    if index < 0:
        selector.addItem(value, value)
        index = selector.findData(value)
    selector.setCurrentIndex(index)
