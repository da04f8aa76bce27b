"""Where approved cases go, and in which formats."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import qt
from slicer.i18n import tr as _

from OrthoAILib.Panels.FolderField import FolderField
from OrthoAILib.Signal import Signal


class ExportForm:
    """Folder, formats and the button.

    Args:
        ui: with exportFolder, formatLayout, formatsLabel, exportButton.
        exporters: of the registry: each with name, title, summary.
        keys: keyboard shortcut, shown in the tooltip.

    Signals:
        exportAsked(), folderChosen(path).
    """

    def __init__(self, ui: Any, exporters: Sequence[Any], keys: str) -> None:
        self.exportAsked, self.folderChosen = Signal(), Signal()
        self._ui, self._keys = ui, keys
        self._boxes = {exporter.name: self._addBox(exporter) for exporter in exporters}
        ui.formatsLabel.setVisible(bool(self._boxes))
        tabs = (*self._boxes.values(), ui.exportButton)  # As they stand; the boxes were made last.
        for first, second in pairwise(tabs):
            qt.QWidget.setTabOrder(first, second)
        ui.exportButton.connect("clicked()", self.exportAsked.emit)
        self._folder = FolderField(ui.exportFolder)
        self._folder.chosen.connect(self.folderChosen.emit)

    @property
    def formats(self) -> tuple[str, ...]:
        """Names of the formats that are ticked, in the registry's order."""
        return tuple(name for name, box in self._boxes.items() if box.checked)

    def setFolder(self, folder: str) -> None:
        """Show ``folder`` without telling that it was chosen."""
        self._folder.show(folder)

    def settle(self) -> None:
        """Take the folder that is being typed as it stands."""
        self._folder.settle()

    def setProblem(self, problem: str) -> None:
        """One sentence why the case cannot be exported; empty where it can."""
        self._ui.exportButton.setEnabled(not problem)
        tip = _("Put this case into the training set ({keys})").format(keys=self._keys)
        self._ui.exportButton.setToolTip(problem or tip)

    def _addBox(self, exporter: Any) -> Any:
        box = qt.QCheckBox(exporter.title)
        box.setObjectName(f"format_{exporter.name}")
        box.setToolTip(_("{summary} The whole training set is written anew.").format(summary=exporter.summary))
        self._ui.formatLayout.addWidget(box)
        return box
