"""CTK's widgets for files and folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from PySide6 import QtCore, QtWidgets

from host.pythonqt.facade import facade

from .properties import plainProperties


class ctkPathLineEdit(facade(QtWidgets.QWidget)):  # type: ignore[misc]
    """A line edit with a browse button."""

    currentPathChanged = QtCore.Signal(str)
    validInputChanged = QtCore.Signal(bool)
    SIGNALS: ClassVar[dict[str, str]] = {
        "currentPathChanged(QString)": "currentPathChanged",
        "validInputChanged(bool)": "validInputChanged",
    }

    locals().update(
        plainProperties(
            label=(str, ""),
            nameFilters=("QStringList", ()),
            filters=(str, ""),
            settingKey=(str, ""),
            showBrowseButton=(bool, True),
            showHistoryButton=(bool, True),
        )
    )

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._edit = facade(QtWidgets.QLineEdit)(self)
        browse = QtWidgets.QToolButton(self)
        browse.setText("...")
        browse.clicked.connect(lambda: self.browse())
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._edit)
        layout.addWidget(browse)
        self._edit.textChanged.connect(self.currentPathChanged)

    def setCurrentPath(self, path: str) -> None:
        self._edit.setText(path)

    currentPath = QtCore.Property(str, lambda self: self._edit.text, setCurrentPath)

    def browse(self) -> None:
        chosen = _chooseFolder(self, self._edit.text)
        if chosen:
            self.setCurrentPath(chosen)

    def addCurrentPathToHistory(self) -> None:
        """The host keeps no history."""


class ctkDirectoryButton(facade(QtWidgets.QWidget)):  # type: ignore[misc]
    """A button that shows a folder and asks for another."""

    directoryChanged = QtCore.Signal(str)
    directorySelected = QtCore.Signal(str)
    SIGNALS: ClassVar[dict[str, str]] = {
        "directoryChanged(QString)": "directoryChanged",
        "directorySelected(QString)": "directorySelected",
    }

    locals().update(plainProperties(caption=(str, ""), acceptMode=(str, ""), displayAbsolutePath=(bool, True)))

    def __init__(self, parent: QtWidgets.QWidget | None = None) -> None:
        super().__init__(parent)
        self._directory = str(Path.cwd())
        self._button = facade(QtWidgets.QPushButton)(self._directory, self)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._button)
        self._button.clicked.connect(lambda: self.browse())

    def setDirectory(self, folder: str) -> None:
        if folder != self._directory:
            self._directory = folder
            self._button.setText(folder)
            self.directoryChanged.emit(folder)

    directory = QtCore.Property(str, lambda self: self._directory, setDirectory)

    def browse(self) -> None:
        chosen = _chooseFolder(self, self._directory)
        if chosen:
            self.setDirectory(chosen)
            self.directorySelected.emit(chosen)


def _chooseFolder(parent: Any, start: str) -> str:
    return facade(QtWidgets.QFileDialog).getExistingDirectory(parent, "Select directory", start)
