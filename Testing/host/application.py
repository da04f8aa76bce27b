"""``slicer.app``: the part of qSlicerApplication that scripted modules use."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, ClassVar

import slicer
from PySide6 import QtCore, QtWidgets

from .io_manager import CoreIOManager
from .layout_manager import LayoutManager
from .module_manager import ModuleManager
from .pythonqt.facade import facade

SLICER_VERSION = (5, 12, 3)


class CommandOptions(facade(QtCore.QObject)):  # type: ignore[misc]
    """``slicer.app.commandOptions()``: a start without main window."""

    noMainWindow = True
    testingEnabled = False
    disableSettings = False


class ErrorLogModel(facade(QtCore.QObject)):  # type: ignore[misc]
    """``slicer.app.errorLogModel()``: Python's own logging is the log here."""


class ExtensionsManagerModel(facade(QtCore.QObject)):  # type: ignore[misc]
    """``slicer.app.extensionsManagerModel()``: no extension is installed unless a test says so."""

    def __init__(self, parent: QtCore.QObject) -> None:
        super().__init__(parent)
        self._installed: set[str] = set()

    def setExtensionInstalled(self, name: str, installed: bool) -> None:
        """Host only."""
        (self._installed.add if installed else self._installed.discard)(name)

    def reset(self) -> None:
        """Host only."""
        self._installed.clear()

    def isExtensionInstalled(self, name: str) -> bool:
        return name in self._installed

    isExtensionEnabled = isExtensionInstalled

    def installedExtensions(self) -> tuple[str, ...]:
        return tuple(sorted(self._installed))


class Application(facade(QtWidgets.QApplication)):  # type: ignore[misc]
    """qSlicerApplication without main window and without views."""

    startupCompleted = QtCore.Signal()
    mrmlSceneChanged = QtCore.Signal(object)
    SIGNALS: ClassVar[dict[str, str]] = {"mrmlSceneChanged(vtkMRMLScene*)": "mrmlSceneChanged"}

    majorVersion, minorVersion, patchVersion = SLICER_VERSION
    applicationVersion = ".".join(map(str, SLICER_VERSION))
    revision = "host"
    os = "linux"
    documentationBaseUrl = "https://slicer.readthedocs.io/en/latest/"

    def __init__(self, folder: Path) -> None:
        super().__init__(["Slicer"])
        self._folder = folder
        self._testing = False
        self.setOrganizationName("NA-MIC")
        self.setApplicationName("Slicer")
        settings = QtCore.QSettings
        settings.setDefaultFormat(settings.Format.IniFormat)
        settings.setPath(settings.Format.IniFormat, settings.Scope.UserScope, str(folder / "settings"))
        (folder / "temporary").mkdir()
        self._logic = slicer.vtkSlicerApplicationLogic()
        self._files = slicer.vtkDataIOManager()
        self._files.SetCacheManager(slicer.vtkCacheManager())
        self._layouts = LayoutManager(self)
        self._coreIOManager = CoreIOManager()
        self._modules = ModuleManager(self)
        self._options = CommandOptions(self)
        self._errorLog = ErrorLogModel(self)
        self._extensions = ExtensionsManagerModel(self)

    def setMRMLScene(self, scene: Any) -> None:
        self._files.GetCacheManager().SetRemoteCacheDirectory(self.temporaryPath)  # Reading a .mrb unpacks it there.
        scene.SetDataIOManager(self._files)
        self._logic.SetMRMLScene(scene)
        self._layouts.setMRMLScene(scene)
        slicer.mrmlScene = scene
        self.mrmlSceneChanged.emit(scene)

    def reset(self) -> None:
        """Host only: forgets connections by signature, settings, records and the testing mode."""
        for sender in (self, self._modules):
            sender.disconnectAll()
        self.settings().clear()
        self._layouts.reset()
        self._extensions.reset()
        self._testing = False

    def mrmlScene(self) -> Any:
        return self._logic.GetMRMLScene()

    def applicationLogic(self) -> Any:
        return self._logic

    def layoutManager(self) -> LayoutManager:
        return self._layouts

    def setLayoutManager(self, manager: Any) -> None:
        """Host only: the whole-window tests put a manager with real views in."""
        self._layouts = manager

    def coreIOManager(self) -> CoreIOManager:
        return self._coreIOManager

    ioManager = coreIOManager

    def moduleManager(self) -> ModuleManager:
        return self._modules

    def commandOptions(self) -> CommandOptions:
        return self._options

    def errorLogModel(self) -> ErrorLogModel:
        return self._errorLog

    def extensionsManagerModel(self) -> ExtensionsManagerModel:
        return self._extensions

    def testingEnabled(self) -> bool:
        return self._testing

    def setTestingEnabled(self, enabled: bool) -> None:
        """Host only: what the --testing option of Slicer does."""
        self._testing = enabled

    def settings(self) -> Any:
        return facade(QtCore.QSettings)()

    userSettings = settings
    revisionUserSettings = settings

    @property
    def temporaryPath(self) -> str:
        return str(self._folder / "temporary")

    @property
    def slicerHome(self) -> str:
        return str(self._folder)

    @property
    def slicerUserSettingsFilePath(self) -> str:
        return self.settings().fileName()

    def startupEnvironment(self) -> dict[str, str]:
        return dict(os.environ)

    def translate(self, _context: str, text: str) -> str:
        return text

    def tr(self, text: str) -> str:
        return text

    def moduleDocumentationUrl(self, moduleName: str) -> str:
        return f"{self.documentationBaseUrl}user_guide/modules/{moduleName.lower()}.html"

    def pauseRender(self) -> None:
        """There is nothing to render."""

    resumeRender = pauseRender


def makeApplication() -> Application:
    """The one application of this process, on a settings file and temporary folder of its own, gone when it ends."""
    folder = Path(tempfile.mkdtemp(prefix="orthoai-host-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Application(folder)
